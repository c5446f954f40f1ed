"""The problems in a project's files."""

from collections.abc import Iterable
from typing import Any

from worker.errors import Complaint


def check_document(
    complaints: Iterable[Complaint], warnings: Iterable[Complaint], unset: Iterable[str]
) -> dict[str, Any]:
    """The result of `check`: {"complaints": [complaint, …], "warnings": [complaint, …], "unset": [name, …]}.

    `unset`: environment variables that definitions refer to and that have no value.
    """
    return {
        "complaints": [complaint_document(one) for one in complaints],
        "warnings": [complaint_document(one) for one in warnings],
        "unset": list(unset),
    }


def complaint_document(complaint: Complaint) -> dict[str, Any]:
    """One problem: {"path", "line", "column", "found", "expected"}. Lines and columns count from 1."""
    return {
        "path": complaint.path,
        "line": complaint.line,
        "column": complaint.column,
        "found": complaint.found,
        "expected": complaint.expected,
    }
