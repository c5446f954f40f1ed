"""Every reason to report an alert in one run: who is notified, or why nobody is."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from worker.domain.alert.carry import ENDS
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation, Skip, Transition
from worker.domain.alert.notification import Finding
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.state import AlertReason, AlertState, Phase, Withheld
from worker.domain.alert.subject import NO_DATA_SUBJECT
from worker.domain.alert.withheld import QUIET, Firing, Hold, Holding
from worker.domain.readonly import readonly


@readonly
class DueReason:
    """`found`: the evaluation that has the reason. `to`: who is notified. `hold`: why nobody is."""

    context: RuleContext
    found: Evaluation
    alert: Firing
    transition: Transition
    reason: AlertReason
    to: tuple[AlertReader, ...] = ()
    hold: Hold | None = None

    def known_to(self, reader: AlertReader) -> str:
        """The run whose notification of the alert this reader got last; empty if there is none."""
        return reader.notified_by(self.context.rule, self.transition.readers)

    def finding(self, slot: datetime, reader: AlertReader) -> Finding:
        """The finding for one reader. It does not depend on the notifications of other readers."""
        one = self.transition
        return Finding(
            fingerprint=self.alert.fingerprint,
            rule=self.context.rule.id,
            reason=self.reason,
            facts=one.facts,
            severity=one.severity,
            since=one.since,
            at=slot,
            why=one.why,
            notified=one.notified if self.known_to(reader) else None,
            clauses=self.found.clauses(one.subject),
            labels=self.alert.labels,
        )


def reasons_of(given: RunAlerts, holding: Holding) -> Iterator[DueReason]:
    """In the order of the rules and of their transitions; then alerts that are no longer muted, and alerts that had no
    reader so far.
    """
    for context in given.rules:
        found = given.evaluations[context.rule.id]
        ended = {one.subject: one for one in _after_quiet(given, context, found, holding)}
        ended |= {one.subject: one for one in _unread(given, context, found)}
        said = [one for one in found.transitions if one.reason is not None and one.subject not in ended]
        for one in (*said, *ended.values()):
            yield _reason(given, context, found, one, holding)


def _reason(given: RunAlerts, context: RuleContext, found: Evaluation, one: Transition, holding: Holding) -> DueReason:
    alert = given.alert(context, one.subject, one.facts, one.severity, one.since)
    reason = one.reason or AlertReason.AFTER_SILENCE
    hold = holding.hold(alert, reason)
    if hold is not None:
        return DueReason(context, found, alert, one, reason, hold=hold)
    to = _addressed(given.readers, context, one, alert)
    return DueReason(context, found, alert, one, reason, to, None if to else Hold(Withheld.NO_READER))


def _addressed(
    readers: Sequence[AlertReader], context: RuleContext, one: Transition, alert: Firing
) -> tuple[AlertReader, ...]:
    """Readers who were notified of an alert are notified of its end."""
    if one.reason in ENDS:
        return tuple(reader for reader in readers if reader.notified_by(context.rule, one.readers))
    return tuple(reader for reader in readers if reader.wants(context, one.facts, alert.labels))


def _after_quiet(given: RunAlerts, context: RuleContext, found: Evaluation, holding: Holding) -> Iterator[Transition]:
    """Alerts that were muted until now and still fire. A person who snoozed an alert wants to know that."""
    for subject, held in found.state.alerts.items():
        if held.withheld not in QUIET or held.phase is not Phase.FIRING or not _judged(found, subject):
            continue
        alert = given.alert(context, subject, held.facts, held.severity, held.since)
        if holding.hold(alert, AlertReason.AFTER_SILENCE) is None:
            yield _still(subject, held)


def _unread(given: RunAlerts, context: RuleContext, found: Evaluation) -> Iterator[Transition]:
    """Alerts that fired when there was no reader, and that somebody may see now, for example because a deal got an
    owner.
    """
    for subject, held in found.state.alerts.items():
        nobody = held.withheld is Withheld.NO_READER and held.notified is None and held.phase is Phase.FIRING
        if not nobody or subject == NO_DATA_SUBJECT or not _judged(found, subject):
            continue
        one = _still(subject, held, AlertReason.NEW)
        alert = given.alert(context, subject, held.facts, held.severity, held.since)
        if _addressed(given.readers, context, one, alert):
            yield one


def _judged(found: Evaluation, subject: str) -> bool:
    """Whether this evaluation says that the alert still fires."""
    return found.skipped is (Skip.GAP if subject == NO_DATA_SUBJECT else None)


def _still(subject: str, held: AlertState, reason: AlertReason = AlertReason.AFTER_SILENCE) -> Transition:
    return Transition(
        subject,
        Phase.FIRING,
        Phase.FIRING,
        held.facts,
        held.since,
        held.severity,
        reason,
        notified=held.notified,
        readers=held.readers,
    )
