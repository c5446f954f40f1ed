"""What will happen: which runs will fire, for which readers, at what cost, and what a deployment would change."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.cap import Cap
from worker.domain.definition_fields import FieldChange, field_changes
from worker.domain.due.pauses import Pause
from worker.domain.holiday_years import CalendarEnd, calendar_ends
from worker.domain.schedule import Bundle, EventTrigger, Schedule
from worker.domain.subscription import Choice, Preference, live_records, of_digests
from worker.flow.alert.backtest import BackTestUses
from worker.flow.deploy.cost import DayCost, answer_cost, attached, cost, is_unknown
from worker.flow.deploy.deploy import Changes, ChangesUses, changes
from worker.flow.deploy.fires import Fire, LeftOut, Span
from worker.flow.deploy.forecast import Forecast, forecasts
from worker.flow.deploy.last_answers import LastAnswers, last_answers
from worker.flow.deploy.messages import Messages, Shift, messages, shifts
from worker.flow.deploy.moves import Moves, compared
from worker.flow.deploy.owners_reached import OwnersReached, owners_reached
from worker.flow.run.readers import as_read, readers, without
from worker.flow.uses import UsesConnectors, UsesHolidays, UsesRuns, UsesSnapshots, UsesSubscriptions


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests of one run, as far as they are known. `unknown`: ids of queries whose cost is not known. Look-ups of
    rows that left a list, names, and the second reading of a list that changed meanwhile come on top.
    """

    requests: int
    unknown: tuple[str, ...]
    last: LastAnswers


@dataclass(frozen=True, slots=True)
class Planned:
    """`fires`: the first of `count`. `readers`: ids of those who are sent a digest, without owners. `paused`: by its
    definition, or at run time. `shifts`: the digests of each run that wait for the end of quiet hours. `left_out`:
    times on public holidays that are no slots. `owners`: of each entry with `each`. `event`: what causes runs besides
    slots. `as_read`: the schedule with an entry for each reader, as the reader chose it. `next_due`: when it is due
    next, maybe after the plan's end; None if it never is. `calendar_ends`: calendars that end before the plan does.
    """

    schedule: str
    zone: str
    fires: tuple[Fire, ...]
    count: int
    readers: tuple[str, ...]
    cost: Cost
    paused: Pause | None
    as_read: Schedule
    shifts: Mapping[Fire, tuple[Shift, ...]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    owners: tuple[OwnersReached, ...] = ()
    event: EventTrigger | None = None
    next_due: datetime | None = None
    calendar_ends: tuple[CalendarEnd, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Readers as (schedule, reader id). `day`: the cost of the next 24 hours for each connection. `messages`: what each
    address gets in the next seven days, without regard to `cap`. `forecasts`: of new and changed alert rules.
    `fields`: what changed inside definitions.
    """

    now: datetime
    until: datetime
    schedules: tuple[Planned, ...]
    changes: Changes
    readers_added: tuple[tuple[str, str], ...]
    readers_removed: tuple[tuple[str, str], ...]
    moves: tuple[Moves, ...]
    day: tuple[DayCost, ...] = ()
    messages: tuple[Messages, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    cap: Cap | None = None
    fields: tuple[FieldChange, ...] = ()


class PlanUses(
    BackTestUses, ChangesUses, UsesConnectors, UsesHolidays, UsesRuns, UsesSnapshots, UsesSubscriptions, Protocol
): ...


async def plan(uses: PlanUses, bundle: Bundle, days: int) -> Plan:
    """What would happen if `bundle` were deployed now and a clock ran all the time. Nothing is written."""
    found = await changes(bundle, uses)
    before = found.before.schedules if found.before else {}
    now = await uses.clock.now()
    span = Span(
        triggers=uses.triggers,
        now=now,
        until=now + timedelta(days=days),
        pending=await uses.clock.pending([*before, *(name for name in bundle.schedules if name not in before)]),
        pauses=await uses.clock.pauses(),
    )
    origins = {name: _origin(found, name) for name in bundle.schedules}
    subscribed = frozenset(await uses.subscriptions.schedules())
    planned = [
        await _planned(uses, bundle, schedule, span, found, before.get(origins[name]), subscribed)
        for name, schedule in bundle.schedules.items()
    ]
    day = {
        row.schedule: span.day(bundle.schedules[row.schedule], found, before.get(origins[row.schedule]))
        for row in planned
    }
    moves = [
        compared(row.schedule, span.of(origin) if (origin := before.get(origins[row.schedule])) else (), row.fires)
        for row in planned
        if row.schedule in found.firsts or row.schedule in found.changed
    ]
    moves += [compared(name, span.of(before[name]), ()) for name in found.removed]
    known = {name: before[origin] for name, origin in origins.items() if origin in before}
    had = {(_heir(found, r.schedule), r.id) for schedule in before.values() for r in readers(schedule)}
    has = {(r.schedule, r.id) for schedule in bundle.schedules.values() for r in readers(schedule)}
    return Plan(
        now=now,
        until=span.until,
        schedules=tuple(planned),
        changes=found,
        readers_added=tuple(sorted(has - had)),
        readers_removed=tuple(sorted(had - has)),
        moves=tuple(move for move in moves if move.appear or move.vanish or move.moved),
        day=cost(
            uses.connectors,
            bundle,
            day,
            {row.schedule: row.cost.last for row in planned},
        ),
        messages=messages(
            uses.holidays.name,
            span,
            {row.schedule: row.as_read for row in planned},
            found,
            known,
        ),
        forecasts=await forecasts(uses, bundle, known, now),
        cap=bundle.defaults.cap,
        fields=field_changes(found.before, bundle, found.definitions, uses.connectors.is_secret),
    )


async def _planned(
    uses: PlanUses,
    bundle: Bundle,
    schedule: Schedule,
    span: Span,
    found: Changes,
    was: Schedule | None,
    subscribed: AbstractSet[str],
) -> Planned:
    """`subscribed`: schedules to which people subscribed at run time."""
    name = schedule.id
    pause, late = span.pause(schedule, was), span.late(found, was)
    own = was.id if was is not None else name
    records = await uses.subscriptions.records(own) if own in subscribed else ()
    made = of_digests(live_records(records, bundle, schedule, span.now))
    ended = _unsubscribed(await uses.subscriptions.preferences(own)) if own in subscribed else frozenset[str]()
    told = without(as_read(schedule, made, await uses.subscriptions.choices(own)), ended)
    due = span.at(schedule, found)
    coming, count = span.first(name, schedule, due, pause)
    listed = (*late, *coming)
    return Planned(
        schedule=name,
        zone=schedule.trigger.zone,
        fires=listed,
        count=count + len(late),
        readers=tuple(reader.id for reader in {**readers(schedule), **made} if reader.id not in ended),
        cost=await _cost(uses, bundle, schedule, was),
        paused=pause if pause is not None and not pause.over(span.now) else None,
        as_read=told,
        shifts=shifts(uses.holidays.name, told, listed),
        left_out=span.left_out(schedule.trigger, uses.holidays.name),
        owners=await owners_reached(uses, bundle, schedule, was),
        event=schedule.event,
        next_due=due,
        calendar_ends=calendar_ends(told, span.until, uses.holidays.last_year),
    )


def _unsubscribed(said: Mapping[str, Preference]) -> frozenset[str]:
    return frozenset(reader for reader, one in said.items() if one.choice is Choice.UNSUBSCRIBED)


async def _cost(uses: PlanUses, bundle: Bundle, schedule: Schedule, was: Schedule | None) -> Cost:
    """From the cost of the last answer, or from the length of the list when it was last read."""
    last = await last_answers(uses, bundle, schedule, was)
    requests, unknown = 0, list[str]()
    for item in schedule.report:
        price = uses.connectors.query(bundle, item).price_of(item.params)
        rows, sent = last.lengths.get(item.id), last.sent.get(item.id)
        if is_unknown(price, rows, sent):
            unknown.append(item.id)
        else:
            requests += answer_cost(price, rows, sent)[0] * (1 if item.compare is None else 2)
            requests += price.file if attached(schedule, item) else 0
    return Cost(requests, tuple(unknown), last)


def _heir(found: Changes, schedule: str) -> str:
    return next((new for old, new in found.renamed if old == schedule), schedule)


def _origin(found: Changes, schedule: str) -> str:
    return next((old for old, new in found.renamed if new == schedule), schedule)
