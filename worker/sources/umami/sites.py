"""Websites, looked at before they are asked about: to an administrator Umami answers for a website that does not exist
as for one that nobody visits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from worker.errors import SourceRefused
from worker.sources.common.parse import Node
from worker.sources.umami.client import Client, Request

FRESH = timedelta(minutes=5)
_ENDPOINT = "GET /websites/{id}"


@dataclass(frozen=True, slots=True)
class Site:
    """`reset_at` in milliseconds: nothing before it counts, whatever range is asked for."""

    id: str
    name: str
    domain: str | None
    reset_at: int | None


class Sites:
    """What is known of websites, for five minutes; `clock` gives UTC."""

    def __init__(self, client: Client, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, Site]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def one(self, website: str) -> Site:
        """Raises SourceError; SourceRefused with status 404 where there is no such website."""
        async with self._locks.setdefault(website, asyncio.Lock()):
            known = self._known.get(website)
            if known is not None and self._clock() - known[0] < FRESH:
                return known[1]
            path = f"/websites/{quote(website, safe='')}"
            found = await self._client.read(Request("GET", path, name="/websites/{id}"))
            if found.value is None:
                raise SourceRefused(_ENDPOINT, f"there is no website {website}", status=404)
            site = read(found)
            self._known[website] = (self._clock(), site)
            return site


def read(found: Node) -> Site:
    """Raises SourceShapeChanged."""
    return Site(
        found.get("id").id(),
        found.get("name").text(),
        found.get("domain").text_or_none(),
        found.get("resetAt").instant_or_none(),
    )
