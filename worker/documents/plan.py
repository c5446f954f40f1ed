"""Which runs will fire, for which readers, at what cost, and what a deployment would change."""

from typing import Any
from zoneinfo import ZoneInfo

from worker.documents.backtest import backtest_document
from worker.documents.deployment import definitions_document
from worker.documents.schedules import trigger_document
from worker.domain.definition_fields import FieldChange
from worker.domain.run import stamp
from worker.flow.deploy.cost import DayCost
from worker.flow.deploy.fires import Fire
from worker.flow.deploy.forecast import Forecast
from worker.flow.deploy.messages import Messages, Shift
from worker.flow.deploy.moves import Moves
from worker.flow.deploy.owners_reached import OwnersReached
from worker.flow.deploy.plan import Plan, Planned


def plan_document(found: Plan, target: str | None = None) -> dict[str, Any]:
    """The whole plan.

    {"target", "now", "until", "runs": [run, …], "schedules": [schedule, …], "next_24_hours": [cost, …],
    "messages_per_week": [messages, …], "cap": cap or null, "alerts": [forecast, …], "changes": {…}}

    `target`: the target of the files, null if none is chosen. `runs` are in the order in which they are due.
    `next_24_hours` has one cost for each connection, and
    `messages_per_week` counts the messages to each address in the next seven days. `cap` is {"messages", "seconds"}: no
    address gets more in that time, and one message reports the others. `changes` compares
    with what is deployed: ids under "added", "changed" and "removed", {"from", "to"} under "renamed", {"schedule",
    "reader"} under "readers_added" and "readers_removed", other changes under "definitions", keys that changed inside
    definitions under "fields", and under "runs" the changes to the runs of each schedule.
    """
    return {
        "target": target,
        "now": stamp(found.now),
        "until": stamp(found.until),
        "runs": [_run(row, fire) for row, fire in in_order(found)],
        "schedules": [_schedule(row) for row in found.schedules],
        "next_24_hours": [_cost(of) for of in found.day],
        "messages_per_week": [_messages(of) for of in found.messages],
        "cap": {"messages": found.cap.messages, "seconds": found.cap.per} if found.cap else None,
        "alerts": [_forecast(of) for of in found.forecasts],
        "changes": {
            "added": list(found.changes.added),
            "changed": list(found.changes.changed),
            "removed": list(found.changes.removed),
            "renamed": [{"from": old, "to": new} for old, new in found.changes.renamed],
            "readers_added": [{"schedule": schedule, "reader": reader} for schedule, reader in found.readers_added],
            "readers_removed": [{"schedule": schedule, "reader": reader} for schedule, reader in found.readers_removed],
            "definitions": definitions_document(found.changes),
            "fields": [_field(one) for one in found.fields],
            "runs": [_moves(move) for move in found.moves],
        },
    }


def _field(of: FieldChange) -> dict[str, Any]:
    """One key of a changed definition: {"kind", "name", "field", "before", "after"}.

    `field` is its path in the file, as when.cron. `before` and `after` are null where it is absent or has its default.
    """
    return {"kind": of.kind, "name": of.name, "field": of.field, "before": of.before, "after": of.after}


def _forecast(of: Forecast) -> dict[str, Any]:
    """What a new or changed alert rule would have reported over stored answers.

    {"schedule", "rule", "change", "back_test": back-test or null, "noisy": {reader: messages a week}}

    `back_test` is as in `backtest_document`; null if no answer to the rule's query is stored. `noisy`: readers who
    would have got too many messages.
    """
    return {
        "schedule": of.schedule,
        "rule": of.rule,
        "change": of.change,
        "back_test": backtest_document(of.tested) if of.tested is not None else None,
        "noisy": {reader: round(count, 2) for reader, count in of.noisy.items()},
    }


def in_order(found: Plan) -> list[tuple[Planned, Fire]]:
    """The runs of all schedules, in the order in which they are due."""
    runs = [(row, fire) for row in found.schedules for fire in row.fires]
    return sorted(runs, key=lambda run: (run[1], run[0].schedule))


def _run(row: Planned, fire: Fire) -> dict[str, Any]:
    """One run: {"schedule", "slot", "due", "local", "zone", "readers", "requests", "unknown": [query id, …],
    "shifts": [shift, …]}.

    `local` is the slot in ISO 8601 with the offset of `zone`, the schedule's own. `readers` and `requests` are counts.
    `unknown`: queries whose number of requests is not known yet. `shifts`: its digests that wait for the end of quiet
    hours.
    """
    return {
        "schedule": row.schedule,
        **_fire(fire),
        "local": fire.slot.astimezone(ZoneInfo(row.zone)).isoformat(),
        "zone": row.zone,
        "readers": len(row.readers),
        "requests": row.cost.requests,
        "unknown": list(row.cost.unknown),
        "shifts": [_shift(one) for one in row.shifts.get(fire, ())],
    }


def _shift(one: Shift) -> dict[str, Any]:
    """Digests that wait: {"until", "reason", "sentence", "readers": [reader, …], "superseded"}.

    `reason` is quiet_hours or collected. `superseded` is true if a later run replaces them before that, so that they
    are not sent; a later digest reports the collected ones.
    """
    return {
        "until": stamp(one.until),
        "reason": one.reason,
        "sentence": one.sentence,
        "readers": list(one.readers),
        "superseded": one.superseded,
    }


def _messages(of: Messages) -> dict[str, Any]:
    """The messages to one address in the next seven days: {"channel", "address", "messages", "at_most", "more"}.

    `at_most` is true if some are left out when nothing changed or when there is nothing to show. `more` is true if
    there are more runs than were counted.
    """
    return {
        "channel": of.channel,
        "address": of.address,
        "messages": of.count,
        "at_most": of.at_most,
        "more": of.more,
    }


def _fire(fire: Fire) -> dict[str, str]:
    """A run's slot, and when it is claimed: {"slot", "due"}."""
    return {"slot": stamp(fire.slot), "due": stamp(fire.due)}


def _schedule(row: Planned) -> dict[str, Any]:
    """One schedule, with what its runs have in common.

    {"schedule", "runs", "readers": [reader, …], "requests_per_run", "unknown": [query id, …], "owners": [{"entry",
    "readers", "without_address"}, …], "copies": [{"entry", "cc"}, …], "paused", "paused_until", "holidays": [{"slot",
    "name"}, …], "calendar_ends": [{"calendar", "last_year"}, …], "event"}

    `runs` counts all runs until the plan's end, including those that are not listed. `paused_until` is null for a
    schedule that is not paused, and for a pause that somebody has to end. `owners` has the entries with `each`: the
    number of readers and the owners without an address in the last run, null before the first run. `holidays`: times on
    public holidays, which are no slots. `calendar_ends`: calendars that end before the plan; after their last year, no
    day counts as a holiday. `copies` has the entries with `cc`: {"entry", "cc": [address, …]}. `event`: what causes
    runs besides slots, {"name", "filter", "debounce_seconds"}, or null.
    """
    return {
        "schedule": row.schedule,
        "runs": row.count,
        "readers": list(row.readers),
        "requests_per_run": row.cost.requests,
        "unknown": list(row.cost.unknown),
        "owners": [_reached(one) for one in row.owners],
        "copies": [{"entry": one.id, "cc": list(one.cc)} for one in row.as_read.to if one.cc],
        "paused": row.paused is not None,
        "paused_until": stamp(row.paused.until) if row.paused and row.paused.until else None,
        "holidays": [{"slot": stamp(one.at), "name": one.name} for one in row.left_out],
        "calendar_ends": [{"calendar": one.calendar, "last_year": one.last_year} for one in row.calendar_ends],
        "event": trigger_document(row.event),
    }


def _reached(found: OwnersReached) -> dict[str, Any]:
    """The owners of one entry: {"entry", "readers", "without_address": [name, …]}."""
    return {
        "entry": found.entry.id,
        "readers": len(found.addresses) if found.answered else None,
        "without_address": list(found.without_address) if found.answered else None,
    }


def _cost(of: DayCost) -> dict[str, Any]:
    """The cost of the next 24 hours for one connection.

    {"connection", "asked", "fetched", "requests", "tokens", "unknown"}

    All but the first are counts: queries of all runs; queries that are fetched, as equal ones are fetched once;
    requests; tokens of the service (0 if it counts none); fetches whose cost is not known yet.
    """
    return {
        "connection": of.connection,
        "asked": of.asked,
        "fetched": of.fetched,
        "requests": of.requests,
        "tokens": of.tokens,
        "unknown": of.unknown,
    }


def _moves(move: Moves) -> dict[str, Any]:
    """What a deployment does to the runs of one schedule.

    {"schedule", "appear": [fire, …], "vanish": [fire, …], "moved": [{"from": fire, "to": fire}, …], "until"}

    `until`: runs after it are not compared, because a schedule fires often; null if all are compared.
    """
    return {
        "schedule": move.schedule,
        "appear": [_fire(fire) for fire in move.appear],
        "vanish": [_fire(fire) for fire in move.vanish],
        "moved": [{"from": _fire(was), "to": _fire(now)} for was, now in move.moved],
        "until": stamp(move.until) if move.until else None,
    }
