"""Decoded tables that this process need not read again."""

import weakref

from worker.domain.snapshot.snapshot import Table

ROWS = 10_000
"""Rows that a process keeps decoded, about 2 kB each. Reading a stored table costs more than most uses of it, and
successive runs of one list read the same tables.
"""


class Decoded:
    """Name → table, for the tables last read or written. A name is the hash of the content, so an entry is never stale.
    Holds at most `most` rows in all. A larger table is not held, but found for as long as somebody else holds it: a
    second copy of a long list would take as much memory as the first.
    """

    def __init__(self, most: int = ROWS) -> None:
        self._most = most
        self._rows = 0
        self._tables: dict[str, Table] = {}
        self._in_use: dict[str, tuple[weakref.ref[Table], Table | None]] = {}

    def get(self, name: str) -> Table | None:
        table = self._tables.pop(name, None)
        if table is not None:
            self._tables[name] = table  # moves to the end
            return table
        return self._in_use[name][0]() if name in self._in_use else None

    def put(self, name: str, table: Table, base: Table | None = None) -> None:
        """`base`: the table with which this one shares its rows. It is found for as long as this one is in use, so that
        the next table that is stored as a difference to it shares them too.
        """
        if name in self._tables:
            return
        known = self.get(name)
        if known is None:
            self._in_use[name] = (weakref.ref(table, lambda gone: self._forget(name, gone)), base)
        else:
            table = known
        if _weight(table) > self._most:
            return
        self._tables[name] = table
        self._rows += _weight(table)
        while self._rows > self._most:
            self._rows -= _weight(self._tables.pop(next(iter(self._tables))))

    def _forget(self, name: str, gone: weakref.ref[Table]) -> None:
        if name in self._in_use and self._in_use[name][0] is gone:
            del self._in_use[name]

    def clear(self) -> None:
        self._rows = 0
        self._tables.clear()
        self._in_use.clear()


def _weight(table: Table) -> int:
    return len(table.rows) + 1
