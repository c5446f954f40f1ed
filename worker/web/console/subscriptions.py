"""Subscriptions: who gets what, the person's own first, and how to change it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.access import TokenScope
from worker.domain.address import same
from worker.domain.alert.matcher_text import written
from worker.errors import RequestError
from worker.flow.operate import acts
from worker.flow.operate.subscriptions import EVERYBODY, Added, State, SubscriptionRow, listed, named
from worker.rendering.wording import Wording
from worker.web.console.acts import PAUSES, text_of
from worker.web.console.forms import Form
from worker.web.console.page import Visit, shown

MOST = 60
"""Subscriptions on one page."""

MINE = "mine"
_MARKS = {
    State.ACTIVE: "delivered",
    State.PAUSED: "paused",
    State.UNSUBSCRIBED: "skipped",
    State.EXPIRED: "skipped",
    State.SCHEDULE_GONE: "skipped",
}
"""The shapes of states; any other state needs attention."""

_PAUSABLE = frozenset({State.ACTIVE, State.SUSPENDED})


async def subscriptions_page(visit: Visit, request: Request) -> Response:
    """`who=mine`: only the person's own. `find`: part of an address or of a schedule's id."""
    who, find = request.query_params.get("who", ""), request.query_params.get("find", "")[:100]
    found = await listed(visit.uses) if visit.project else ()
    mine = [row for row in found if is_own(visit, row.reader.address)]
    rows = [row for row in (mine if who == MINE else _own_first(visit, found)) if _fits(row, find)]
    values: dict[str, object] = {
        "rows": [_shown(visit, row) for row in rows[:MOST]],
        "all": len(rows),
        "who": who,
        "find": find,
        "mine": len(mine),
        "everybody": len(found),
        "address": visit.actor.address,
        "schedules": sorted(visit.bundle.schedules) if visit.bundle is not None else (),
        "channels": sorted(visit.bundle.channels) if visit.bundle is not None else (),
    }
    return shown(visit, "subscriptions", values)


def is_own(visit: Visit, address: str) -> bool:
    return same(address, visit.actor.address)


async def subscribe(visit: Visit, form: Form) -> tuple[str, str]:
    """To a schedule's digests, or to the alerts of one of its rules."""
    schedule, address = text_of(form, "schedule"), text_of(form, "address")
    _refuse_others(visit, address)
    entry: dict[str, object] = {"channel": text_of(form, "channel"), "address": address}
    if form.get("rule"):
        entry["alerts"] = [form["rule"]]
    made = await acts.subscribe(visit.uses, visit.actor, schedule, entry)
    return back_to(form), added_words(visit.w, made)


def added_words(w: Wording, made: Added) -> str:
    """That it is made, and what `subscriptions add` says beside that."""
    record = made.record
    said = w.say("console.done.subscribe", address=w.clean(record.reader.address), schedule=record.schedule)
    also = [w.say("console.done.same", entries=", ".join(map(w.clean, made.same)))] if made.same else []
    warned = [w.say("console.done.warning", sentence=w.clean(one, 200)) for one in made.warnings]
    return " ".join((said, *also, *warned))


async def unsubscribe(visit: Visit, form: Form) -> tuple[str, str]:
    schedule, reader = await _of_form(visit, form)
    row = await acts.unsubscribe(visit.uses, visit.actor, schedule, reader)
    return back_to(form), visit.w.say("console.done.unsubscribe", address=visit.w.clean(row.reader.address))


async def pause_reader(visit: Visit, form: Form) -> tuple[str, str]:
    days = form.get("days", "")
    if days and days not in PAUSES:
        raise RequestError(f"days: found {days[:20]!r}, expected one of {', '.join(PAUSES)}")
    schedule, reader = await _of_form(visit, form)
    until = (visit.now + PAUSES[days]).replace(microsecond=0) if days else None
    row = await acts.pause_reader(visit.uses, visit.actor, schedule, reader, until)
    return back_to(form), visit.w.say("console.done.pause_reader", address=visit.w.clean(row.reader.address))


async def resume_reader(visit: Visit, form: Form) -> tuple[str, str]:
    schedule, reader = await _of_form(visit, form)
    row, _ = await acts.resume_reader(visit.uses, visit.actor, schedule, reader)
    return back_to(form), visit.w.say("console.done.resume_reader", address=visit.w.clean(row.reader.address))


def back_to(form: Form) -> str:
    """`subscriptions`, with what the page showed."""
    return "subscriptions?who=mine" if form.get("who") == MINE else "subscriptions"


async def _of_form(visit: Visit, form: Form) -> tuple[str, str]:
    """Raises RequestError for a subscription of somebody else."""
    schedule, reader = text_of(form, "schedule"), text_of(form, "reader")
    row = named(await listed(visit.uses, schedule), schedule, reader)
    _refuse_others(visit, row.reader.address)
    return schedule, reader


def _refuse_others(visit: Visit, address: str) -> None:
    if not visit.actor.may(TokenScope.MANAGE) and not is_own(visit, address):
        own = f"{visit.actor.address} alone" if visit.actor.address else "no address, as it has none"
        raise RequestError(f"your token may change subscriptions of {own}")


def _own_first(visit: Visit, found: Sequence[SubscriptionRow]) -> list[SubscriptionRow]:
    return sorted(found, key=lambda row: not is_own(visit, row.reader.address))


def _fits(row: SubscriptionRow, find: str) -> bool:
    wanted = find.casefold()
    return wanted in row.reader.address.casefold() or wanted in row.reader.schedule.casefold()


def _shown(visit: Visit, row: SubscriptionRow) -> dict[str, object]:
    w, address, alerts = visit.w, row.reader.address, row.entry.alerts
    mine = is_own(visit, address)
    may = address != EVERYBODY and (visit.may_manage or (mine and visit.may_subscribe))
    until = row.preference.until if row.preference is not None and row.state is State.PAUSED else None
    told = [*alerts.rules, *map(written, alerts.matchers)] if alerts is not None else []
    return {
        "address": w.say("console.owners") if address == EVERYBODY else w.clean(address),
        "mine": mine,
        "schedule": row.reader.schedule,
        "reader": row.reader.id,
        "href": visit.to("schedule", row.reader.schedule),
        "channel": w.clean(row.entry.channel),
        "alerts": w.clean(", ".join(told) or w.say("console.all_rules"), 100) if alerts is not None else "",
        "state": row.state.value,
        "mark": _MARKS.get(row.state, "failed"),
        "until": w.say("console.until", date=w.stamp(until)) if until else "",
        "origin": row.origin.value,
        "by": w.clean(row.by),
        "words": w.clean(row.sentence, 200),
        "may_pause": may and row.state in _PAUSABLE,
        "may_resume": may and row.state is State.PAUSED,
        "may_remove": may and row.origin.value != "definition",
    }
