"""The schedules, and one of them: when it is due, what became of its last runs, and what can be done with it."""

import secrets
from datetime import timedelta
from itertools import islice, takewhile
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.schedule import Schedule
from worker.errors import NotFound
from worker.flow.operate.schedules import schedules
from worker.web.console.page import Visit, shown
from worker.web.console.runs import run_rows
from worker.web.console.schedule_rows import name_of, paused_words, shown_schedules, when

AHEAD = timedelta(days=14)
SLOTS = 10
RUNS = 20


PAGE = 50
"""Schedules on one page."""


async def schedules_page(visit: Visit, request: Request) -> Response:
    if not visit.project:
        return shown(visit, "first", {"rows": ()})
    after = request.query_params.get("after", "")
    rows = [row for row in await shown_schedules(visit) if row.id > after]
    more = f"{visit.to('schedules')}?{urlencode({'after': rows[PAGE - 1].id})}" if len(rows) > PAGE else ""
    return shown(visit, "schedules", {"rows": rows[:PAGE], "next": more})


async def schedule_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound."""
    name = request.path_params["schedule"]
    rows = await schedules(visit.uses) if visit.project else ()
    row = next((one for one in rows if one.schedule.id == name), None)
    if row is None:
        raise NotFound(f"no schedule {name!r} is deployed")
    runs = await visit.uses.lookups.runs(name, RUNS)
    values: dict[str, object] = {
        "id": name,
        "name": name_of(visit, row.schedule),
        "when": when(visit, row.schedule.trigger),
        "paused": paused_words(visit, row),
        "fixed": row.schedule.paused,
        "slots": _slots(visit, row.schedule) if row.pause is None else (),
        "runs": run_rows(visit, runs),
        "readers": row.readers,
        "entries": [(visit.w.clean(one.id), one.channel, visit.w.clean(one.address or "")) for one in row.schedule.to],
        "queries": [(visit.w.clean(one.id), one.source, one.query) for one in row.schedule.report],
        "rules": [visit.w.clean(rule.id) for rule in row.schedule.alerts],
        "once": secrets.token_urlsafe(12),
    }
    return shown(visit, "schedule", values)


def _slots(visit: Visit, schedule: Schedule) -> list[tuple[str, str]]:
    """The next slots within two weeks, and in how long."""
    end = visit.now + AHEAD
    coming = takewhile(lambda at: at <= end, visit.uses.triggers.upcoming(schedule.trigger, visit.now))
    return [(visit.w.stamp(at), visit.w.brief((at - visit.now).total_seconds())) for at in islice(coming, SLOTS)]
