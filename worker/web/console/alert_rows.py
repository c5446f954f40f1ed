"""Alerts as rows of a table, from what is remembered of each schedule's rules."""

from dataclasses import dataclass

from worker.domain.alert.rule import Rule, alert_fingerprint
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, AlertState, Phase
from worker.domain.alert.subject import Amount
from worker.domain.schedule import Schedule
from worker.domain.snapshot.snapshot import Kind
from worker.flow.deployed import bundle_of
from worker.rendering.numbers import NONE
from worker.web.console.page import Visit
from worker.web.console.states import Mark

FIRING, PENDING, ACKED, QUIET = Mark("firing", 0), Mark("pending", 2), Mark("acked", 1), Mark("quiet", 1)


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """Texts for one row. `note`: who acknowledged it and when, or what keeps it quiet. `loud`: nobody and nothing
    keeps it quiet.
    """

    mark: Mark
    fingerprint: str
    name: str
    owner: str
    stage: str
    value: str
    rule: str
    schedule: str
    href: str
    since: str
    note: str
    loud: bool


async def firing(visit: Visit) -> list[ShownAlert]:
    return [row for row in await shown_alerts(visit) if row.mark == FIRING]


async def shown_alerts(visit: Visit) -> list[ShownAlert]:
    """Those that fire first, then by schedule and rule."""
    deployed = await visit.uses.deployments.deployed()
    if deployed is None:
        return []
    bundle = await bundle_of(visit.uses.deployments, deployed.bundle)
    watched = [schedule for _, schedule in sorted(bundle.schedules.items()) if schedule.alerts]
    rows = [row for schedule in watched for row in await _of_schedule(visit, bundle.project, schedule)]
    return sorted(rows, key=lambda row: row.mark.rank)


async def _of_schedule(visit: Visit, project: str, schedule: Schedule) -> list[ShownAlert]:
    memory = await visit.uses.alerts.memory(schedule.id)
    rows = []
    for rule in schedule.alerts:
        known = memory.states.get(rule.id)
        for subject, state in (known.alerts if known is not None else {}).items():
            name = alert_fingerprint(project, memory.origin, rule.id, subject)
            rows.append(_row(visit, schedule, rule, state, name, memory.acks.get(name)))
    return rows


def _row(
    visit: Visit, schedule: Schedule, rule: Rule, state: AlertState, fingerprint: str, ack: Acknowledgement | None
) -> ShownAlert:
    w, facts = visit.w, state.facts
    mark = PENDING if state.phase is Phase.PENDING else ACKED if ack else QUIET if state.withheld else FIRING
    note = ""
    if ack is not None:
        note = w.say("console.acked_by", by=w.clean(ack.by), date=w.stamp(ack.at))
    elif state.withheld is not None:
        note = w.say(f"console.withheld.{state.withheld.value}")
    return ShownAlert(
        mark=mark,
        fingerprint=fingerprint,
        name=w.named(facts.name, facts.key),
        owner=w.clean(facts.owner),
        stage=w.clean(facts.stage),
        value=_amount(visit, facts.amount),
        rule=rule.id,
        schedule=w.named(schedule.name, schedule.id),
        href=visit.to("schedule", schedule.id),
        since=w.stamp(state.since),
        note=note,
        loud=mark == FIRING,
    )


def _amount(visit: Visit, amount: Amount | None) -> str:
    if amount is None or amount.value is None:
        return NONE
    if amount.kind is Kind.MONEY and isinstance(amount.value, int):
        return visit.w.whole(amount.value, amount.currency or "")
    if amount.kind is Kind.RATIO:
        return visit.w.percent(float(amount.value))
    return visit.w.count(round(amount.value))


def silence_words(silence: Silence) -> str:
    """What it keeps quiet, as it was written."""
    return " ".join(f"{one.name}{one.operator}{one.value}" for one in silence.matchers)
