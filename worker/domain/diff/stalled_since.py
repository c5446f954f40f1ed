"""Since when a deal is known to stall: the first complete run that held it. Each run carries this over from the last
one.
"""

from bisect import bisect_left

from worker.domain.snapshot.snapshot import Row, Snapshot, Table
from worker.domain.time.epoch import to_ms


def find(rows: Table, key: str) -> Row | None:
    """One row by its key, in logarithmic time, because a table's rows are sorted by key."""
    position = bisect_left(rows.rows, key, key=lambda row: row.key)
    if position == len(rows.rows) or rows.rows[position].key != key:
        return None
    return rows.rows[position]


def carried(previous: Snapshot | None, key: str, stalled: bool | None, as_of_ms: int) -> int | None:
    """`stalled_since` of one listed row, in milliseconds since the Unix epoch; None if it does not stall.

    `previous` is the newest complete snapshot of the same query. A row that was not listed in it, or did not stall in
    it, begins at `as_of_ms`: one run without it is a break.
    """
    if stalled is not True:
        return None
    rows = previous.rows if previous is not None else None
    row = find(rows, key) if rows is not None else None
    if previous is None or rows is None or row is None:
        return as_of_ms
    record = rows.record(row)
    if record.get("stalled") is not True:
        return as_of_ms
    since = record.get("stalled_since")
    return since if isinstance(since, int) else to_ms(previous.as_of[0])


def departed(formerly: frozenset[str], members: frozenset[str]) -> frozenset[str]:
    """Keys that were listed before and are not listed now. A run has to look these up before it can give a reason."""
    return formerly - members
