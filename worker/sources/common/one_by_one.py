"""Rows asked for alone, by their keys: each is read, surely deleted, or openly not known."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from worker.domain.snapshot.snapshot import Row, Snapshot
from worker.errors import SourceError, SourceRefused, SourceUnavailable
from worker.sources.common.departures import deleted
from worker.sources.common.words import some
from worker.together import together

GIVE_UP = 8
"""Failures of the service after which the rest is left unexplained."""
_GONE = (404, 410)


@dataclass(slots=True)
class OneByOne:
    """`ask` reads one row by its key and raises SourceError. `known`: keys that the service surely has. `previous`: the
    last snapshot, whose cells a deleted row keeps. `notes` collects what could not be found out. `unsure`: keys that
    may be where nobody could look, so that a 404 says nothing of them.
    """

    ask: Callable[[str], Awaitable[Row]]
    known: Collection[str]
    previous: Snapshot | None
    notes: list[str]
    unsure: Collection[str] = ()
    failed: int = field(default=0, init=False)

    async def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """Of each key that could be looked up, what became of it. Never raises a SourceError."""
        answers = dict(zip(keys, await together(self._one(key) for key in keys), strict=True))
        found = {key: row for key, row in answers.items() if isinstance(row, Row)}
        gone = [key for key, row in answers.items() if row in _GONE]
        if gone and not found and not await self._proven():
            self.notes.append(f"{some(gone)} could not be looked up: the service finds no single row, not a listed one")
            return found
        return found | {key: deleted(key, self.previous) for key in gone if key not in self.unsure}

    async def _one(self, key: str) -> Row | int | None:
        """The row, 404 or 410 where the service has none, None when that could not be found out."""
        if self.failed >= GIVE_UP:
            self.notes.append(f"{key} was not looked up: the service failed {self.failed} times before")
            return None
        try:
            row = await self.ask(key)
        except SourceError as error:
            if isinstance(error, SourceRefused) and error.status in _GONE:
                return error.status
            self.failed += isinstance(error, SourceUnavailable)
            self.notes.append(f"{key} could not be looked up: {error}")
            return None
        if row.key != key:
            self.notes.append(f"{key} could not be looked up: another row was answered, {row.key}")
            return None
        return row

    async def _proven(self) -> bool:
        """A 404 speaks of the row only where the address itself is right: there, a row that is listed is found."""
        listed = min(self.known, default=None)
        return listed is None or isinstance(await self._one(listed), Row)
