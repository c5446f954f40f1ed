"""Rows that were created at one instant. Close lists them in any order, which may differ between pages.

If such rows are on both sides of a page's edge, one of them may come twice and another not at all. One request for all
of them, with the row before and the row after, solves this, because a single answer holds every row once.

Pages that agree at their edge are trusted. Most services keep the order of such rows stable, and an import may create
thousands within a second, so that checking every edge would double the requests.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Cell, Row
from worker.sources.common.page_checks import ListShifted, overlapping

_CREATED = [column.name for column in COLUMNS].index("created_at")


@dataclass(frozen=True, slots=True)
class Tie:
    """Rows of one instant at the positions `start` to `end` (exclusive) of a list of `total` rows. `edge`: the last key
    of one page and the first of the next, where these disagree.
    """

    start: int
    end: int
    total: int
    edge: tuple[str, str]

    @property
    def beside(self) -> tuple[int, int]:
        """The number of rows to request before and after: one, unless the list ends there."""
        return int(self.start > 0), int(self.end < self.total)

    @property
    def skip(self) -> int:
        return self.start - self.beside[0]

    @property
    def limit(self) -> int:
        return self.end - self.start + sum(self.beside)


def ties(endpoint: str, pages: Sequence[Sequence[Row]], total: int) -> list[Tie]:
    """The places where pages that share a row disagree on rows of one instant. Raises ListShifted if they do not fit
    together in another way.
    """
    rows = by_place(pages)
    found: list[Tie] = []
    place = 0
    for before, after in itertools.pairwise(pages):
        place += len(before) - 1
        if _agree(before, after) or (found and place < found[-1].end):
            continue
        if not before or not after or _created(before[-1]) != _created(after[0]):
            overlapping(endpoint, before[-1].key if before else None, after[0].key if after else None)
        ahead = _leading(rows[at] for at in range(place, -1, -1))
        behind = _leading(rows[at] for at in range(place, len(rows)))
        found.append(Tie(place - ahead + 1, place + behind, total, (before[-1].key, after[0].key)))
    return found


def by_place(pages: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of pages that share one row each."""
    return [*pages[0], *itertools.chain.from_iterable(page[1:] for page in pages[1:])]


def settle(endpoint: str, rows: list[Row], tie: Tie, answer: Sequence[Row]) -> None:
    """Replaces the rows of one instant by those of one answer. Raises ListShifted if the answer does not fit between
    its neighbours.
    """
    left, right = tie.beside
    middle = answer[left : len(answer) - right]
    beside = [(tie.start - 1, row) for row in answer[:left]] + [(tie.end, row) for row in answer[len(answer) - right :]]
    fits = (
        len(answer) == tie.limit
        and all(_created(row) == _created(rows[tie.start]) for row in middle)
        and all(row.key in _alike(rows, place) for place, row in beside)
    )
    if not fits:
        raise ListShifted(endpoint, "rows of one instant do not fit between the rows beside them")
    rows[tie.start : tie.end] = middle


def _agree(before: Sequence[Row], after: Sequence[Row]) -> bool:
    """Whether the pages share only the row at their edge among the rows of its instant."""
    if not before or not after or before[-1].key != after[0].key:
        return False
    known = {row.key for row in before}
    return not any(row.key in known for row in after[1:] if _created(row) == _created(after[0]))


def _leading(rows: Iterable[Row]) -> int:
    """The number of rows of one instant at the beginning."""
    _, together = next(itertools.groupby(rows, _created))
    return sum(1 for _ in together)


def _alike(rows: Sequence[Row], place: int) -> set[str]:
    """Keys of the rows that may be at a position: those of its instant, if that is not the tie's."""
    return {row.key for row in rows if _created(row) == _created(rows[place])}


def _created(row: Row) -> Cell:
    return row.cells[_CREATED]
