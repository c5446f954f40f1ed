"""Which runs of a plan take a line each, for the command line and the console alike. A schedule that fires often, and a
change that shifts many runs, take one line with a count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.documents.plan import in_order
from worker.flow.deploy.fires import Fire
from worker.flow.deploy.moves import Moves
from worker.flow.deploy.plan import Plan, Planned

ALONE = 8
"""Runs of one schedule that have a line each. If there are more, its first run has the only line. The same for runs
that one change shifts."""

TIMES = 3
"""Times of further runs that such a line names."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One run, or the first of `runs`."""

    row: Planned
    fire: Fire
    runs: int = 1

    @property
    def following(self) -> tuple[datetime, ...]:
        """The next slots that the line stands for."""
        return tuple(fire.slot for fire in sorted(self.row.fires)[1 : TIMES + 1]) if self.runs > 1 else ()


@dataclass(frozen=True, slots=True)
class ShiftedLine:
    """What a change does to runs: `kind` is moves, appears or vanishes. `runs`: those that the line stands for. Only
    the first are in `fires`, each with the run in its place if it moves.
    """

    kind: str
    runs: int
    fires: tuple[tuple[Fire, Fire | None], ...]


def run_lines(found: Plan) -> Iterator[PlannedLine]:
    """In the order in which they are due."""
    first: set[str] = set()
    for row, fire in in_order(found):
        if row.count <= ALONE:
            yield PlannedLine(row, fire)
        elif row.schedule not in first:
            first.add(row.schedule)
            yield PlannedLine(row, fire, row.count)


def chosen(lines: Sequence[PlannedLine], most: int, schedules: int) -> tuple[list[PlannedLine], int]:
    """The lines to show, in their order, and the number of runs that the others stand for. The next run of each of the
    first `schedules` is shown before others fill the `most` lines.
    """
    first: dict[str, int] = {}
    for place, one in enumerate(lines):
        first.setdefault(one.row.schedule, place)
    kept = set(list(first.values())[:schedules])
    kept |= set([place for place in range(len(lines)) if place not in kept][: max(0, most - len(kept))])
    left = sum(one.runs for place, one in enumerate(lines) if place not in kept)
    return [lines[place] for place in sorted(kept)], left


def shifted_lines(move: Moves) -> list[ShiftedLine]:
    """One line for each run if they are few, else one for each kind."""
    kinds: dict[str, list[tuple[Fire, Fire | None]]] = {
        "moves": list(move.moved),
        "appears": [(fire, None) for fire in move.appear],
        "vanishes": [(fire, None) for fire in move.vanish],
    }
    if sum(map(len, kinds.values())) <= ALONE:
        return [ShiftedLine(kind, 1, (one,)) for kind, found in kinds.items() for one in found]
    return [ShiftedLine(kind, len(found), tuple(found[:TIMES])) for kind, found in kinds.items() if found]
