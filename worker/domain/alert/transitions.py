"""One alert at one slot: the rows of the table in docs/alerts.md. Time is the slot."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.alert.deciding import is_worse
from worker.domain.alert.rule import Rule, Severity
from worker.domain.alert.state import CLEARED, RULE_CHANGED, AlertReason, AlertState, Phase
from worker.domain.alert.subject import SubjectFacts
from worker.domain.readonly import readonly


@dataclass(frozen=True, slots=True)
class Moment:
    """What one evaluation knows about all alerts of a rule. `first`: nothing of the rule was firing before. `changed`:
    the rule has a new meaning since its last evaluation. `falls`: the lower the amount, the worse.
    """

    rule: Rule
    slot: datetime
    first: bool = True
    changed: bool = False
    falls: bool = False


@readonly
class SubjectAtSlot:
    """A subject at this slot. `holds`: what the expression that counts in the alert's phase says."""

    holds: bool | None
    facts: SubjectFacts
    severity: Severity


@readonly
class AlertStep:
    """`after`: None for inactive. `reason` and `why` as in Transition."""

    after: AlertState | None
    reason: AlertReason | None = None
    why: str = ""


def beginning(moment: Moment) -> tuple[Phase, AlertReason | None]:
    """The first step of an alert: its subject had none, and `if` holds."""
    return (Phase.PENDING, None) if moment.rule.pending else (Phase.FIRING, _fires(moment))


def step(moment: Moment, held: AlertState, seen: SubjectAtSlot) -> AlertStep:
    """The alert after this slot."""
    if seen.holds is None:
        return AlertStep(replace(held, unknown=held.unknown + 1))
    return _pending(moment, held, seen) if held.phase is Phase.PENDING else _firing(moment, held, seen)


def left(moment: Moment, held: AlertState, why: str) -> AlertStep:
    """The alert of a subject that is no longer there."""
    return AlertStep(None) if held.phase is Phase.PENDING else _over(moment, why)


def _pending(moment: Moment, held: AlertState, seen: SubjectAtSlot) -> AlertStep:
    if not seen.holds:
        return AlertStep(None)
    if moment.slot - held.since < timedelta(seconds=moment.rule.pending):
        return AlertStep(_as_seen(held, seen, None))
    return AlertStep(AlertState(Phase.FIRING, moment.slot, seen.facts, seen.severity), _fires(moment))


def _fires(moment: Moment) -> AlertReason:
    return AlertReason.FIRST if moment.first else AlertReason.NEW


def _firing(moment: Moment, held: AlertState, seen: SubjectAtSlot) -> AlertStep:
    if seen.holds:
        return AlertStep(_as_seen(held, seen, None), _again(moment, held, seen))
    if moment.changed:
        return _over(moment, CLEARED)
    clearing = held.clearing or moment.slot
    if moment.slot - clearing < timedelta(seconds=moment.rule.keep_firing):
        return AlertStep(_as_seen(held, seen, clearing))
    return _over(moment, CLEARED)


def _as_seen(held: AlertState, seen: SubjectAtSlot, clearing: datetime | None) -> AlertState:
    """Most alerts that go on have not changed, and thousands may fire."""
    if seen.facts is held.facts and seen.severity is held.severity and clearing is held.clearing and not held.unknown:
        return held
    return replace(held, facts=seen.facts, severity=seen.severity, clearing=clearing, unknown=0)


def _again(moment: Moment, held: AlertState, seen: SubjectAtSlot) -> AlertReason | None:
    """Why readers are notified again, or None. An alert of which nobody was notified is handled when the cause that
    withheld it ends.
    """
    if held.notified is None:
        return None
    if is_worse(seen.facts.amount, seen.severity, held.notified, falls=moment.falls):
        return AlertReason.WORSE
    repeat = moment.rule.repeat
    due = repeat is not None and moment.slot - held.notified.slot >= timedelta(seconds=repeat)
    return AlertReason.REPEAT if due else None


def _over(moment: Moment, why: str) -> AlertStep:
    """After a change of meaning it is not known whether the alert would have ended under the old one, so nobody is
    notified.
    """
    if moment.changed:
        return AlertStep(None, None, RULE_CHANGED)
    return AlertStep(None, AlertReason.RESOLVED if moment.rule.resolved else None, why)
