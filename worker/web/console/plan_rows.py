"""A plan as tables: what changes, which runs will fire, at what cost, and how many messages each address gets."""

from itertools import pairwise

from worker.documents.plan_lines import PlannedLine, chosen, run_lines
from worker.flow.deploy.deploy import Changes
from worker.flow.deploy.plan import Plan
from worker.web.console.page import Visit

RUNS = 20
"""Lines of runs, besides the next run of each schedule."""

MOST = 40
"""Lines of any other list."""


def plan_values(visit: Visit, of: Plan) -> dict[str, object]:
    w = visit.w
    runs, left = chosen(list(run_lines(of)), RUNS, MOST)
    return {
        "nothing": not of.changes,
        "changes": _changes(of.changes)[:MOST],
        "readers": [
            *(("added", schedule, w.clean(reader)) for schedule, reader in of.readers_added[:MOST]),
            *(("removed", schedule, w.clean(reader)) for schedule, reader in of.readers_removed[:MOST]),
        ],
        "moves": [
            (
                move.schedule,
                w.count(len(move.appear)),
                w.count(len(move.vanish)),
                w.count(len(move.moved)),
                w.stamp(move.until) if move.until else "",
            )
            for move in of.moves[:MOST]
        ],
        "runs": [
            (
                w.stamp(one.fire.slot),
                one.row.schedule,
                _followed(visit, one),
                w.count(len(one.row.readers)),
                w.count(one.row.cost.requests),
            )
            for one in runs
        ],
        "runs_left": left,
        "runs_all": sum(row.count for row in of.schedules),
        "costs": [
            (one.connection, w.count(one.fetched), w.count(one.requests), w.count(one.tokens) if one.tokens else "")
            for one in of.day
        ],
        "messages": [
            (w.clean(one.address), one.channel, w.count(one.count), one.at_most)
            for one in sorted(of.messages, key=lambda one: -one.count)[:MOST]
        ],
        "forecasts": [
            (f"{one.schedule}/{one.rule}", one.change, [(w.clean(who), f"{n:.1f}") for who, n in one.noisy.items()])
            for one in of.forecasts[:MOST]
        ],
        "until": w.date(of.until),
    }


def _followed(visit: Visit, line: PlannedLine) -> str:
    """The runs besides the first that a line stands for."""
    if line.runs == 1:
        return ""
    w, slots = visit.w, (line.fire.slot, *line.following)
    times = [w.time(slot) if w.date(slot) == w.date(before) else w.stamp(slot) for before, slot in pairwise(slots)]
    return w.say("console.runs_follow", line.runs, times="; ".join(times))


def _changes(of: Changes) -> list[tuple[str, str, str, str]]:
    """(added, changed, removed or renamed; kind; name; what changed inside)."""
    renamed = [("renamed", "schedule", old, new) for old, new in of.renamed]
    gone = {name for pair in of.renamed for name in pair}
    listed = [
        (one.change, one.kind, one.name, ", ".join(one.options))
        for one in of.definitions
        if one.kind != "schedule" or one.name not in gone
    ]
    return [*renamed, *listed]
