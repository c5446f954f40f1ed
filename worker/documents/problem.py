"""A request that failed."""

from typing import Any

from worker.documents.definitions import complaint_document
from worker.errors import DefinitionError, FunnelbeatError


def problem_document(error: FunnelbeatError, status: int) -> dict[str, Any]:
    """The error: {"problem", "sentence", "exit"}, and "complaints": [complaint, …] if definitions are wrong.

    `problem` is the error's class, and `exit` the exit status of the command.
    """
    problem: dict[str, Any] = {"problem": type(error).__name__, "sentence": str(error), "exit": status}
    if isinstance(error, DefinitionError):
        problem["complaints"] = [complaint_document(one) for one in error.complaints]
    return problem
