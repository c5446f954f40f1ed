"""Whether a list was read whole. A service reads its pages and looks up keys; what follows from them is judged here.

A list moves while it is read, and a service may leave rows out. So a reading that does not hold together is done once
more, and every row that would be called gone is looked up. What comes out is the true list or SourceIncomplete.
"""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from worker.domain.diff.stalled_since import carried, departed
from worker.domain.schedule import Follow
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, table
from worker.domain.time.epoch import to_ms
from worker.errors import SourceIncomplete
from worker.ports import Question
from worker.sources.common.departures import still_matching
from worker.sources.common.words import some

T = TypeVar("T")
ONE_IN = 50
"""A list may lack one row in so many (and at least one) that a look-up finds: 2 %."""
_NAMES = [column.name for column in COLUMNS]
_STALLED, _SINCE = _NAMES.index("stalled"), _NAMES.index("stalled_since")


class ListShifted(SourceIncomplete):
    """The pages of one reading do not fit together. Reading once more may help."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """Every page, read once. `keys`: all that came, in order, without the rows that two pages share. `due`: how many
    should have come, None where the service does not count. `rows`: the members among them. `beside`: what else the
    service told; it is handed on untouched.
    """

    keys: Sequence[str]
    rows: tuple[Row, ...]
    beside: T
    due: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """`rows` that could be read or are surely deleted. A key in none of them stays unexplained, and a note says why."""

    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


class ListService(Protocol[T]):
    """What a service gives for one list. `scope`: the conditions of the list, as far as a row can tell. `carries`: it
    does not tell since when a row stalls, so our own runs do.
    `now` is the moment at which stalling is judged, in milliseconds since the Unix epoch.
    """

    @property
    def endpoint(self) -> str: ...

    @property
    def scope(self) -> Scope: ...

    @property
    def carries(self) -> bool: ...

    async def read(self, now: int) -> Reading[T]:
        """Raises ListShifted where the pages contradict each other, SourceError."""
        ...

    async def look_up(self, keys: Collection[str], listed: Collection[str], now: int) -> LookedUp:
        """`listed`: keys that the service surely knows. Never raises a SourceError: what fails is left out."""
        ...

    def forget(self) -> None:
        """The names behind a reading are read anew: a stage that is younger than they are explains much."""
        ...


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A whole list. `rows`: its members. `followed`: what became of those that left, None where nobody asked.
    `unexplained`: keys that left and could not be looked up.
    """

    rows: tuple[Row, ...]
    beside: T
    notes: tuple[str, ...]
    followed: tuple[Row, ...] | None = None
    missed: frozenset[str] = frozenset()
    unexplained: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WholeList(Generic[T]):
    """One question's list. `cut`: the user asked for a part of it, so that absence means nothing. `clock` gives UTC."""

    service: ListService[T]
    question: Question
    clock: Callable[[], datetime]
    cut: bool = False

    async def read(self) -> Listed[T]:
        """Read, and read once more where the pages shifted or a row that left still matches. Raises SourceError."""
        first = await self._first()
        if first is not None and not first.missed:
            return first
        self.service.forget()
        try:
            second = await self._attempt()
        except ListShifted as shift:
            raise _incomplete(shift.endpoint, shift.problem) from shift
        return self._settled(second, second.missed if first is None else first.missed)

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """A list that was read for somebody without a past, with what this past adds. None where a row that left still
        matches, so that the list must be read anew.
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
        """The second reading. Rows that it lacks as the first did are the service's own disagreement: a few are taken
        from their look-ups. Other rows mean that the list will not stand still.
        """
        missed, endpoint = sorted(listed.missed), self.service.endpoint
        if not missed:
            return listed
        moving = sorted(listed.missed - before)
        if moving:
            raise _incomplete(endpoint, f"{moving[0]} matches it and did not come")
        if len(missed) > tolerated(len(listed.rows) + len(missed)):
            raise _incomplete(endpoint, f"{len(missed)} that match it did not come, as {some(missed)}")
        if listed.unexplained:
            unknown = f"{some(sorted(listed.unexplained))} could not be looked up"
            raise _incomplete(endpoint, f"{missed[0]} matches it and did not come, and {unknown}")
        return _adopted(listed)

    def _dated(self, row: Row, now: int) -> Row:
        """A stalled row with since when it stalls, as this past knows it, where the service does not tell."""
        if not self.service.carries or row.cells[_STALLED] is not True:
            return row
        since = carried(self.question.previous, row.key, True, now)
        return Row(row.key, (*row.cells[:_SINCE], since, *row.cells[_SINCE + 1 :]))


def tolerated(rows: int) -> int:
    """How many of so many rows a list may lack."""
    return max(1, rows // ONE_IN)


def repeated(keys: Iterable[str]) -> str | None:
    """The first key that comes a second time."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def fitting(endpoint: str, keys: Sequence[str], due: int | None) -> None:
    """Raises ListShifted for a key that comes twice, and where the service counts another number of rows."""
    twice = repeated(keys)
    if twice is not None:
        raise ListShifted(endpoint, f"{twice} came twice")
    if due is not None and len(keys) != due:
        raise ListShifted(endpoint, f"{len(keys)} rows came of {due}")


async def settled(read: Callable[[], Awaitable[T]]) -> T:
    """A list that nobody's past belongs to: `read`, and once more where it shifted. Raises SourceIncomplete."""
    with contextlib.suppress(ListShifted):
        return await read()
    try:
        return await read()
    except ListShifted as shift:
        raise _incomplete(shift.endpoint, shift.problem) from shift


def overlapping(endpoint: str, last: str | None, first: str | None) -> None:
    """Two pages of a list that is cut by position share a row: `last` of the one is `first` of the other. Rows that
    left or came before it meanwhile would have moved it. Raises ListShifted.
    """
    if last is None or last != first:
        begins = "is empty" if first is None else f"begins with {first}"
        raise ListShifted(endpoint, f"a page ends with {last} and the next one {begins}")


def _incomplete(endpoint: str, problem: str) -> SourceIncomplete:
    return SourceIncomplete(endpoint, f"the list changed while it was read, twice: {problem}")


def _adopted(listed: Listed[T]) -> Listed[T]:
    """The rows that the list left out, as they were looked up, become members."""
    followed = listed.followed or ()
    found = tuple(row for row in followed if row.key in listed.missed)
    note = f"{some(sorted(listed.missed))} matches the filters, yet the list does not hold it: counted as looked up"
    return replace(
        listed,
        rows=(*listed.rows, *found),
        followed=tuple(row for row in followed if row.key not in listed.missed),
        notes=(*listed.notes, note),
    )
