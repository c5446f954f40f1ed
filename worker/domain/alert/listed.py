"""Alerts that fire or are pending, as lists show them: with their labels, and what keeps them quiet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.domain.alert.rule import Rule
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.silence import Labels, Silence
from worker.domain.alert.state import Acknowledgement, AlertState, Withheld
from worker.domain.alert.withheld import Hold


@dataclass(frozen=True, slots=True)
class Quiet:
    """What mutes an alert. `by`: who made the silence or the snooze, or the rule that inhibits. `silence`: its id,
    empty for an inhibition. `until`: its end, None while nobody knows it.
    """

    why: Withheld
    by: str
    silence: str = ""
    until: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """`schedule`: its id. `slot`: of the rule's last evaluation, None before the first answer."""

    schedule: str
    rule: Rule
    subject: str
    fingerprint: str
    labels: Labels
    state: AlertState
    slot: datetime | None = None
    ack: Acknowledgement | None = None
    quiet: Quiet | None = None


def rows_of(given: RunAlerts) -> Iterator[ListedAlert]:
    """In the order of the rules. What is kept quiet is judged at the slot of `given`."""
    holding, silences = given.holding(), {one.id: one for one in given.silences}
    for context in given.rules:
        state = given.evaluations[context.rule.id].state
        for subject, held in state.alerts.items():
            alert = given.alert(context, subject, held.facts, held.severity, held.since)
            yield ListedAlert(
                context.schedule,
                context.rule,
                subject,
                alert.fingerprint,
                alert.labels,
                held,
                state.slot,
                holding.ack(alert.fingerprint, held.since),
                quiet_of(holding.quiet(alert), silences),
            )


def quiet_of(hold: Hold | None, silences: Mapping[str, Silence]) -> Quiet | None:
    """`silences`: by id."""
    if hold is None:
        return None
    silence = silences.get(hold.detail)
    if silence is None:
        return Quiet(hold.why, hold.detail)
    return Quiet(hold.why, silence.by, silence.id, silence.until, silence.comment)
