"""Reads rows singly by key. Each is read, surely deleted, or reported as not known."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Row, Snapshot
from worker.errors import SourceError, SourceRefused, SourceUnavailable
from worker.sources.common.departures import deleted
from worker.sources.common.notes import NOT_LOOKED_UP
from worker.sources.common.words import some
from worker.together import together

AT_ONCE = 16
"""Concurrent look-ups. The limit lets a failing service be noticed before all are sent."""
GIVE_UP = 8
"""Failures of the service after which the remaining keys stay unexplained."""
_GONE = (404, 410)


@dataclass(slots=True)
class OneByOne:
    """`ask` reads one row by key and raises SourceError. `known`: keys that the service surely has. `previous`: the
    last snapshot, whose cells a deleted row keeps. `notes` collects what could not be found out. `unsure`: keys that
    may be in a list that could not be read, so that a 404 proves nothing for them.
    """

    ask: Callable[[str], Awaitable[Row]]
    known: Collection[str]
    previous: Snapshot | None
    notes: list[Note]
    unsure: Collection[str] = ()
    _failed: int = field(default=0, init=False)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)

    async def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """What became of each key that could be looked up. Never raises a SourceError."""
        answers = dict(zip(keys, await together(self._one(key) for key in keys), strict=True))
        self._note([key for key, answer in answers.items() if answer is None], "the service failed before")
        found = {key: answer for key, answer in answers.items() if isinstance(answer, Row)}
        gone = [key for key, answer in answers.items() if _is_gone(answer)]
        if gone and not found and not await self._proven():
            self._note(gone, "the service finds no row alone, not even a listed one")
            return found
        self._note([key for key in gone if key in self.unsure], "it may be in a list that could not be read")
        return found | {key: deleted(key, self.previous) for key in gone if key not in self.unsure}

    async def _one(self, key: str) -> Row | SourceError | None:
        """The row, or the error; None for a key that was not asked for."""
        async with self._places:
            if self._failed >= GIVE_UP:
                return None
            try:
                row = await self.ask(key)
            except SourceError as error:
                self._failed += isinstance(error, SourceUnavailable)
                if not _is_gone(error):
                    self._note([key], str(error))
                return error
        if row.key == key:
            return row
        other = SourceError(f"row {key}", f"another row was answered, {row.key}")
        self._note([key], other.problem)
        return other

    async def _proven(self) -> bool:
        """Whether a listed row is found at this address. Only then does a 404 mean that a row is gone."""
        listed = min(self.known, default=None)
        return listed is None or isinstance(await self._one(listed), Row)

    def _note(self, keys: Sequence[str], why: str) -> None:
        if keys:
            self.notes.append(NOT_LOOKED_UP(some(keys), why))


def _is_gone(answer: Row | SourceError | None) -> bool:
    return isinstance(answer, SourceRefused) and answer.status in _GONE
