"""Decides whether a list was read whole. A service reads pages and looks up keys; this module draws the conclusions.

A list changes while it is read, and a service may leave rows out. So a reading that is not consistent is repeated once,
and every row that seems to have left is looked up. The result is the true list or SourceIncomplete.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from worker.domain.diff.stalled_since import carried, departed
from worker.domain.schedule import Follow
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, table
from worker.domain.time.epoch import to_ms
from worker.ports import Question
from worker.sources.common.departures import still_matching
from worker.sources.common.notes import NOT_IN_LIST
from worker.sources.common.page_checks import ListShifted, fitting, incomplete
from worker.sources.common.words import some

T = TypeVar("T")
ONE_IN = 50
"""A list may lack one row in this many (at least one) that a look-up finds: 2 %."""
_NAMES = [column.name for column in COLUMNS]
_STALLED, _SINCE = _NAMES.index("stalled"), _NAMES.index("stalled_since")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """Every page, read once. `keys`: all keys in order, without the rows that two pages share. `due`: the expected
    number; None if the service does not count. `rows`: the members. `beside`: what else the service returned, passed on
    unchanged.
    """

    keys: Sequence[str]
    rows: tuple[Row, ...]
    beside: T
    due: int | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """`rows`: those that could be read or are surely deleted. A key without a row is unexplained; a note says why."""

    rows: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()


class ListService(Protocol[T]):
    """A service's part in reading one list. `scope`: the conditions of the list, as far as a row shows them. `carries`:
    the service does not say since when a row stalls, so our own runs keep it.

    `now`: the moment at which stalling is judged, in milliseconds since the Unix epoch.
    """

    @property
    def endpoint(self) -> str: ...

    @property
    def scope(self) -> Scope: ...

    @property
    def carries(self) -> bool: ...

    async def read(self, now: int) -> Reading[T]:
        """Raises ListShifted if the pages contradict each other, SourceError."""
        ...

    async def look_up(self, keys: Collection[str], listed: Collection[str], now: int) -> LookedUp:
        """`listed`: keys that the service surely knows. Never raises a SourceError; failed look-ups are left out."""
        ...

    def forget(self) -> None:
        """The next reading reads the names again, because a stage newer than the names explains many differences."""
        ...


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A whole list. `rows`: its members. `followed`: what became of those that left; None if not asked for.
    `unexplained`: keys that left and could not be looked up.
    """

    rows: tuple[Row, ...]
    beside: T
    notes: tuple[Note, ...]
    followed: tuple[Row, ...] | None = None
    missed: frozenset[str] = frozenset()
    unexplained: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WholeList(Generic[T]):
    """One question's list. `cut`: the user asked for a part of it, so absence means nothing. `clock` gives UTC."""

    service: ListService[T]
    question: Question
    clock: Callable[[], datetime]
    cut: bool = False

    async def read(self) -> Listed[T]:
        """Reads the list, and again if the pages shifted or a row that left still matches. Raises SourceError."""
        first = await self._first()
        if first is not None and not first.missed:
            return first
        self.service.forget()
        try:
            second = await self._attempt()
        except ListShifted as shift:
            raise incomplete(shift.endpoint, shift.problem) from shift
        return self._settled(second, second.missed if first is None else first.missed)

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """A list that another run read, with what this run's past adds. None if a row that left still matches, so that
        the list must be read again.
        """
        rows = listed.rows
        if rows is None or rows.sliced:
            return listed
        now = to_ms(listed.as_of[0])
        kept = replace(rows, rows=tuple(self._dated(row, now) for row in rows.rows))
        whole = replace(listed, tables=tuple(kept if part is rows else part for part in listed.tables))
        if not self._follows:
            return whole
        missing = departed(self.question.formerly, listed.members)
        looked = await self._looked_up(missing, listed.members, now)
        if still_matching(self.service.scope, looked.rows):
            return None
        return replace(
            whole,
            followed=table(FOLLOWED, COLUMNS, looked.rows),
            notes=(*listed.notes, *looked.notes),
            as_of=(listed.as_of[0], max(listed.as_of[1], self.clock()) if missing else listed.as_of[1]),
        )

    @property
    def _follows(self) -> bool:
        return self.question.item.follow is not Follow.NONE and not self.cut

    async def _first(self) -> Listed[T] | None:
        try:
            return await self._attempt()
        except ListShifted:
            return None

    async def _attempt(self) -> Listed[T]:
        now = to_ms(self.clock())
        reading = await self.service.read(now)
        fitting(self.service.endpoint, reading.keys, reading.due)
        rows = tuple(self._dated(row, now) for row in reading.rows)
        if not self._follows:
            return Listed(rows, reading.beside, reading.notes)
        members = frozenset(row.key for row in rows)
        missing = departed(self.question.formerly, members)
        looked = await self._looked_up(missing, members, now)
        missed = still_matching(self.service.scope, looked.rows)
        followed = tuple(self._dated(row, now) if row.key in missed else row for row in looked.rows)
        unexplained = missing - {row.key for row in followed}
        return Listed(rows, reading.beside, (*reading.notes, *looked.notes), followed, missed, unexplained)

    async def _looked_up(self, keys: frozenset[str], members: frozenset[str], now: int) -> LookedUp:
        return await self.service.look_up(keys, members, now) if keys else LookedUp()

    def _settled(self, listed: Listed[T], before: frozenset[str]) -> Listed[T]:
        """The second reading. If it lacks the same rows as the first, the service is inconsistent: a few such rows are
        taken from their look-ups. If it lacks other rows, the list does not stand still.
        """
        missed, endpoint = sorted(listed.missed), self.service.endpoint
        if not missed:
            return listed
        moving = sorted(listed.missed - before)
        if moving:
            raise incomplete(endpoint, f"{moving[0]} matches it and did not come")
        if len(missed) > tolerated(len(listed.rows) + len(missed)):
            raise incomplete(endpoint, f"{len(missed)} that match it did not come, as {some(missed)}")
        if listed.unexplained:
            unknown = f"{some(sorted(listed.unexplained))} could not be looked up"
            raise incomplete(endpoint, f"{missed[0]} matches it and did not come, and {unknown}")
        return _adopted(listed)

    def _dated(self, row: Row, now: int) -> Row:
        """Adds since when a stalled row stalls, from this run's past, if the service does not say it."""
        if not self.service.carries or row.cells[_STALLED] is not True:
            return row
        since = carried(self.question.previous, row.key, True, now)
        return Row(row.key, (*row.cells[:_SINCE], since, *row.cells[_SINCE + 1 :]))


def tolerated(rows: int) -> int:
    """How many rows a list of this length may lack."""
    return max(1, rows // ONE_IN)


def _adopted(listed: Listed[T]) -> Listed[T]:
    """Makes looked-up rows that the list left out members of the list."""
    followed = listed.followed or ()
    found = tuple(row for row in followed if row.key in listed.missed)
    note = NOT_IN_LIST(some(sorted(listed.missed)))
    return replace(
        listed,
        rows=(*listed.rows, *found),
        followed=tuple(row for row in followed if row.key not in listed.missed),
        notes=(*listed.notes, note),
    )
