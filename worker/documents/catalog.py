"""What the account of a connection holds."""

from collections.abc import Iterable
from typing import Any

from worker.domain.snapshot.snapshot import Table


def kinds_document(kinds: Iterable[str]) -> dict[str, list[str]]:
    """What can be listed: {"kinds": [kind, …]}."""
    return {"kinds": list(kinds)}


def held_document(table: Table) -> dict[str, list[dict[str, Any]]]:
    """A row for each thing, with the service's own columns: {kind: [{"id", column: value, …}, …]}.

    An instant is an integer, milliseconds since 1970 in UTC. A value that the service does not give is null.
    """
    return {table.id: [{"id": row.key, **table.record(row)} for row in table.rows]}


def deleted_document() -> dict[str, bool]:
    """The answer to a deletion: {"deleted": true}."""
    return {"deleted": True}
