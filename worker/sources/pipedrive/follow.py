"""What became of deals that left a list: looked up by the hundred, never guessed.

The list of deals holds neither deleted nor archived ones, so whoever is not in it is looked for among those, and at
last alone: a deal that was purged or that the token may not see answers 404.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceError, SourceRefused
from worker.ports import Question
from worker.sources.common.departures import deleted
from worker.sources.common.words import some
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.pages import PAGE, PipedriveListing
from worker.sources.pipedrive.rows import DealRowReader
from worker.together import together

AT_ONCE = 100
"""Ids that one request may name."""
ALONE = 20
"""Of a hundred, at most so many are looked for one by one."""

_NAMES = [column.name for column in COLUMNS]
_STATUS, _VALUE = _NAMES.index("status"), _NAMES.index("value")
Looking = Callable[[], Awaitable[dict[str, Row]]]
_PLACES: tuple[tuple[str, Mapping[str, str]], ...] = (
    (costs.DEALS, {}),
    (costs.DEALS, {"status": "deleted"}),
    (costs.ARCHIVED, {}),
)


@dataclass(frozen=True, slots=True)
class PipedriveFollowed:
    """`rows` that could be read or are surely deleted; whoever is in neither stays unexplained, and is noted."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


class PipedriveFollower:
    """Looks up the departures of one list. `fields` as the list itself was asked for."""

    def __init__(
        self, client: PipedriveClient, reader: DealRowReader, question: Question, fields: Mapping[str, str]
    ) -> None:
        self._client = client
        self._reader = reader
        self._ask = question
        self._fields = fields
        self._notes: list[str] = []

    async def follow(self, departed: Collection[str]) -> PipedriveFollowed:
        """Never raises a SourceError: what cannot be looked up is left out."""
        keys = sorted(departed, key=lambda key: (len(key), key))
        within, beyond = keys[: self._ask.item.follow_limit], keys[self._ask.item.follow_limit :]
        if beyond:
            self._notes.append(f"{len(beyond)} deals past follow_limit were not looked up: {some(beyond)}")
        batches = [within[at : at + AT_ONCE] for at in range(0, len(within), AT_ONCE)]
        found = await together(self._batch(batch) for batch in batches)
        return PipedriveFollowed(tuple(row for rows in found for row in rows.values()), tuple(self._notes))

    async def _batch(self, keys: list[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        left = keys
        for endpoint, params in _PLACES:
            if left:
                found |= await self._guarded(left, self._listed(endpoint, params, left))
                left = [key for key in left if key not in found]
        alone, beyond = left[:ALONE], left[ALONE:]
        if beyond:
            self._notes.append(f"{len(beyond)} deals are in no list and were not looked for alone: {some(beyond)}")
        for rows in await together(self._guarded([key], self._one(key)) for key in alone):
            found |= rows
        return found

    async def _guarded(self, keys: list[str], looking: Looking) -> dict[str, Row]:
        """What `looking` finds of `keys`; a failure leaves them unexplained, and says so."""
        try:
            return {key: row for key, row in (await looking()).items() if key in keys}
        except SourceError as error:
            self._notes.append(f"{some(keys)} could not be looked up: {error}")
            return {}

    def _listed(self, endpoint: str, params: Mapping[str, str], keys: list[str]) -> Looking:
        async def look() -> dict[str, Row]:
            request = PipedriveRequest(endpoint, {**self._fields, **params, "ids": ",".join(keys)})
            rows = await PipedriveListing(self._client, request, size=PAGE).rows(self._reader.row)
            return {row.key: self._settled(row) for row in rows}

        return look

    def _settled(self, row: Row) -> Row:
        """A deleted deal counts at what it was last listed at, as where a service forgets it at once: what was changed
        in it on its way out is nobody's news.
        """
        if row.cells[_STATUS] != Status.DELETED:
            return row
        last = deleted(row.key, self._ask.previous)
        return last if last.cells[_VALUE] is not None else row

    def _one(self, key: str) -> Looking:
        async def look() -> dict[str, Row]:
            try:
                answer = await self._client.read(PipedriveRequest(costs.DEAL, self._fields, key))
            except SourceRefused as refusal:
                if refusal.status in (404, 410):
                    return {key: deleted(key, self._ask.previous)}
                raise
            row = self._reader.row(answer.get("data").object())
            return {row.key: row}

        return look
