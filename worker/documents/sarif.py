"""The results of `check` as SARIF 2.1.0, which GitHub, GitLab and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from worker.errors import Complaint

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class CheckLevel(StrEnum):
    """SARIF's words, which are also the names of the rules."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_RULES = {
    CheckLevel.ERROR: ("wrong-definition", "A definition that is not deployed as it is."),
    CheckLevel.WARNING: ("doubtful-definition", "A definition that is deployed, and may not be what was meant."),
    CheckLevel.NOTE: ("unset-secret", "A variable or file of a secret that is not set where `check` ran."),
}


def sarif_document(found: Iterable[tuple[CheckLevel, Complaint]], version: str, folder: str) -> dict[str, Any]:
    """One run of one tool: {"$schema", "version", "runs": [{"tool", "results"}]}. `folder`: the project's directory,
    relative to that of the repository, "" for the same. Columns count Unicode code points.
    """
    rules = [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level.value}}
        for level, (rule, text) in _RULES.items()
    ]
    driver = {"name": "funnelbeat", "semanticVersion": version, "rules": rules}
    results = [_result(level, one, folder) for level, one in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _result(level: CheckLevel, one: Complaint, folder: str) -> dict[str, Any]:
    path = f"{folder}/{one.path}" if folder else one.path
    return {
        "ruleId": _RULES[level][0],
        "ruleIndex": list(_RULES).index(level),
        "level": level.value,
        "message": {"text": f"{one.found}; {one.expected}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(path)},
                    "region": {"startLine": max(one.line, 1), "startColumn": max(one.column, 1)},
                }
            }
        ],
    }
