"""A delivery that was made again from what is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from worker.flow.operate.replay import Rebuilt, Replayed


def replayed_document(again: Replayed, differences: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """One delivery made again: {"key", "state", "version", "equal", "causes": [sentence, …], "parts": [part, …]}.

    `version` is of the program that rendered what was sent. `causes` is empty if everything is equal. `differences`
    holds the lines of a unified diff by a part's number, if the sent bytes are at hand.
    """
    row = again.row
    return {
        "key": str(row.key),
        "state": str(row.state),
        "version": row.version,
        "equal": again.equal,
        "causes": list(again.causes),
        "parts": [_part(copy, differences.get(copy.number, ())) for copy in again.copies],
    }


def _part(copy: Rebuilt, difference: Sequence[str]) -> dict[str, Any]:
    """One part: {"number", "sha256", "again", "equal", "note", "difference": [line, …]}.

    `number` counts from 0. `sha256` is of what was sent and `again` of what was made now, both hexadecimal. `again` is
    empty for a part that could not be made.
    """
    return {
        "number": copy.number,
        "sha256": copy.recorded,
        "again": copy.sha256,
        "equal": copy.equal,
        "note": copy.note,
        "difference": list(difference),
    }
