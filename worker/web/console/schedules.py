"""The schedules, and one of them: when it is due, how its last runs ended, and what can be done with it."""

import secrets
from datetime import timedelta
from itertools import islice
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.schedule import Query, Schedule, Send, Subscription
from worker.domain.schedule_filter import ScheduleFilter
from worker.errors import NotFound
from worker.flow.operate.schedules import schedules
from worker.web.console.filters import filters, only_filter
from worker.web.console.key_rows import numbers_of, shown_number
from worker.web.console.missed import missed_slots
from worker.web.console.page import Visit, shown
from worker.web.console.runs import run_rows
from worker.web.console.schedule_rows import (
    LAST,
    from_now,
    name_of,
    never,
    paused_words,
    shown_schedules,
    when,
    when_written,
)

AHEAD = timedelta(days=14)
SLOTS = 10
RUNS = 20


PAGE = 50
"""Schedules on one page."""


async def schedules_page(visit: Visit, request: Request) -> Response:
    if not visit.project:
        return shown(visit, "first", {"rows": (), "quiet": ()})
    after, tags, owner = request.query_params.get("after", ""), filters(request, "tag"), only_filter(request, "owner")
    found = await schedules(visit.uses, wanted=ScheduleFilter(tags, owner))
    rows = [row for row in found if row.schedule.id > after]
    asked = {name: value for name, value in (("tag", tags), ("owner", owner)) if value}
    following = urlencode({**asked, "after": rows[PAGE - 1].schedule.id}, doseq=True) if len(rows) > PAGE else ""
    values: dict[str, object] = {
        "rows": await shown_schedules(visit, rows[:PAGE]),
        "next": f"{visit.to('schedules')}?{following}" if following else "",
        "only": [visit.w.clean(one, 200) for one in (*tags, owner) if one],
    }
    return shown(visit, "schedules", values)


async def schedule_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound."""
    name = request.path_params["schedule"]
    row = next(iter(await schedules(visit.uses, name) if visit.project else ()), None)
    if row is None:
        raise NotFound(f"no schedule {name!r} is deployed")
    runs = await visit.uses.lookups.runs(name, RUNS)
    number = shown_number(visit, await numbers_of(visit, row.schedule, runs[:LAST]))
    values: dict[str, object] = {
        "id": name,
        "name": name_of(visit, row.schedule),
        "when": when(visit, row.schedule),
        "written": when_written(visit, row.schedule),
        "never": never(visit, row.schedule),
        "paused": paused_words(visit, row),
        "fixed": row.schedule.paused,
        "slots": _slots(visit, row.schedule) if row.pause is None else (),
        "runs": run_rows(visit, runs),
        "readers": row.readers,
        "number": number,
        "entries": [_entry(visit, one) for one in row.schedule.to],
        "queries": [_query(visit, one) for one in row.schedule.report],
        "facts": _facts(visit, row.schedule),
        "rules": [(visit.w.clean(rule.id), visit.w.clean(rule.condition, 200)) for rule in row.schedule.alerts],
        "channels": sorted(visit.deployed.channels),
        "address": visit.actor.address,
        "once": secrets.token_urlsafe(12),
        "missed": await missed_slots(visit, row.schedule),
    }
    return shown(visit, "schedule", values)


def _slots(visit: Visit, schedule: Schedule) -> list[tuple[str, str]]:
    """The next slots within two weeks, and in how long. Where there is none, the one that comes later."""
    end, coming = visit.now + AHEAD, list(islice(visit.uses.triggers.upcoming(schedule.trigger, visit.now), SLOTS))
    soon = [at for at in coming if at <= end] or coming[:1]
    return [(visit.w.stamp(at), from_now(visit, at)) for at in soon]


def _entry(visit: Visit, of: Subscription) -> tuple[str, str]:
    """Its id, and what it says of the reader."""
    w = visit.w
    address = w.say(f"console.each.{of.each}") if of.each else w.clean(of.address or "")
    said = [of.channel, address, "" if of.send is Send.ALWAYS else str(of.send), w.clean(of.rows, 80)]
    return w.clean(of.id), " · ".join(one for one in said if one)


def _query(visit: Visit, of: Query) -> tuple[str, str]:
    w = visit.w
    window = w.clean(of.window.name if of.window is not None else "")
    params = ", ".join(f"{w.clean(name, 40)}: {w.clean(str(value), 60)}" for name, value in of.params.items())
    said = [of.source, of.query, window, params]
    return w.clean(of.id), " · ".join(one for one in said if one)


def _facts(visit: Visit, of: Schedule) -> list[tuple[str, str]]:
    """What else its file says, with the words of the file."""
    said = {
        "owner": visit.w.clean(of.owner),
        "tags": visit.w.clean(", ".join(of.tags), 200),
        "timezone": of.trigger.zone,
        "catch_up": str(of.catch_up),
        "spread": visit.w.duration(of.spread) if of.spread else "",
        "digest.template": next((one.template for one in of.to), ""),
        "digest.bridge": of.bridge or "",
        "digest.key": of.key or "",
        "when.event": visit.w.clean(of.event.name) if of.event is not None else "",
    }
    return [(name, text) for name, text in said.items() if text]
