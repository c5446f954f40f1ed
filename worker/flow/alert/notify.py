"""What one run changes in the state of its alert rules, and the notifications for its readers."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation, Skip, Transition
from worker.domain.alert.inherit import heirs
from worker.domain.alert.notification import Notification
from worker.domain.alert.notify import Notified, notify
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.rule import alert_fingerprint
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.state import Phase
from worker.domain.delivery import ALERT, DeliveryKey, Reader
from worker.domain.events import AlertNotified, AlertRuleEvaluated, Fact
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.flow.alert.alert_readers import Judged, alert_readers
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.evaluate import RunFound, baselines, evaluate_rules, rule_contexts
from worker.flow.alert.gone import rules_gone
from worker.flow.alert.memory import fault_of_state, memory_of
from worker.flow.alert.operator_notices import of_rules, of_unread
from worker.flow.run.notices import stopped_ways
from worker.flow.run.readers import OPERATOR
from worker.flow.uses import UsesAlerts, UsesConnectors, UsesDeliveries, UsesDeployments, UsesSnapshots
from worker.ports import AlertChanges, AlertLedger, AlertMemory, AlertRecord

TRIED_FOR = timedelta(days=1)
"""A notification is tried for this time, and not only until the next slot: no later run reports its alerts again."""


UNWRITTEN = frozenset({Skip.OLDER, Skip.UNREADABLE})
"""Of evaluations that change nothing."""


class NotifyUses(
    UsesAlerts, UsesCompiled, UsesConnectors, UsesDeliveries, UsesDeployments, UsesSnapshots, Protocol
): ...


@dataclass(frozen=True, slots=True)
class Alerted:
    """What a run's evaluation changes, and the facts that are true once it is written."""

    changes: AlertChanges
    facts: tuple[Fact, ...]


async def alerted(
    uses: NotifyUses, found: RunFound, now: datetime, subscribed: Mapping[Reader, Subscription]
) -> Alerted | None:
    """None for a schedule that has no alert rules and no stored state of any. The result depends only on stored data,
    so it is the same if it is computed again after a kill.
    """
    schedule = found.schedule
    memory = await memory_of(uses, schedule)
    if not schedule.alerts and not memory.states:
        return None
    silences = await uses.alerts.silences()
    contexts = await rule_contexts(uses, found, memory)
    known = await baselines(uses.snapshots, memory.states.values())
    gone = await rules_gone(uses.deployments, found, memory)
    evaluations = await as_reached(uses.alerts, await evaluate_rules(found, contexts, memory, known, gone))
    before = {
        rule.query: known[memory.states[rule.id].snapshot]
        for rule in reversed(schedule.alerts)
        if rule.id in memory.states and memory.states[rule.id].snapshot in known
    }
    readers = await alert_readers(uses, Judged(found, contexts, evaluations, before), subscribed.values())
    given = RunAlerts(
        run=found.run,
        name=schedule.name,
        slot=found.run.slot,
        as_of=min((one.as_of[0] for one in found.answers.snapshots.values()), default=found.run.slot),
        rules=contexts,
        evaluations=evaluations,
        readers=readers,
        silences=silences,
        acks=tuple(memory.acks.values()),
        inhibitions=schedule.inhibit,
        connections={item.id: item.source for item in schedule.report},
        waiting=await _waiting(uses.alerts, found, contexts, readers),
    )
    return await _changes(uses, found, memory, given, await asyncio.to_thread(notify, given), now)


async def as_reached(alerts: AlertLedger, evaluations: Mapping[str, Evaluation]) -> Mapping[str, Evaluation]:
    """The evaluations without the readers who were not reached and cannot be reached any more. A reader who was not
    notified that an alert fires is not notified of its end.
    """
    named = {(run, reader) for one in _with_readers(evaluations) for reader, run in one.readers.items()}
    keys = {(run, reader): DeliveryKey(RunKey.parse(run), reader) for run, reader in named}
    reached = await alerts.reached(list(keys.values()))

    def known(one: Transition) -> Transition:
        told = {reader: run for reader, run in one.readers.items() if keys[run, reader] in reached}
        return one if len(told) == len(one.readers) else replace(one, readers=told)

    if len(reached) == len(keys):
        return evaluations
    return {
        rule: replace(
            found, transitions=tuple(known(one) if one.reason is not None else one for one in found.transitions)
        )
        for rule, found in evaluations.items()
    }


def _with_readers(evaluations: Mapping[str, Evaluation]) -> list[Transition]:
    return [one for found in evaluations.values() for one in found.transitions if one.reason is not None]


async def _waiting(
    alerts: AlertLedger, found: RunFound, contexts: Sequence[RuleContext], readers: Sequence[AlertReader]
) -> Mapping[DeliveryKey, Notification]:
    """Of older runs: what a newer one makes is not waited for."""
    schedule, slot = found.schedule.id, found.run.slot
    ids = {reader.id(context.rule) for reader in readers for context in contexts if not reader.operator}
    waiting = await alerts.waiting(schedule, [reader_of(schedule, one) for one in sorted(ids)])
    return {key: one for key, one in waiting.items() if key.run.slot < slot}


def reader_of(schedule: str, reader_id: str) -> Reader:
    entry, _, address = reader_id.partition("|")
    return Reader(schedule, entry, address)


async def _changes(
    uses: NotifyUses, found: RunFound, memory: AlertMemory, given: RunAlerts, made: Notified, now: datetime
) -> Alerted:
    schedule = found.schedule
    apart = {one: said for one, said in made.notifications.items() if to_operator(one)}
    notifications = {reader_of(schedule.id, one): said for one, said in made.notifications.items() if one not in apart}
    faults = {rule.id: fault for rule in schedule.alerts if (fault := fault_of_state(memory, rule))}
    stopped = await stopped_ways(uses, found.bundle) if apart or faults else frozenset[str]()
    dropped = _dropped(found, memory)
    changes = AlertChanges(
        states={rule: state for rule, state in made.states.items() if given.evaluations[rule].skipped not in UNWRITTEN},
        record=AlertRecord(tuple(given.evaluations.values()), made.notified, made.kept),
        expires=now + TRIED_FOR,
        notifications=notifications,
        carried=made.carried,
        ended=(*_ended(given), *_ended_with(dropped, found, memory)),
        dropped=dropped,
        inherited={one: memory.states[one].version for one in heirs(memory.states, schedule.alerts) if one in dropped},
        notices=(
            *of_rules(uses.connectors, found.bundle, schedule, apart.values(), now, stopped),
            *of_unread(uses.connectors, found.bundle, schedule, found.run, faults, now, stopped),
        ),
    )
    facts = [_evaluated(found.run, one) for one in given.evaluations.values()]
    notified = [
        AlertNotified(found.run, one.id, len(said.findings), said.carried) for one, said in notifications.items()
    ]
    return Alerted(changes, (*facts, *notified))


def to_operator(reader_id: str) -> bool:
    """Notices report the operator's findings: one a day for each rule."""
    return reader_id.removeprefix(ALERT).partition("|")[0].partition("/")[0] == OPERATOR


def _ended(given: RunAlerts) -> tuple[str, ...]:
    return tuple(
        context.fingerprint(one.subject)
        for context in given.rules
        for one in given.evaluations[context.rule.id].transitions
        if one.before is Phase.FIRING and one.after is None
    )


def _dropped(found: RunFound, memory: AlertMemory) -> tuple[str, ...]:
    """Rules that the definition no longer has. A run of an older definition knows rules of a newer one as little, so
    only what no later slot was evaluated for.
    """
    known, slot = {rule.id for rule in found.schedule.alerts}, found.run.slot
    return tuple(
        rule
        for rule, state in memory.states.items()
        if rule not in known and all(one is None or one < slot for one in (state.slot, state.missed))
    )


def _ended_with(dropped: Iterable[str], found: RunFound, memory: AlertMemory) -> Iterator[str]:
    """The fingerprints of the alerts that end with their rules, and with them their acknowledgements. Those of a rule
    that was renamed go on.
    """
    for rule in set(dropped) - set(heirs(memory.states, found.schedule.alerts)):
        state = memory.states[rule]
        for subject in state.alerts:
            yield alert_fingerprint(found.bundle.project, memory.origin, state.origin or rule, subject)


def _evaluated(run: RunKey, found: Evaluation) -> AlertRuleEvaluated:
    steps = [(one.before, one.after) for one in found.transitions]
    return AlertRuleEvaluated(
        run,
        found.rule,
        judged=found.judged,
        fired=sum(_began(before, after) for before, after in steps),
        resolved=sum(before is Phase.FIRING and after is None for before, after in steps),
        pending=sum(one.phase is Phase.PENDING for one in found.state.alerts.values()),
        firing=sum(one.phase is Phase.FIRING for one in found.state.alerts.values()),
        unknown=found.unknown,
        skipped=found.skipped.value if found.skipped is not None else "",
    )


def _began(before: Phase | None, after: Phase | None) -> bool:
    """Also an event, which is told and keeps no state: its one step has no phase on either side."""
    return before is not Phase.FIRING and (after is Phase.FIRING or before is after is None)
