"""The opportunity list of one run: read whole, its departures looked up, made into a table and its measures."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from worker.domain.diff.stalled_since import carried, departed
from worker.domain.schedule import Follow
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE
from worker.domain.snapshot.scope import scope
from worker.domain.snapshot.snapshot import Measure, Row, Snapshot, Table, table
from worker.errors import SourceIncomplete
from worker.ports import Ask
from worker.sources.close import filters, groups
from worker.sources.close.client import Client
from worker.sources.close.follow import Followed, Followers
from worker.sources.close.names import Directory, Names
from worker.sources.close.pages import ENDPOINT, Listing, Reading
from worker.sources.close.rows import RowReader
from worker.sources.close.rules import sliced
from worker.sources.common.departures import still_matching


@dataclass(frozen=True, slots=True)
class Deals:
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: Table | None
    notes: tuple[str, ...]

    @property
    def members(self) -> frozenset[str]:
        return frozenset(row.key for row in self.tables[0].rows)


@dataclass(frozen=True, slots=True)
class _Attempt:
    reading: Reading
    followed: Followed
    names: Names
    notes: list[str]
    still: frozenset[str]


class Opportunities:
    """One question to one account. `size` rows a page; `clock` gives UTC."""

    def __init__(
        self, client: Client, directory: Directory, ask: Ask, *, clock: Callable[[], datetime], size: int
    ) -> None:
        self._client = client
        self._directory = directory
        self._ask = ask
        self._clock = clock
        self._size = size

    async def read(self) -> Deals:
        """A deal that is looked up and still matches must have been missed, since rows shift while pages are read: the
        list is then read once more. The same deals again are not a shift but the service's own disagreement, which the
        bridge shows as unexplained; other ones mean that the list will not stand still.

        Raises SourceError.
        """
        first = await self._attempt()
        if not first.still:
            return self._deals(first)
        self._directory.forget()  # a status that is younger than the names would explain it as well
        second = await self._attempt()
        for key in sorted(second.still - first.still):
            problem = f"the list changed while it was read, twice: {key} matches it and did not come"
            raise SourceIncomplete(ENDPOINT, problem)
        second.notes.extend(f"{key} matches the filters, yet the list does not hold it" for key in sorted(second.still))
        return self._deals(second)

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """The same list, read for somebody without a past, with what this past adds. None where a deal that left still
        matches, so that the list must be read anew.
        """
        ask = self._ask
        rows = listed.rows
        if rows is None or rows.sliced:
            return listed
        at, began = rows.index("stalled_since"), int(listed.as_of[0].timestamp() * 1000)
        kept = tuple(row if row.cells[at] is None else self._carried(row, at, began) for row in rows.rows)
        tables = tuple(replace(part, rows=kept) if part is rows else part for part in listed.tables)
        whole = replace(listed, tables=tables)
        if ask.item.follow is Follow.NONE:
            return whole
        missing = departed(ask.formerly, listed.members)
        notes: list[str] = []
        names = await self._directory.names()
        followed = await Followers(self._client, RowReader(names, notes=notes), ask).follow(missing)
        if still_matching(self._ask.item, followed.rows):
            return None
        ended = self._clock() if missing else listed.as_of[1]
        return replace(
            whole,
            followed=table(FOLLOWED, COLUMNS, followed.rows),
            notes=(*listed.notes, *notes, *followed.notes),
            as_of=(listed.as_of[0], max(listed.as_of[1], ended)),
        )

    def _carried(self, row: Row, at: int, began: int) -> Row:
        """A stalled row, with since when it stalls as this past knows it."""
        since = carried(self._ask.previous, row.key, True, began)
        return Row(row.key, (*row.cells[:at], since, *row.cells[at + 1 :]))

    async def _attempt(self) -> _Attempt:
        ask = self._ask
        names = await self._directory.names()
        notes: list[str] = []
        began = int(self._clock().timestamp() * 1000)
        stalled = scope(ask.item).stalled
        listed = RowReader(names, stalled, lambda key, now: carried(ask.previous, key, now, began), notes)
        listing = Listing(self._client, filters.query(ask, names), listed.row, ask.zone, self._size)
        cut = sliced(ask.item.params)
        reading = await (listing.read(*_slice(ask)) if cut else listing.read())
        missing: frozenset[str] = frozenset()
        if ask.item.follow is not Follow.NONE and not cut:
            missing = departed(ask.formerly, frozenset(row.key for row in reading.rows))
        followed = await Followers(self._client, RowReader(names, notes=notes), ask).follow(missing)
        return _Attempt(reading, followed, names, notes, still_matching(ask.item, followed.rows))

    def _deals(self, attempt: _Attempt) -> Deals:
        reading, names, notes = attempt.reading, attempt.names, attempt.notes
        cut = sliced(self._ask.item.params)
        tables = [table(TABLE, COLUMNS, reading.rows, total=reading.total, sliced=cut)]
        if "_group_by" in self._ask.item.params:
            tables.append(groups.merged(reading.fragments, names, notes))
        measures = groups.measures(reading.envelope, names.currency, notes)
        follows = self._ask.item.follow is not Follow.NONE and not cut
        followed = table(FOLLOWED, COLUMNS, attempt.followed.rows) if follows else None
        return Deals(tuple(tables), measures, followed, (*notes, *attempt.followed.notes))


def _slice(ask: Ask) -> tuple[int, int | None]:
    limit = ask.item.params.get("_limit")
    return int(ask.item.params.get("_skip", 0)), None if limit is None else int(limit)
