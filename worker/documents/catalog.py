"""The objects in the account of a connection."""

import json
from collections.abc import Iterable
from typing import Any

from worker.domain.run import stamp
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Table
from worker.domain.time.epoch import from_ms


def kinds_document(kinds: Iterable[str]) -> dict[str, list[str]]:
    """What can be listed: {"kinds": [kind, …]}."""
    return {"kinds": list(kinds)}


def held_document(table: Table) -> dict[str, list[dict[str, Any]]]:
    """One row for each object, with the service's own columns: {kind: [{"id", column: value, …}, …]}.

    An instant is a text, such as 2026-11-16T08:00:00Z. A value that the service does not give is null.
    """
    return {
        table.id: [
            {
                "id": row.key,
                **{column.name: _plain(column, cell) for column, cell in zip(table.columns, row.cells, strict=True)},
            }
            for row in table.rows
        ]
    }


def _plain(column: Column, cell: Cell) -> Any:
    if column.kind is Kind.INSTANT and isinstance(cell, int):
        return stamp(from_ms(cell))
    if column.kind is Kind.JSON and isinstance(cell, str):
        return json.loads(cell)
    return cell


def deleted_document() -> dict[str, bool]:
    """The answer to a deletion: {"deleted": true}."""
    return {"deleted": True}
