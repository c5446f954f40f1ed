"""Looks up what became of deals that left a list.

First it reads one list of deals won or lost since the oldest comparison, which explains most departures in a page or
two. Then it reads each remaining deal by id.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceError
from worker.ports import Question
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.notes import ONE_BY_ONE
from worker.sources.close.pages import CloseListing
from worker.sources.close.ranges import stamp
from worker.sources.close.rows import FIELDS, OpportunityRowReader
from worker.sources.common.listing import LookedUp
from worker.sources.common.notes import PAST_LIMIT
from worker.sources.common.one_by_one import OneByOne
from worker.sources.common.words import some

SLACK = timedelta(hours=1)
"""Closed deals are listed from this long before the comparison, because clocks differ and indexes lag."""
PAGES = 10
"""Pages of closed deals at most. Other deals are read by id."""


@dataclass(slots=True)
class CloseFollower:
    """Looks up the departures of one list. `reader` has no list conditions. `listed`: deals that Close surely has."""

    client: CloseClient
    reader: OpportunityRowReader
    question: Question
    listed: Collection[str]
    notes: list[Note] = field(default_factory=list)

    async def follow(self, departed: Collection[str]) -> LookedUp:
        """Never raises a SourceError. What cannot be looked up is left out."""
        found = await self._closed(departed)
        rest = sorted(set(departed) - set(found))
        limit = self.question.item.follow_limit
        within, beyond = rest[:limit], rest[limit:]
        if beyond:
            self.notes.append(PAST_LIMIT(len(beyond), some(beyond)))
        found |= await OneByOne(self._one, self.listed, self.question.previous, self.notes).rows(within)
        return LookedUp(tuple(found.values()), (*self.reader.notes, *self.notes))

    async def _closed(self, departed: Collection[str]) -> dict[str, Row]:
        """Departed deals that are won or lost now, newest change first. Reads pages until all are found."""
        if self.question.since is None:
            return {}
        query = {
            "status_type__in": "won,lost",
            "date_updated__gte": stamp(self.question.since - SLACK),
            "_order_by": "-date_updated",
            "_fields": ",".join(FIELDS),
        }
        listing = CloseListing(self.client, query, self.reader, self.question.zone)
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
            self.notes.append(ONE_BY_ONE(error))
        return found

    async def _one(self, key: str) -> Row:
        path = f"/opportunity/{quote(key, safe='')}/"
        params = {"_fields": ",".join(FIELDS)}
        request = CloseRequest("GET", path, params, zone=self.question.zone, name="/opportunity/{id}/")
        return self.reader.row(await self.client.read(request))
