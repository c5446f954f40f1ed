"""What is known without a request about deals that left a list."""

from collections.abc import Iterable, Mapping

from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, Status
from worker.domain.snapshot.record import records
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Cell, Row, Snapshot, table


def deleted(key: str, previous: Snapshot | None) -> Row:
    """The last known cells with status deleted. The cells are null if the deal was never stored."""
    cells: dict[str, Cell] = {**_last_known(key, previous), "status": Status.DELETED.value}
    return Row(key, tuple(cells.get(column.name) for column in COLUMNS))


def still_matching(scope: Scope, rows: Iterable[Row]) -> frozenset[str]:
    """Looked-up deals that match every filter of their list, if all filters can be checked. The list must have missed
    them.
    """
    if scope.opaque:
        return frozenset()
    return frozenset(
        key
        for key, row in records(table(FOLLOWED, COLUMNS, rows)).items()
        if row.text("status") != Status.DELETED
        and scope.outside(row) is None
        and scope.unselected(row) is None
        and scope.stalled in (None, row.flag("stalled"))
    )


def _last_known(key: str, previous: Snapshot | None) -> Mapping[str, Cell]:
    for rows in (previous.rows, previous.followed) if previous is not None else ():
        row = rows.by_key().get(key) if rows is not None else None
        if rows is not None and row is not None:
            return rows.record(row)
    return {}
