"""A delivery that was rendered again from stored data."""

from collections.abc import Mapping, Sequence
from typing import Any

from worker.flow.operate.replay import Rebuilt, Replayed


def replayed_document(again: Replayed, differences: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """One delivery rendered again: {"key", "state", "version", "equal", "causes": [sentence, …], "parts": [part, …]}.

    `version` is that of the program that rendered the sent message. `causes` is empty if everything is equal.
    `differences` has the lines of a unified diff by a part's number, if the sent bytes are available.
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

    `number` counts from 0. `sha256` is that of the sent part and `again` that of the new one, both hexadecimal. `again`
    is empty for a part that could not be rendered.
    """
    return {
        "number": copy.number,
        "sha256": copy.recorded,
        "again": copy.sha256,
        "equal": copy.equal,
        "note": copy.note,
        "difference": list(difference),
    }
