"""Reads lists by cursor (v2) or by offset (v1), page by page, and checks that a reading is consistent.

A cursor names the last row of its page, so other rows that come or go shift nothing. An offset does shift, so there a
page begins with the last row of the previous page. No list states its length.
https://pipedrive.readme.io/docs/core-api-concepts-pagination
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from worker.errors import SourceIncomplete
from worker.progress import count_rows
from worker.sources.common.page_checks import overlapping
from worker.sources.common.parse import Node
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest

T = TypeVar("T")
PAGE = 500
"""Rows: the maximum, because the cost of a page does not depend on its length."""
AT_ONCE = 20
"""Rows that are parsed before other tasks run."""
LONGEST = 1_000_000
"""Rows. A longer list is not read."""

MOST_PAGES = 12_000
"""Requests for one list. The limit stops a service that gives pages of a few rows."""
MOST_EMPTY = 3
"""Successive pages without a new row that are followed. Each costs as much as a full page."""


@dataclass(frozen=True, slots=True)
class Paging:
    """`onward` gets a page and the position after its last row, and returns the parameters of the next page; None at
    the end. `shared`: rows that the next page repeats, so that a shift shows. `null_is_empty`: null means no rows.
    """

    onward: Callable[[Node, int], Mapping[str, str] | None]
    shared: int = 0
    null_is_empty: bool = False


@dataclass(frozen=True, slots=True)
class PipedrivePage:
    """`rows` without the one that the previous page holds too."""

    answer: Node
    rows: tuple[Node, ...]


def _by_cursor(answer: Node, _read: int) -> Mapping[str, str] | None:
    """Version 2 marks the end with null. A page without any mark may have lost the rest of the list."""
    cursor = answer.get("additional_data").object().get("next_cursor")
    if cursor.value is None:
        return None
    if not isinstance(cursor.value, str) or not cursor.value:
        raise cursor.wrong("a cursor, or null at the end")
    return {"cursor": cursor.text()}


def _by_offset(answer: Node, read: int) -> Mapping[str, str] | None:
    """`more_items_in_collection`, inside `pagination` or beside it; `next_start` if it is given. The next page begins
    one row earlier.
    """
    extra = answer.get("additional_data").object()
    told = extra if extra.get("pagination").absent else extra.get("pagination")
    more = told.get("more_items_in_collection").flag_or_none()
    if more is None:
        raise told.get("more_items_in_collection").wrong("true or false")
    if not more:
        return None
    start = told.get("next_start")
    return {"start": str(max(0, (read if start.absent else start.whole()) - 1))}


BY_CURSOR = Paging(_by_cursor)
BY_OFFSET = Paging(_by_offset, shared=1, null_is_empty=True)


@dataclass(frozen=True, slots=True)
class PipedriveListing:
    """One list: its request, and how to find the next page. `size`: rows per page. `progress` gets the rows so far."""

    client: PipedriveClient
    request: PipedriveRequest
    paging: Paging = BY_CURSOR
    size: int = PAGE
    progress: Callable[[int], None] = lambda _rows: None

    async def pages(self, want: int | None = None) -> AsyncIterator[PipedrivePage]:
        """Every page, with `want` rows in all at most. The next page is requested while this one is parsed; cursors
        allow no more concurrency. Raises ListShifted, SourceError.
        """
        params: Mapping[str, str] = {**self.request.params, "limit": str(self._limit(want))}
        so_far = _Progress(self.request.endpoint, int(params.get("start", 0)))
        coming: asyncio.Task[Node] | None = asyncio.create_task(self._ask(params))
        try:
            while coming is not None:
                answer = await coming
                coming = None
                page = PipedrivePage(answer, so_far.fresh(self._rows(answer), self.paging.shared))
                self.progress(so_far.count)
                count_rows(len(page.rows), None)
                onward = self.paging.onward(answer, so_far.start + so_far.count)
                left = None if want is None else want - so_far.count
                if onward is not None and (left is None or left > 0):
                    so_far.check(onward)
                    most = self._limit(None if left is None else left + self.paging.shared)
                    coming = asyncio.create_task(self._ask({**params, **onward, "limit": str(most)}))
                yield page
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def rows(self, read: Callable[[Node], T], want: int | None = None) -> list[T]:
        """`read` of every row, in the order of the list."""
        found: list[T] = []
        async for page in self.pages(want):
            found += await rows(page, read)
        return found

    async def _ask(self, params: Mapping[str, str]) -> Node:
        request = self.request
        return await self.client.read(PipedriveRequest(request.endpoint, params, request.id))

    def _limit(self, want: int | None) -> int:
        return self.size if want is None else min(self.size, want)

    def _rows(self, answer: Node) -> list[Node]:
        data = answer.get("data")
        return [] if data.value is None and self.paging.null_is_empty else [node.object() for node in data.items()]


@dataclass(slots=True)
class _Progress:
    """The state of a reading: `count` rows from `start`, in `pages` requests."""

    endpoint: str
    start: int
    count: int = 0
    pages: int = 0
    empty: int = 0
    last: str | None = None
    marks: set[str] = field(default_factory=set)

    def fresh(self, rows: list[Node], shared: int) -> tuple[Node, ...]:
        """The rows of the next page that are not on the previous one. Raises ListShifted if none is shared."""
        if self.pages and shared:
            overlapping(self.endpoint, self.last, _key(rows[0]) if rows else None)
            rows = rows[1:]
        self.pages += 1
        self.count += len(rows)
        self.empty = 0 if rows else self.empty + 1
        self.last = _key(rows[-1]) if rows else self.last
        return tuple(rows)

    def check(self, onward: Mapping[str, str]) -> None:
        """Raises SourceIncomplete for a mark that comes twice, because it would be followed for ever."""
        mark = "".join(onward.values())
        if mark in self.marks:
            raise SourceIncomplete(self.endpoint, "the list leads back to a page that was read already")
        self.marks.add(mark)
        if self.empty >= MOST_EMPTY:
            raise SourceIncomplete(self.endpoint, f"{self.empty} empty pages in a row promise more")
        if self.count > LONGEST or self.pages >= MOST_PAGES:
            raise SourceIncomplete(self.endpoint, f"a list of more than {self.count} rows is too long to read")


async def rows(page: PipedrivePage, read: Callable[[Node], T]) -> list[T]:
    """`read` of every row of a page, a few at a time, so that the request for the next page is sent meanwhile."""
    found: list[T] = []
    for count, node in enumerate(page.rows):
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
        found.append(read(node))
    return found


def _key(node: Node) -> str:
    return node.get("id").number_id()
