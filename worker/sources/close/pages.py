"""Reads a list by concurrent pages, and checks that they fit together.

Close pages by `_skip`. If a row leaves while page 3 is read, another moves from page 4 to page 3 and would be missed.
So neighbouring pages share a row, which must be the same, and every page must give the same total.
https://developer.close.com/topics/pagination/
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from worker.adapters.json_body import split_list
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceIncomplete
from worker.progress import count_rows
from worker.sources.close import groups, ties
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.groups import Fragment
from worker.sources.close.rows import OpportunityRowReader
from worker.sources.common.page_checks import ListShifted, overlapping
from worker.sources.common.parse import Node
from worker.together import together

PATH = "/opportunity/"
ENDPOINT = f"GET {PATH}"
PAGE = 100
LONGEST = 1_000_000
"""Rows. A list with a larger total is not read."""
MOST_PAGES = 12_000
"""Requests for one reading. The limit stops a service that gives pages of a few rows."""


@dataclass(frozen=True, slots=True)
class ClosePage:
    """`total`: None if the service does not count. `more`: None if it does not say whether the list goes on.
    `envelope`: the answer without its rows.
    """

    rows: tuple[Row, ...]
    total: int | None
    more: bool | None
    envelope: Node
    fragments: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosePages:
    """`rows` in the order of the list. `due`: the expected number. `fragments` are there if the list was grouped."""

    rows: tuple[Row, ...]
    total: int | None
    due: int | None
    envelope: Node
    fragments: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseListing:
    """One list: what to request, and the reader of its rows. `size`: rows per page."""

    client: CloseClient
    query: Mapping[str, str]
    reader: OpportunityRowReader
    zone: str
    size: int = PAGE

    @property
    def grouped(self) -> bool:
        return "_group_by" in self.query

    async def page(self, skip: int, limit: int, shared: int = 0) -> ClosePage:
        """`shared`: number of rows that another page has too. Raises SourceError."""
        params = {**self.query, "_skip": str(skip), "_limit": str(limit)}
        request = CloseRequest("GET", PATH, params=params, zone=self.zone)
        body = await self.client.body(request)
        plain = None if self.grouped else self._plain(body, shared)
        return self._walked(await self.client.opened(request, body), shared) if plain is None else plain

    def _plain(self, body: bytes, shared: int) -> ClosePage | None:
        """A page of deals whose fields are all as documented. None for any other."""
        split = split_list(body, "data")
        rows = None if split is None else self.reader.rows(split[1])
        if split is None or rows is None:
            return None
        head = self.client.node(ENDPOINT, split[0])
        return ClosePage(rows, *_total_and_more(head, len(rows), shared), head)

    def _walked(self, answer: Node, shared: int) -> ClosePage:
        found = list(answer.get("data").items())
        fragments = tuple(groups.fragment(group.object()) for group in found) if self.grouped else ()
        if self.grouped:
            found = [deal for group in found for deal in group.get("objects").items()]
        total, more = _total_and_more(answer, len(found), shared)
        rows = tuple(self.reader.row(deal.object()) for deal in found)
        head = self.client.node(ENDPOINT, {name: value for name, value in answer.value.items() if name != "data"})
        return ClosePage(rows, total, more, head, fragments)

    async def read(self, skip: int = 0, want: int | None = None) -> ClosePages:
        """The whole list, or `want` rows from `skip`. Raises ListShifted, SourceError."""
        pages = await self._pages(skip, want)
        total = pages[0].total
        for page in pages:
            if page.total != total:
                raise ListShifted(ENDPOINT, f"its total went from {total} to {page.total}")
        if want is None and skip == 0 and total is not None and not self.grouped:
            rows = await self._untied([page.rows for page in pages], total)
            return ClosePages(rows, total, total, pages[0].envelope)
        pages = _joined(pages)
        fragments = tuple(itertools.chain.from_iterable(page.fragments for page in pages))
        rows = tuple(itertools.chain.from_iterable(page.rows for page in pages))
        due = None if total is None else _due(total, skip, want)
        moved = groups.shifted(fragments) if want is None and skip == 0 and due in (None, len(rows)) else None
        if moved is not None:
            raise ListShifted(ENDPOINT, moved)
        return ClosePages(rows, total, due, pages[0].envelope, fragments)

    async def _untied(self, pages: Sequence[Sequence[Row]], total: int) -> tuple[Row, ...]:
        """The rows of a whole list. Where pages disagree on rows of one instant, these are requested together."""
        rows = ties.by_place(pages)
        for tie in ties.ties(ENDPOINT, pages, total):
            if tie.limit > len(pages[0]):
                met = "a page ends with {} and the next one begins with {}".format(*tie.edge)
                raise ListShifted(ENDPOINT, f"{met}, of {tie.end - tie.start} deals that were created at one instant")
            answer = await self.page(tie.skip, tie.limit, shared=tie.limit)
            if answer.total != total:
                raise ListShifted(ENDPOINT, f"its total went from {total} to {answer.total}")
            ties.settle(ENDPOINT, rows, tie, answer.rows)
        return tuple(rows)

    async def _pages(self, skip: int, want: int | None) -> list[ClosePage]:
        """The first page gives the total and the length of a page. The others are then read concurrently."""
        first = await self.page(skip, self._limit(want))
        if first.total is None:
            return await self._one_by_one(first, skip, want)
        if first.total > LONGEST:
            raise SourceIncomplete(ENDPOINT, f"a list of {first.total} rows is too long to read")
        self.reader.long = first.total > self.reader.known.most
        length, due = len(first.rows), _due(first.total, skip, want)
        count_rows(0, due)
        if length >= due or length < 2:
            return [first]
        later = range(skip + length - 1, skip + due - 1, length - 1)
        if len(later) >= MOST_PAGES:
            raise SourceIncomplete(ENDPOINT, f"{due} rows in pages of {length} would take {len(later)} requests")
        limits = [length if want is None else min(length, skip + due - at) for at in later]
        return [first, *await together(self.page(*ask, shared=1) for ask in zip(later, limits, strict=True))]

    async def _one_by_one(self, first: ClosePage, skip: int, want: int | None) -> list[ClosePage]:
        """Reads page by page, because without a total only `has_more` shows the end."""
        pages, count, shared = [first], len(first.rows), 0
        while pages[-1].more and (want is None or count < want):
            if len(pages[-1].rows) <= shared:
                raise ListShifted(ENDPOINT, "a page without another row promises more")
            if count > LONGEST or len(pages) >= MOST_PAGES:
                raise SourceIncomplete(ENDPOINT, f"a list of more than {count} rows is too long to read")
            shared = 1
            limit = self._limit(None if want is None else want - count + shared)
            pages.append(await self.page(skip + count - shared, limit, shared))
            _overlapping(*pages[-2:])
            count += max(0, len(pages[-1].rows) - shared)
        return pages

    def _limit(self, want: int | None) -> int:
        return self.size if want is None else min(self.size, want)


def _total_and_more(answer: Node, found: int, shared: int) -> tuple[int | None, bool | None]:
    """Raises SourceShapeChanged if neither says where the list ends."""
    total, more = answer.get("total_results"), answer.get("has_more").flag_or_none()
    if total.absent and more is None:
        raise answer.get("has_more").wrong("true or false, or total_results beside it")
    count_rows(max(0, found - shared), None if total.absent else 0)
    return None if total.absent else total.whole(), more


def _due(total: int, skip: int, want: int | None) -> int:
    left = max(0, total - skip)
    return left if want is None else min(left, want)


def _joined(pages: Sequence[ClosePage]) -> list[ClosePage]:
    """Removes the row that each page shares with the one before. Raises ListShifted if it is another row."""
    for before, after in itertools.pairwise(pages):
        _overlapping(before, after)
    return [*pages[:1], *map(_without_first, pages[1:])]


def _overlapping(before: ClosePage, after: ClosePage) -> None:
    overlapping(ENDPOINT, _key(before.rows[-1:]), _key(after.rows[:1]))


def _key(rows: Sequence[Row]) -> str | None:
    return rows[0].key if rows else None


def _without_first(page: ClosePage) -> ClosePage:
    """Removes the shared row, the first of the first non-empty group."""
    fragments = list(page.fragments)
    at = next((at for at, part in enumerate(fragments) if part.here), None)
    if at is not None:
        fragments[at] = replace(fragments[at], here=fragments[at].here - 1)
    return replace(page, rows=page.rows[1:], fragments=tuple(fragments))
