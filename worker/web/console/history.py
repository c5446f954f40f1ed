"""The past of one schedule: its key number over the runs, and any two of them side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.run import Run
from worker.domain.schedule import Schedule
from worker.errors import LedgerError, NotFound, RequestError
from worker.flow.operate.compare_runs import bridge_between
from worker.flow.operate.find_run import find_run
from worker.flow.operate.key_numbers import KeyNumbers
from worker.flow.operate.preview import bridge_of
from worker.web.console.bridges import ShownBridge, shown_bridges
from worker.web.console.charts import LineChart, line_chart, round_ticks, tone_of
from worker.web.console.key_rows import change, label_of, number, numbers_of
from worker.web.console.page import Visit, shown
from worker.web.console.schedule_rows import name_of
from worker.web.console.states import StateMark, run_mark

RUNS = 60
"""Runs of the chart, the newest."""


@dataclass(frozen=True, slots=True)
class RunOfHistory:
    """Texts for one row. `key`: for the form that chooses two runs."""

    key: str
    mark: StateMark
    slot: str
    href: str
    value: str
    change: str
    tone: str


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of two runs that stand side by side, with what moved since the digest before it."""

    slot: str
    href: str
    mark: StateMark
    bridges: tuple[ShownBridge, ...]


async def history_page(visit: Visit, request: Request) -> Response:
    """With `a` and `b`, two runs side by side and what moved from the older to the newer. Raises NotFound."""
    schedule = visit.deployed.schedules.get(request.path_params["schedule"])
    if schedule is None:
        raise NotFound(f"no schedule {request.path_params['schedule']!r} is deployed")
    runs = await visit.uses.lookups.runs(schedule.id, RUNS)
    numbers = await numbers_of(visit, schedule, runs)
    values: dict[str, object] = {
        "id": schedule.id,
        "name": name_of(visit, schedule),
        "label": label_of(visit, numbers) if numbers is not None else "",
        "chart": _chart(visit, numbers) if numbers is not None else None,
        "rows": _rows(visit, runs, numbers),
        **await _compared(visit, schedule, runs, request),
    }
    return shown(visit, "history", values)


def _chart(visit: Visit, of: KeyNumbers) -> LineChart | None:
    """Its ticks are round numbers in the unit in which they are printed."""
    known = [point.value for point in of.points if point.value is not None]
    points = [
        (visit.w.day(point.run.slot), point.value, f"{visit.w.stamp(point.run.slot)}: {number(visit, of, point.value)}")
        for point in of.points
    ]
    ticks = [(value, number(visit, of, value)) for value in round_ticks(known)] if known else []
    return line_chart(points, ticks)


def _rows(visit: Visit, runs: Sequence[Run], of: KeyNumbers | None) -> list[RunOfHistory]:
    """Newest first. A change is that since the last run with a number."""
    found, before = list[RunOfHistory](), None
    known = {point.run: point.value for point in of.points} if of is not None else {}
    for run in reversed(runs):
        value = known.get(run.key)
        moved = change(visit, of, before, value) if of is not None else ""
        tone = "flat" if of is not None and of.neutral else tone_of(before, value)
        shown_value = number(visit, of, value) if of is not None else ""
        href = visit.to("run", str(run.key))
        found.append(
            RunOfHistory(str(run.key), run_mark(run), visit.w.stamp(run.key.slot), href, shown_value, moved, tone)
        )
        before = value if value is not None else before
    return found[::-1]


async def _compared(visit: Visit, schedule: Schedule, runs: Sequence[Run], request: Request) -> dict[str, object]:
    """Without a choice the two newest runs are proposed."""
    asked = [request.query_params.get(name, "")[:300] for name in ("a", "b")]
    proposed = [str(run.key) for run in runs[1::-1]]
    first, last = (proposed[0], proposed[-1]) if proposed else ("", "")
    chosen: dict[str, object] = {"a": asked[0] or first, "b": asked[1] or last}
    if not all(asked):
        return {**chosen, "pair": (), "between": (), "moves": ""}
    pair = sorted([await find_run(visit.uses, one) for one in asked], key=lambda run: run.key)
    if any(run.key.schedule != schedule.id for run in pair):
        raise RequestError(f"choose two runs of {schedule.id}")
    older, newer = pair
    moves = f"{visit.to('moves', str(newer.key))}?{urlencode({'since': str(older.key)})}"
    between = await _between(visit, older, newer)
    return {**chosen, "pair": [await _side(visit, run) for run in pair], "between": between, "moves": moves}


async def _side(visit: Visit, run: Run) -> ComparedRun:
    try:
        found = await bridge_of(visit.uses, run, await visit.uses.lookups.deliveries(run.key))
    except (LedgerError, RequestError):
        found = None
    href = visit.to("run", str(run.key))
    return ComparedRun(visit.w.stamp(run.key.slot), href, run_mark(run), shown_bridges(visit, found))


async def _between(visit: Visit, older: Run, newer: Run) -> tuple[ShownBridge, ...]:
    """None where a deployment is gone, a connection cannot be opened here, or one run was chosen twice."""
    try:
        return shown_bridges(visit, await bridge_between(visit.uses, older, newer))
    except (LedgerError, RequestError):
        return ()
