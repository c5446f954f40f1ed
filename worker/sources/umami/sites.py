"""Looks up websites before reports about them, because Umami answers an administrator for a website that does not exist
as for one without visitors.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from worker.errors import SourceRefused
from worker.sources.common.parse import Node
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.flight import SingleFlight

FRESH = timedelta(minutes=5)
_ENDPOINT = "GET /websites/{id}"


@dataclass(frozen=True, slots=True)
class Site:
    """`reset_at` in milliseconds: nothing earlier counts, whatever the range is."""

    id: str
    name: str
    domain: str | None
    reset_at: int | None


class Sites:
    """Websites, cached for five minutes. `clock` gives UTC."""

    def __init__(self, client: UmamiClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, Site]] = {}
        self._flights: defaultdict[str, SingleFlight[Site]] = defaultdict(SingleFlight)

    async def one(self, website: str) -> Site:
        """Raises SourceError; SourceRefused with status 404 if there is no such website."""
        known = self._known.get(website)
        if known is not None and self._clock() - known[0] < FRESH:
            return known[1]
        return await self._flights[website].join(partial(self._look, website))

    async def _look(self, website: str) -> Site:
        path = f"/websites/{quote(website, safe='')}"
        found = await self._client.read(UmamiRequest("GET", path, name="/websites/{id}"))
        if found.value is None:
            raise SourceRefused(_ENDPOINT, f"there is no website {website}", status=404)
        self._known[website] = (self._clock(), read(found))
        return self._known[website][1]

    async def aclose(self) -> None:
        for flight in self._flights.values():
            await flight.aclose()


def read(found: Node) -> Site:
    """Raises SourceShapeChanged."""
    return Site(
        found.get("id").id(),
        found.get("name").text(),
        found.get("domain").text_or_none(),
        found.get("resetAt").instant_or_none(),
    )
