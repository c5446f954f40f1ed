"""A list by concurrent pages, and the proof that it is whole.

Close pages by `_skip`: a row that leaves while page 3 is read moves another from page 4 onto page 3, where nobody
looks again. A reading counts only if every page told the same total and that many different ids came.
https://developer.close.com/topics/pagination/
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceIncomplete
from worker.progress import tell
from worker.sources.close import groups
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.groups import Fragment
from worker.sources.common.parse import Node
from worker.together import together

PATH = "/opportunity/"
ENDPOINT = f"GET {PATH}"
PAGE = 100
LONGEST = 1_000_000
"""Rows; a total beyond it is no list that a digest could be about."""


@dataclass(frozen=True, slots=True)
class ClosePage:
    """`total` is None where the service does not count; `envelope` is the answer without its rows."""

    rows: tuple[Row, ...]
    total: int | None
    more: bool
    envelope: Node
    fragments: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """`rows` in the order of the list, every key once. `fragments` where it was grouped."""

    rows: tuple[Row, ...]
    total: int | None
    envelope: Node
    fragments: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseListing:
    """One list: what to ask, and how a row is read. `size` rows a page."""

    client: CloseClient
    query: Mapping[str, str]
    row: Callable[[Node], Row]
    zone: str
    size: int = PAGE

    @property
    def grouped(self) -> bool:
        return "_group_by" in self.query

    async def page(self, skip: int, limit: int) -> ClosePage:
        """Raises SourceError."""
        params = {**self.query, "_skip": str(skip), "_limit": str(limit)}
        answer = await self.client.read(CloseRequest("GET", PATH, params=params, zone=self.zone))
        found = list(answer.get("data").items())
        fragments = tuple(groups.fragment(group.object()) for group in found) if self.grouped else ()
        if self.grouped:
            found = [deal for group in found for deal in group.get("objects").items()]
        total = answer.get("total_results")
        tell(len(found), None if total.absent else 0)
        return ClosePage(
            rows=tuple(self.row(deal.object()) for deal in found),
            total=None if total.absent else total.whole(),
            more=bool(answer.get("has_more").flag_or_none()),
            envelope=Node(ENDPOINT, {name: value for name, value in answer.value.items() if name != "data"}),
            fragments=fragments,
        )

    async def read(self, skip: int = 0, want: int | None = None) -> Reading:
        """The whole list, or `want` rows from `skip`. Read a second time if rows moved meanwhile.

        Raises SourceIncomplete, which says what moved, when they did again.
        """
        pages = await self._pages(skip, want)
        moved = _moved(pages, skip, want)
        if moved is not None:
            pages = await self._pages(skip, want)
            moved = _moved(pages, skip, want)
        if moved is not None:
            raise SourceIncomplete(ENDPOINT, f"the list changed while it was read, twice: {moved}")
        rows = tuple(itertools.chain.from_iterable(page.rows for page in pages))
        fragments = tuple(itertools.chain.from_iterable(page.fragments for page in pages))
        return Reading(rows, pages[0].total, pages[0].envelope, fragments)

    async def _pages(self, skip: int, want: int | None) -> list[ClosePage]:
        """The first page tells how many there are and how long a page may be; the rest come together."""
        first = await self.page(skip, self._limit(want))
        if first.total is None:
            return await self._one_by_one(first, skip, want)
        if first.total > LONGEST:
            raise SourceIncomplete(ENDPOINT, f"a list of {first.total} rows is too long to read")
        step, due = len(first.rows), _due(first.total, skip, want)
        tell(0, due)
        if step == 0 or step >= due:
            return [first]
        later = range(skip + step, skip + due, step)
        return [first, *await together(self.page(at, self._rest(step, skip + due - at, want)) for at in later)]

    async def _one_by_one(self, first: ClosePage, skip: int, want: int | None) -> list[ClosePage]:
        """Without a total, `has_more` is all there is; an empty page ends the list even if more is promised."""
        pages, count = [first], len(first.rows)
        while pages[-1].more and pages[-1].rows and (want is None or count < want):
            pages.append(await self.page(skip + count, self._limit(None if want is None else want - count)))
            count += len(pages[-1].rows)
            if count > LONGEST:
                raise SourceIncomplete(ENDPOINT, f"a list of more than {LONGEST} rows is too long to read")
        return pages

    def _limit(self, want: int | None) -> int:
        return self.size if want is None else min(self.size, want)

    def _rest(self, step: int, left: int, want: int | None) -> int:
        """A whole list asks for full pages to its end, so that a row that came meanwhile shows."""
        return step if want is None else min(step, left)


def _due(total: int, skip: int, want: int | None) -> int:
    left = max(0, total - skip)
    return left if want is None else min(left, want)


def _moved(pages: list[ClosePage], skip: int, want: int | None) -> str | None:
    """What shows that rows moved while the pages were read, as a clause; None for a reading that holds together."""
    totals = {page.total for page in pages}
    if len(totals) > 1:
        return f"its total went from {pages[0].total} to {next(p.total for p in pages if p.total != pages[0].total)}"
    keys = [row.key for page in pages for row in page.rows]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        return f"{twice} came twice"
    total = pages[0].total
    if total is not None and len(keys) != _due(total, skip, want):
        return f"{len(keys)} rows came of {_due(total, skip, want)}"
    return groups.shifted(part for page in pages for part in page.fragments) if want is None and skip == 0 else None
