"""Connections and channels: their cost, the rest of the day's tokens, and whether they answer."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from worker.connectors import wall_clock
from worker.flow.operate.day_budgets import DayBudget, day_budgets
from worker.flow.operate.doctor import CheckResult, Level, processes
from worker.flow.operate.examine import examine
from worker.flow.operate.ready import readiness
from worker.web.console.forms import Form
from worker.web.console.page import Visit, shown
from worker.web.console.states import StateMark

MUCH = 75
"""Percent of a day's tokens from which on a meter warns."""

_MARKS = {Level.OK: StateMark("delivered", 4), Level.WARN: StateMark("partly", 1), Level.FAIL: StateMark("failed", 0)}


@dataclass(frozen=True, slots=True)
class ShownBudget:
    """`used` and `asked`: percent of the service's daily limit that are used up, and that the next 24 hours need; None
    if the service names no limit.
    """

    connection: str
    queries: str
    requests: str
    tokens: str
    limit: str
    left: str
    used: float | None
    asked: float | None
    much: bool


async def connections_page(visit: Visit, _request: Request) -> Response:
    return shown(visit, "connections", await _values(visit))


async def checked_page(visit: Visit, _form: Form) -> Response:
    """All that `doctor` of the API checks. Nothing is sent."""
    found = await examine(visit.uses, wall_clock)
    return shown(visit, "connections", {**await _values(visit), "checked": [_finding(visit, one) for one in found]})


async def shown_budgets(visit: Visit) -> list[ShownBudget]:
    """By connection. Computed once a minute, because a day's cost is computed from the last answers of all
    schedules.
    """

    async def compute() -> list[DayBudget]:
        return await day_budgets(visit.uses, visit.uses.quotas, visit.deployed, visit.now)

    key = "budgets", visit.bundle_id, visit.now.replace(second=0, microsecond=0)
    return [_budget(visit, one) for one in await visit.state.numbers.get(key, compute)]


async def running(visit: Visit) -> list[tuple[StateMark, str, str]]:
    """Redis, the deployment, clocks and workers."""
    return [_finding(visit, one) for one in await readiness(visit.uses)]


async def quiet_processes(visit: Visit) -> list[str]:
    """Kinds of processes without any recent heartbeat, in sentences."""
    found = await processes(visit.uses.heartbeats, visit.uses.clock)
    return [f"{one.what}: {one.sentence}" for one in found if one.level is not Level.OK]


async def _values(visit: Visit) -> dict[str, object]:
    w, bundle = visit.w, visit.bundle
    if bundle is None:
        return {"running": await running(visit), "budgets": (), "connections": (), "channels": (), "checked": ()}
    return {
        "running": await running(visit),
        "budgets": await shown_budgets(visit),
        "connections": [(w.clean(name), one.type) for name, one in sorted(bundle.connections.items())],
        "channels": [(w.clean(name), one.type) for name, one in sorted(bundle.channels.items())],
        "checked": (),
    }


def _finding(visit: Visit, of: CheckResult) -> tuple[StateMark, str, str]:
    return _MARKS[of.level], visit.w.clean(of.what, 100), visit.w.clean(of.sentence, 400)


def _budget(visit: Visit, of: DayBudget) -> ShownBudget:
    w, cost, limit, left = visit.w, of.cost, of.limit, of.left
    known = limit is not None and left is not None and limit > 0
    used = round((limit - left) / limit * 100, 1) if known and limit and left is not None else None
    asked = round(min(cost.tokens / limit * 100, 100), 1) if known and limit else None
    return ShownBudget(
        connection=w.clean(cost.connection),
        queries=w.count(cost.fetched),
        requests=w.count(cost.requests),
        tokens=w.count(cost.tokens) if cost.tokens else "",
        limit=w.count(round(limit)) if limit is not None else "",
        left=w.count(round(left)) if left is not None else "",
        used=used,
        asked=asked,
        much=asked is not None and asked > MUCH,
    )
