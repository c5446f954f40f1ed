"""Decoded tables that this process need not read again."""

from worker.domain.snapshot.snapshot import Table

ROWS = 10_000
"""Rows that a process keeps decoded, about 2 kB each. Reading a stored table costs more than most uses of it, and
successive runs of one list read the same tables.
"""


class Decoded:
    """Name → table, for the tables last read or written. A name is the hash of the content, so an entry is never stale.
    Holds at most `most` rows in all. A larger table is not kept.
    """

    def __init__(self, most: int = ROWS) -> None:
        self._most = most
        self._rows = 0
        self._tables: dict[str, Table] = {}

    def get(self, name: str) -> Table | None:
        table = self._tables.pop(name, None)
        if table is not None:
            self._tables[name] = table  # moves to the end
        return table

    def put(self, name: str, table: Table) -> None:
        if name in self._tables or _weight(table) > self._most:
            return
        self._tables[name] = table
        self._rows += _weight(table)
        while self._rows > self._most:
            self._rows -= _weight(self._tables.pop(next(iter(self._tables))))

    def clear(self) -> None:
        self._rows = 0
        self._tables.clear()


def _weight(table: Table) -> int:
    return len(table.rows) + 1
