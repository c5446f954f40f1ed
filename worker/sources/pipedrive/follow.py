"""Looks up what became of deals that left a list, a hundred at a time.

The list of deals holds neither deleted nor archived deals, so a missing deal is searched for among those, and finally
read by id. A deal that was purged, or that the token may not see, answers 404.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceError
from worker.ports import Question
from worker.sources.common.departures import deleted
from worker.sources.common.listing import LookedUp
from worker.sources.common.notes import NOT_LOOKED_UP, PAST_LIMIT
from worker.sources.common.one_by_one import OneByOne
from worker.sources.common.words import some
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.pages import PAGE, PipedriveListing, rows
from worker.sources.pipedrive.rows import DealRowReader
from worker.together import together

AT_ONCE = 100
"""Ids in one request at most."""

_NAMES = [column.name for column in COLUMNS]
_STATUS, _VALUE = _NAMES.index("status"), _NAMES.index("value")
_PLACES: tuple[tuple[str, Mapping[str, str]], ...] = (
    (costs.DEALS, {}),
    (costs.DEALS, {"status": "deleted"}),
    (costs.ARCHIVED, {}),
)


@dataclass(slots=True)
class PipedriveFollower:
    """Looks up the departures of one list. `fields`: as for the list. `listed`: deals that Pipedrive surely has."""

    client: PipedriveClient
    reader: DealRowReader
    question: Question
    fields: Mapping[str, str]
    listed: Collection[str]
    notes: list[Note] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)

    async def follow(self, departed: Collection[str]) -> LookedUp:
        """Never raises a SourceError. What cannot be looked up is left out."""
        keys = sorted(departed, key=lambda key: (len(key), key))
        limit = self.question.item.follow_limit
        within, beyond = keys[:limit], keys[limit:]
        if beyond:
            self.notes.append(PAST_LIMIT(len(beyond), some(beyond)))
        batches = [within[at : at + AT_ONCE] for at in range(0, len(within), AT_ONCE)]
        found = {key: row for rows in await together(map(self._batch, batches)) for key, row in rows.items()}
        alone = [key for key in within if key not in found]
        found |= await OneByOne(self._one, self.listed, self.question.previous, self.notes, self.unsure).rows(alone)
        return LookedUp(tuple(found.values()), (*self.reader.notes, *self.notes))

    async def _batch(self, keys: list[str]) -> dict[str, Row]:
        """Those of the deals that the lists hold."""
        found: dict[str, Row] = {}
        left = keys
        for endpoint, params in _PLACES:
            if left:
                found |= await self._listed(endpoint, params, left)
                left = [key for key in left if key not in found]
        return found

    async def _listed(self, endpoint: str, params: Mapping[str, str], keys: list[str]) -> dict[str, Row]:
        """If this list fails, its deals are left to the next list, with a note, and are not called deleted."""
        request = PipedriveRequest(endpoint, {**self.fields, **params, "ids": ",".join(keys)})
        found: list[Row] = []
        try:
            async for page in PipedriveListing(self.client, request, size=PAGE).pages():
                await self.reader.ready(page.rows)
                found += await rows(page, self.reader.row)
        except SourceError as error:
            self.notes.append(NOT_LOOKED_UP(some(keys), error))
            self.unsure.update(keys)
            return {}
        return {row.key: self._settled(row) for row in found if row.key in keys}

    def _settled(self, row: Row) -> Row:
        """A deleted deal keeps the values with which it was last listed. Changes made just before its deletion are not
        reported.
        """
        if row.cells[_STATUS] != Status.DELETED:
            return row
        last = deleted(row.key, self.question.previous)
        return last if last.cells[_VALUE] is not None else row

    async def _one(self, key: str) -> Row:
        answer = await self.client.read(PipedriveRequest(costs.DEAL, self.fields, key))
        deal = answer.get("data").object()
        await self.reader.ready([deal])
        return self.reader.row(deal)
