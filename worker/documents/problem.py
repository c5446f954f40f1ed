"""A request that failed."""

from typing import Any

from worker.documents.definitions import complaint_document
from worker.errors import DefinitionError, FunnelbeatError


def problem_document(error: FunnelbeatError, status: int) -> dict[str, Any]:
    """What went wrong: {"problem", "sentence", "exit"}, and "complaints": [complaint, …] where definitions are wrong.

    `problem` is the error's class, and `exit` the status that the command ends with.
    """
    problem: dict[str, Any] = {"problem": type(error).__name__, "sentence": str(error), "exit": status}
    if isinstance(error, DefinitionError):
        problem["complaints"] = [complaint_document(one) for one in error.complaints]
    return problem
