"""Reads the opportunity list of one run, with the deals that left it, into a table and its measures."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Measure, Snapshot, Table, table
from worker.ports import Question
from worker.sources.close import filters, groups
from worker.sources.close.client import CloseClient
from worker.sources.close.conditions import conditions
from worker.sources.close.follow import CloseFollower
from worker.sources.close.known_rows import KnownRows
from worker.sources.close.names import CloseNames, CloseNamesCache
from worker.sources.close.pages import ENDPOINT, CloseListing, ClosePages
from worker.sources.close.rows import OpportunityRowReader
from worker.sources.close.rules import sliced
from worker.sources.common.listing import Listed, LookedUp, Reading, WholeList


@dataclass(frozen=True, slots=True)
class OpportunityAnswer:
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: Table | None
    notes: tuple[Note, ...]

    @property
    def members(self) -> frozenset[str]:
        return frozenset(row.key for row in self.tables[0].rows)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a reading returned besides its rows, and the names that it was read with."""

    pages: ClosePages
    names: CloseNames


@dataclass(frozen=True, slots=True)
class OpportunityService:
    """Close's part in reading a list whole. Close does not say since when a deal stalls."""

    client: CloseClient
    directory: CloseNamesCache
    question: Question
    size: int
    known: KnownRows
    endpoint: str = ENDPOINT
    carries: bool = True

    @property
    def scope(self) -> Scope:
        return conditions(self.question.item.params)

    async def read(self, now: int) -> Reading[_Beside]:  # noqa: ARG002  # Close itself decides what stalls
        names = await self.directory.names()
        reader = OpportunityRowReader(names, self.scope.stalled, self.known)
        query = filters.query(self.question, names)
        pages = await CloseListing(self.client, query, reader, self.question.zone, self.size).read(
            *_slice(self.question)
        )
        keys = [row.key for row in pages.rows]
        return Reading(keys, pages.rows, _Beside(pages, names), pages.due, tuple(reader.notes))

    async def look_up(self, keys: Collection[str], listed: Collection[str], now: int) -> LookedUp:  # noqa: ARG002
        reader = OpportunityRowReader(await self.directory.names(), known=self.known)
        return await CloseFollower(self.client, reader, self.question, listed).follow(keys)

    def forget(self) -> None:
        self.directory.forget()


class Opportunities:
    """One question to one account. `size`: rows per page; `clock` gives UTC. `known`: the account's rows."""

    def __init__(
        self,
        client: CloseClient,
        directory: CloseNamesCache,
        question: Question,
        *,
        clock: Callable[[], datetime],
        size: int,
        known: KnownRows,
    ) -> None:
        self._ask = question
        self._cut = sliced(question.item.params)
        service = OpportunityService(client, directory, question, size, known)
        self._list = WholeList(service, question, clock, self._cut)

    async def read(self) -> OpportunityAnswer:
        """Raises SourceError."""
        return self._answer(await self._list.read())

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """The same list with what this run's past adds; None if it must be read again. Raises SourceError."""
        return await self._list.complete(listed)

    def _answer(self, listed: Listed[_Beside]) -> OpportunityAnswer:
        pages, names, notes = listed.beside.pages, listed.beside.names, list(listed.notes)
        total = pages.total if self._cut or pages.total is None else len(listed.rows)
        tables = [table(TABLE, COLUMNS, listed.rows, total=total, sliced=self._cut)]
        if "_group_by" in self._ask.item.params:
            tables.append(groups.merged(pages.fragments, names, notes))
        measures = groups.measures(pages.envelope, names.currency, notes)
        followed = None if listed.followed is None else table(FOLLOWED, COLUMNS, listed.followed)
        return OpportunityAnswer(tuple(tables), measures, followed, tuple(notes))


def _slice(question: Question) -> tuple[int, int | None]:
    """The first position and the number of rows; (0, None) for a whole list."""
    params = question.item.params
    if not sliced(params):
        return 0, None
    limit = params.get("_limit")
    return int(params.get("_skip", 0)), None if limit is None else int(limit)
