"""What became of deals that left a list: looked up, never guessed.

First one list of what was won or lost since the oldest comparison in use, which explains most departures in a page or
two; then each other deal by its id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceError, SourceRefused, SourceUnavailable
from worker.ports import Question
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.pages import CloseListing
from worker.sources.close.ranges import stamp
from worker.sources.close.rows import FIELDS, OpportunityRowReader
from worker.sources.common.departures import deleted
from worker.sources.common.words import some
from worker.together import together

SLACK = timedelta(hours=1)
"""How far back of the comparison closed deals are listed, for clocks that differ and indexes that lag."""
PAGES = 10
"""At most so many pages of closed deals; whoever is not on them is asked for by id."""
GIVE_UP = 8
"""Look-ups in a row that the service could not serve, after which the rest is left unexplained."""


@dataclass(frozen=True, slots=True)
class CloseFollowed:
    """`rows` that could be read or are surely deleted; whoever is in neither stays unexplained, and is noted."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


class CloseFollower:
    """Looks up the departures of one list. `reader` knows no list, so that what it reads is taken as it stands."""

    def __init__(self, client: CloseClient, reader: OpportunityRowReader, question: Question) -> None:
        self._client = client
        self._reader = reader
        self._ask = question
        self._notes: list[str] = []
        self._failed = 0

    async def follow(self, departed: Collection[str]) -> CloseFollowed:
        """Never raises a SourceError: what cannot be looked up is left out."""
        if not departed:
            return CloseFollowed((), ())
        found = await self._closed(departed)
        rest = sorted(set(departed) - set(found))
        within, beyond = rest[: self._ask.item.follow_limit], rest[self._ask.item.follow_limit :]
        if beyond:
            self._notes.append(f"{len(beyond)} deals past follow_limit were not looked up: {some(beyond)}")
        rows = await together(self._one(key) for key in within)
        found |= {row.key: row for row in rows if row is not None}
        return CloseFollowed(tuple(found.values()), tuple(self._notes))

    async def _closed(self, departed: Collection[str]) -> dict[str, Row]:
        """Departed deals that are won or lost now, newest change first, page after page until all are found."""
        if self._ask.since is None:
            return {}
        query = {
            "status_type__in": "won,lost",
            "date_updated__gte": stamp(self._ask.since - SLACK),
            "_order_by": "-date_updated",
            "_fields": ",".join(FIELDS),
        }
        listing = CloseListing(self._client, query, self._reader.row, self._ask.zone)
        found: dict[str, Row] = {}
        skip = 0
        try:
            for _ in range(PAGES):
                page = await listing.page(skip, listing.size)
                found |= {row.key: row for row in page.rows if row.key in departed}
                skip += len(page.rows)
                if not page.more or not page.rows or len(found) == len(departed):
                    break
        except SourceError as error:
            self._notes.append(f"closed deals could not be listed, so each is asked for by id: {error}")
        return found

    async def _one(self, key: str) -> Row | None:
        """The deal as it is, or as deleted; None when that could not be found out."""
        path = f"/opportunity/{quote(key, safe='')}/"
        if self._failed >= GIVE_UP:
            self._notes.append(f"{key} was not looked up: the service failed {self._failed} times before")
            return None
        request = CloseRequest(
            "GET", path, {"_fields": ",".join(FIELDS)}, zone=self._ask.zone, name="/opportunity/{id}/"
        )
        try:
            row = self._reader.row(await self._client.read(request))
        except SourceRefused as refusal:
            if refusal.status in (404, 410):
                return deleted(key, self._ask.previous)
            self._notes.append(f"{key} could not be looked up: {refusal}")
            return None
        except SourceError as error:
            self._failed += isinstance(error, SourceUnavailable)
            self._notes.append(f"{key} could not be looked up: {error}")
            return None
        if row.key != key:
            self._notes.append(f"{key} could not be looked up: another deal was answered, {row.key}")
            return None
        return row
