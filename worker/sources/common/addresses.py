"""Mail addresses of the owners of an answer's deals: `each: owner` sends each of them a digest."""

from collections.abc import Iterable, Mapping

from worker.domain.snapshot.snapshot import Cell, Table


def addresses(tables: Iterable[Table | None], emails: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Owner's id and mail address, in the order of the ids, for owners that occur in the tables. No other address is
    stored.
    """
    owners = {owner for table in tables if table is not None for owner in _column(table, "owner_id")}
    return tuple(sorted((owner, emails[owner]) for owner in owners if isinstance(owner, str) and owner in emails))


def _column(table: Table, name: str) -> Iterable[Cell]:
    place = table.position(name)
    return () if place is None else (row.cells[place] for row in table.rows)
