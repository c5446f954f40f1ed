"""Lists: by cursor (v2) or by offset (v1), one page after the other, and the proof that a reading holds together.

A cursor names the last row of its page, so rows that come or go elsewhere shift nothing. No list tells its length.
https://pipedrive.readme.io/docs/core-api-concepts-pagination
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from worker.errors import SourceIncomplete
from worker.progress import tell
from worker.sources.common.parse import Node
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest

T = TypeVar("T")
PAGE = 500
"""Rows; the most that is allowed, since a page costs the same however long it is."""
AT_ONCE = 20
"""Rows that are made without looking up."""
LONGEST = 1_000_000
"""Rows; a list beyond it is none that a digest could be about."""

Follow = Callable[[Node, int], Mapping[str, str] | None]
"""The parameters that ask for the next page, given this one and the rows read so far; None at the end."""


def by_cursor(answer: Node, _read: int) -> Mapping[str, str] | None:
    """Null or nothing at the end; an empty text is taken as the end too."""
    extra = answer.get("additional_data")
    cursor = None if extra.absent else extra.get("next_cursor").text_or_none()
    return {"cursor": cursor} if cursor else None


def by_offset(answer: Node, read: int) -> Mapping[str, str] | None:
    """`more_items_in_collection`, inside `pagination` or beside it; `next_start` where it is told."""
    extra = answer.get("additional_data")
    if extra.absent:
        return None
    told = extra if extra.get("pagination").absent else extra.get("pagination")
    if not told.get("more_items_in_collection").flag_or_none():
        return None
    start = told.get("next_start")
    return {"start": str(read if start.absent else start.whole())}


@dataclass(frozen=True, slots=True)
class PipedriveListing:
    """One list: what to ask, and how its next page is found. `size` rows a page. `progress` is told the rows so far."""

    client: PipedriveClient
    request: PipedriveRequest
    follow: Follow = by_cursor
    size: int = PAGE
    progress: Callable[[int], None] = lambda _rows: None

    async def pages(self, want: int | None = None) -> AsyncIterator[Node]:
        """Every answer, at most `want` rows long together. The next page is on its way while this one is looked at:
        cursors allow no more at once. Raises SourceError.
        """
        params: Mapping[str, str] = {**self.request.params, "limit": str(self._limit(want))}
        start = int(params.get("start", 0))
        count, seen = 0, set[str]()
        coming: asyncio.Task[Node] | None = asyncio.create_task(self._ask(params))
        try:
            while coming is not None:
                answer = await coming
                count += _length(answer)
                self.progress(count)
                tell(_length(answer), None)
                coming = None
                onward = self.follow(answer, start + count)
                left = None if want is None else want - count
                if onward is not None and (left is None or left > 0):
                    self._check(onward, seen, count)
                    coming = asyncio.create_task(self._ask({**params, **onward, "limit": str(self._limit(left))}))
                yield answer
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def rows(self, read: Callable[[Node], T], want: int | None = None) -> list[T]:
        """`read` of every row, in the order of the list."""
        found: list[T] = []
        async for answer in self.pages(want):
            found += await rows(answer, read)
        return found

    async def _ask(self, params: Mapping[str, str]) -> Node:
        request = self.request
        return await self.client.read(PipedriveRequest(request.endpoint, params, request.id))

    def _limit(self, want: int | None) -> int:
        return self.size if want is None else min(self.size, want)

    def _check(self, onward: Mapping[str, str], seen: set[str], count: int) -> None:
        """A cursor that comes twice would be followed for ever."""
        mark = "".join(onward.values())
        if mark in seen:
            raise SourceIncomplete(self.request.endpoint, "the list leads back to a page that was read already")
        seen.add(mark)
        if count > LONGEST:
            raise SourceIncomplete(self.request.endpoint, f"a list of more than {LONGEST} rows is too long to read")


async def rows(answer: Node, read: Callable[[Node], T]) -> list[T]:
    """`read` of every row of a page, a few at a time: in between the request for the next page gets on its way."""
    found: list[T] = []
    for count, node in enumerate(data(answer)):
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
        found.append(read(node))
    return found


def data(answer: Node) -> list[Node]:
    """v1 writes null where a list is empty."""
    data = answer.get("data")
    return [] if data.value is None else [node.object() for node in data.items()]


def _length(answer: Node) -> int:
    data = answer.get("data").value
    return len(data) if isinstance(data, list) else 0
