"""The actions of the console's forms. Each returns the page to go to and the message to show there."""

from datetime import timedelta
from urllib.parse import quote, urlencode

from worker.domain.run import RunState
from worker.errors import RequestError
from worker.flow.alert import acts as alert_acts
from worker.flow.operate import acts
from worker.web.console.alert_rows import matchers_of
from worker.web.console.forms import Form
from worker.web.console.missed import slot_of
from worker.web.console.page import Visit

PAUSES = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
"""Lengths of a pause in days, as a form names them; "" is a pause that a person ends."""


async def trigger(visit: Visit, form: Form) -> tuple[str, str]:
    """A run now, or of the missed slot that the form names. Sent twice, as by two clicks, it starts one run."""
    schedule, once = text_of(form, "schedule"), form.get("once", "")
    idempotency = f"{visit.actor.who}:console:{once[:64]}" if once else None
    key = await acts.trigger(visit.uses, visit.actor, schedule, None, idempotency, slot_of(form.get("for_slot", "")))
    return _path("run", str(key)), visit.w.say("console.done.trigger")


async def pause(visit: Visit, form: Form) -> tuple[str, str]:
    schedule, days = text_of(form, "schedule"), form.get("days", "")
    if days and days not in PAUSES:
        raise RequestError(f"days: found {days[:20]!r}, expected one of {', '.join(PAUSES)}")
    until = (visit.now + PAUSES[days]).replace(microsecond=0) if days else None
    await acts.pause_schedule(visit.uses, visit.actor, schedule, until)
    return _path("schedule", schedule), visit.w.say("console.done.pause")


async def resume(visit: Visit, form: Form) -> tuple[str, str]:
    schedule = text_of(form, "schedule")
    ended = await acts.resume_schedule(visit.uses, visit.actor, schedule)
    return _path("schedule", schedule), visit.w.say("console.done.resume" if ended else "console.done.not_paused")


async def cancel(visit: Visit, form: Form) -> tuple[str, str]:
    key, ended = await acts.cancel_run(visit.uses, visit.actor, text_of(form, "run"))
    said = visit.w.say("console.done.cancel")
    if ended.was is RunState.DELIVERING:
        left = ended.deliveries
        said = visit.w.say("console.done.cancel_rest", left) if left else visit.w.say("console.done.cancel_none")
    return _path("run", str(key)), said


async def retry(visit: Visit, form: Form) -> tuple[str, str]:
    key, retried = await acts.retry_run(visit.uses, visit.actor, text_of(form, "run"))
    said = visit.w.say("console.done.retry", len(retried.again))
    if retried.left_out:
        said = f"{said} {visit.w.say('console.done.retry_left', len(retried.left_out))}"
    return _path("run", str(key)), said


async def settle(visit: Visit, form: Form) -> tuple[str, str]:
    arrived = form.get("arrived", "")
    if arrived not in {"yes", "no"}:
        raise RequestError(f"arrived: found {arrived[:20]!r}, expected yes or no")
    row = await acts.settle_unknown(visit.uses, visit.actor, text_of(form, "delivery"), arrived=arrived == "yes")
    return _path("run", str(row.key.run)), visit.w.say(f"console.done.settle_{arrived}")


async def acknowledge(visit: Visit, form: Form) -> tuple[str, str]:
    row = await alert_acts.acknowledge(visit.uses, visit.actor, text_of(form, "alert"))
    return "alerts", visit.w.say("console.done.ack", name=visit.w.clean(row.state.facts.name))


async def unacknowledge(visit: Visit, form: Form) -> tuple[str, str]:
    row, _ = await alert_acts.unacknowledge(visit.uses, visit.actor, text_of(form, "alert"))
    return "alerts", visit.w.say("console.done.unack", name=visit.w.clean(row.state.facts.name))


async def snooze(visit: Visit, form: Form) -> tuple[str, str]:
    """For seven days."""
    until = (visit.now + PAUSES["7"]).replace(microsecond=0)
    made = await alert_acts.snooze(visit.uses, visit.actor, text_of(form, "alert"), until)
    name = visit.w.clean(made.muted.mutes[0].state.facts.name)
    return "alerts", visit.w.say("console.done.snooze", name=name, date=visit.w.stamp(until))


async def silence(visit: Visit, form: Form) -> tuple[str, str]:
    text, days = text_of(form, "match"), form.get("days", "")
    if days not in PAUSES:
        raise RequestError(f"days: found {days[:20]!r}, expected one of {', '.join(PAUSES)}")
    until = (visit.now + PAUSES[days]).replace(microsecond=0)
    made = await alert_acts.silence(visit.uses, visit.actor, matchers_of(text), until, form.get("comment", "")[:500])
    said = (visit.w.say("console.done.silence", len(made.muted.mutes)), *map(visit.w.clean, made.muted.warnings))
    return f"alerts?{urlencode({'match': text})}", " ".join(said)


async def expire(visit: Visit, form: Form) -> tuple[str, str]:
    await alert_acts.expire(visit.uses, visit.actor, text_of(form, "silence"))
    return "alerts", visit.w.say("console.done.expire")


def text_of(form: Form, name: str) -> str:
    """Raises RequestError for a form without it."""
    if not form.get(name):
        raise RequestError(f"{name}: found nothing, expected what the act is for")
    return form[name]


def _path(place: str, name: str) -> str:
    return f"{place}/{quote(name, safe='/@:')}"
