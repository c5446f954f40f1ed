"""The lines of a plan's runs, shared by the command line and the console. A schedule that fires often, and a change
that shifts many runs, have one line with a count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.documents.plan import in_order
from worker.flow.deploy.fires import Fire
from worker.flow.deploy.moves import Moves
from worker.flow.deploy.plan import Plan, Planned

ALONE = 8
"""Runs of one schedule, or shifted by one change, that have a line each. If there are more, only the first has a
line.
"""

TIMES = 3
"""The number of further runs whose times are in such a line."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One run, or the first of `runs`."""

    row: Planned
    fire: Fire
    runs: int = 1

    @property
    def following(self) -> tuple[datetime, ...]:
        """The next slots that the line represents."""
        return tuple(fire.slot for fire in sorted(self.row.fires)[1 : TIMES + 1]) if self.runs > 1 else ()


@dataclass(frozen=True, slots=True)
class ShiftedLine:
    """The effect of a change on runs: `kind` is moves, appears or vanishes. `runs`: how many the line represents. Only
    the first are in `fires`, each with the run that replaces it if it moves.
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
    """The lines to show, in their order, and the number of runs in the other lines. The next run of each of the first
    `schedules` is shown before others fill the `most` lines.
    """
    first: dict[str, int] = {}
    for place, one in enumerate(lines):
        first.setdefault(one.row.schedule, place)
    kept = set(list(first.values())[:schedules])
    kept |= set([place for place in range(len(lines)) if place not in kept][: max(0, most - len(kept))])
    left = sum(one.runs for place, one in enumerate(lines) if place not in kept)
    return [lines[place] for place in sorted(kept)], left


def shifted_lines(move: Moves) -> list[ShiftedLine]:
    """One line for each run if they are few, otherwise one for each kind."""
    kinds: dict[str, list[tuple[Fire, Fire | None]]] = {
        "moves": list(move.moved),
        "appears": [(fire, None) for fire in move.appear],
        "vanishes": [(fire, None) for fire in move.vanish],
    }
    if sum(map(len, kinds.values())) <= ALONE:
        return [ShiftedLine(kind, 1, (one,)) for kind, found in kinds.items() for one in found]
    return [ShiftedLine(kind, len(found), tuple(found[:TIMES])) for kind, found in kinds.items() if found]
