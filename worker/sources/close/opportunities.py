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
from worker.ports import Question
from worker.sources.close import filters, groups
from worker.sources.close.client import CloseClient
from worker.sources.close.follow import CloseFollowed, CloseFollower
from worker.sources.close.names import CloseNames, CloseNamesCache
from worker.sources.close.pages import ENDPOINT, CloseListing, Reading
from worker.sources.close.rows import OpportunityRowReader
from worker.sources.close.rules import sliced
from worker.sources.common.departures import still_matching


@dataclass(frozen=True, slots=True)
class OpportunityAnswer:
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: Table | None
    notes: tuple[str, ...]

    @property
    def members(self) -> frozenset[str]:
        return frozenset(row.key for row in self.tables[0].rows)


@dataclass(frozen=True, slots=True)
class _OpportunityReading:
    reading: Reading
    followed: CloseFollowed
    names: CloseNames
    notes: list[str]
    still: frozenset[str]


class Opportunities:
    """One question to one account. `size` rows a page; `clock` gives UTC."""

    def __init__(
        self,
        client: CloseClient,
        directory: CloseNamesCache,
        question: Question,
        *,
        clock: Callable[[], datetime],
        size: int,
    ) -> None:
        self._client = client
        self._directory = directory
        self._ask = question
        self._clock = clock
        self._size = size

    async def read(self) -> OpportunityAnswer:
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
        question = self._ask
        rows = listed.rows
        if rows is None or rows.sliced:
            return listed
        at, began = rows.index("stalled_since"), int(listed.as_of[0].timestamp() * 1000)
        kept = tuple(row if row.cells[at] is None else self._carried(row, at, began) for row in rows.rows)
        tables = tuple(replace(part, rows=kept) if part is rows else part for part in listed.tables)
        whole = replace(listed, tables=tables)
        if question.item.follow is Follow.NONE:
            return whole
        missing = departed(question.formerly, listed.members)
        notes: list[str] = []
        names = await self._directory.names()
        followed = await CloseFollower(self._client, OpportunityRowReader(names, notes=notes), question).follow(missing)
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

    async def _attempt(self) -> _OpportunityReading:
        question = self._ask
        names = await self._directory.names()
        notes: list[str] = []
        began = int(self._clock().timestamp() * 1000)
        stalled = scope(question.item).stalled
        listed = OpportunityRowReader(
            names, stalled, lambda key, now: carried(question.previous, key, now, began), notes
        )
        listing = CloseListing(self._client, filters.query(question, names), listed.row, question.zone, self._size)
        cut = sliced(question.item.params)
        reading = await (listing.read(*_slice(question)) if cut else listing.read())
        missing: frozenset[str] = frozenset()
        if question.item.follow is not Follow.NONE and not cut:
            missing = departed(question.formerly, frozenset(row.key for row in reading.rows))
        followed = await CloseFollower(self._client, OpportunityRowReader(names, notes=notes), question).follow(missing)
        return _OpportunityReading(reading, followed, names, notes, still_matching(question.item, followed.rows))

    def _deals(self, attempt: _OpportunityReading) -> OpportunityAnswer:
        reading, names, notes = attempt.reading, attempt.names, attempt.notes
        cut = sliced(self._ask.item.params)
        tables = [table(TABLE, COLUMNS, reading.rows, total=reading.total, sliced=cut)]
        if "_group_by" in self._ask.item.params:
            tables.append(groups.merged(reading.fragments, names, notes))
        measures = groups.measures(reading.envelope, names.currency, notes)
        follows = self._ask.item.follow is not Follow.NONE and not cut
        followed = table(FOLLOWED, COLUMNS, attempt.followed.rows) if follows else None
        return OpportunityAnswer(tuple(tables), measures, followed, (*notes, *attempt.followed.notes))


def _slice(question: Question) -> tuple[int, int | None]:
    limit = question.item.params.get("_limit")
    return int(question.item.params.get("_skip", 0)), None if limit is None else int(limit)
