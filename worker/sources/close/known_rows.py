"""Rows by the bytes of the deals that they were read from, so that a deal that did not change is not read again.

Successive runs of a list mostly read the same deals. Finding a row costs a fifth of making it, and it is the same
object as in the run before, which makes comparing the two cheap.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from worker.domain.snapshot.snapshot import Row
from worker.sources.close.names import CloseNames
from worker.sources.close.plain_rows import STALLED, read_row

ROWS = 10_000
"""Rows of one account that a process keeps, about 2 kB each."""
NAME = 16
"""Bytes of a hash, as in the name of a stored table."""


class KnownRows:
    """The rows that were used last. A row depends only on its bytes and on the account's names: rows that were made
    with other names are dropped. A row with a note or an error is not kept, so that its note appears again.
    """

    def __init__(self, most: int = ROWS) -> None:
        self.most = most
        self._names: CloseNames | None = None
        self._rows: OrderedDict[bytes, Row] = OrderedDict()

    def rows(
        self, deals: Sequence[msgspec.Raw], names: CloseNames, *, listed_as: bool | None, keep: bool = True
    ) -> tuple[Row, ...] | None:
        """The row of every deal, in order. None if one of them must be read field by field. `listed_as`: as for
        OpportunityRowReader. `keep`: whether their list fits into the cache; the end of a longer one would replace its
        beginning, and none of its rows would be found again.
        """
        if names is not self._names and names != self._names:
            self._rows.clear()
        self._names = names
        found = []
        for deal in deals:
            row = self._row(deal, names) if keep else read_row(deal, names)
            if row is None or (listed_as is not None and row.cells[STALLED] is not listed_as):
                return None
            found.append(row)
        return tuple(found)

    def _row(self, deal: msgspec.Raw, names: CloseNames) -> Row | None:
        name = hashlib.blake2b(deal, digest_size=NAME).digest()
        row = self._rows.get(name)
        if row is not None:
            self._rows.move_to_end(name)
            return row
        row = read_row(deal, names)
        if row is not None:
            self._rows[name] = row
            if len(self._rows) > self.most:
                self._rows.popitem(last=False)
        return row
