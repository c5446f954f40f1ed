"""Who is notified of what in one run's evaluations, and what is withheld."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from worker.domain.alert.carry import merged, ordered
from worker.domain.alert.context import RuleContext
from worker.domain.alert.notification import Notification
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.reasons import DueReason, reasons_of
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.shown import Shown
from worker.domain.alert.state import AlertReason, LastNotification, Phase, RuleState, Withheld
from worker.domain.alert.withheld import QUIET, Hold, Holding
from worker.domain.delivery import DeliveryKey

Addressed = tuple[str, AlertReader]
"""The id of a delivery's reader, and the reader."""


@dataclass(frozen=True, slots=True)
class WithheldReason:
    """A reason for which nobody is notified. `detail`: as in Hold."""

    fingerprint: str
    rule: str
    subject: str
    reason: AlertReason
    why: Withheld
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notified:
    """`states`: by rule id, with the notified readers. `notifications`: by the id of the delivery's reader. `carried`:
    older deliveries that these replace. `notified`: by reader's id, the fingerprints that this run itself has a reason
    to report. `kept`: the other reasons.
    """

    states: Mapping[str, RuleState]
    notifications: Mapping[str, Notification]
    carried: tuple[DeliveryKey, ...] = ()
    notified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: tuple[WithheldReason, ...] = ()

    @property
    def fired(self) -> int:
        """Pairs of a reason and a reader who is notified, and reasons for which nobody is notified."""
        return sum(len(one) for one in self.notified.values()) + len(self.kept)


def notify(given: RunAlerts) -> Notified:
    """The same arguments give the same result."""
    holding = given.holding()
    reasons = list(reasons_of(given, holding))
    of_rule = _by_rule(reasons)
    states = {
        context.rule.id: _quieted(given, context, holding, _notified(given, context.rule.id, of_rule))
        for context in given.rules
    }
    shown = Shown({rule: replace(one, state=states[rule]) for rule, one in given.evaluations.items()}, holding)
    by_reader = _by_reader(reasons)
    made = _contents(given, shown, by_reader)
    carried = tuple(sorted((key for key in given.waiting if key.reader in made), key=lambda key: key.run))
    firing = _firing(given) if carried else frozenset[str]()
    whole = {
        reader: merged(one, [given.waiting[key] for key in carried if key.reader == reader], firing)
        for reader, one in made.items()
    }
    return Notified(
        states=_with_readers(given, states, whole),
        notifications=whole,
        carried=carried,
        notified={reader: tuple(one.alert.fingerprint for one in found) for (reader, _), found in by_reader.items()},
        kept=tuple(_kept(one, one.hold) for one in reasons if one.hold is not None),
    )


def _by_rule(reasons: Iterable[DueReason]) -> Mapping[str, Sequence[DueReason]]:
    found: dict[str, list[DueReason]] = {}
    for one in reasons:
        found.setdefault(one.context.rule.id, []).append(one)
    return found


def _by_reader(reasons: Iterable[DueReason]) -> Mapping[Addressed, Sequence[DueReason]]:
    found: dict[tuple[str, AlertReader], list[DueReason]] = {}
    for one in reasons:
        for reader in one.to:
            found.setdefault((reader.id(one.context.rule), reader), []).append(one)
    return found


def _contents(
    given: RunAlerts, shown: Shown, by_reader: Mapping[Addressed, Sequence[DueReason]]
) -> dict[str, Notification]:
    """By reader's id. Readers who see everything and were notified of the same alerts share one object, because it may
    be large.
    """
    made: dict[str, Notification] = {}
    shared: dict[tuple[object, ...], Notification] = {}
    for (name, reader), reasons in by_reader.items():
        known = tuple((one.alert.fingerprint, one.reason, bool(one.known_to(reader))) for one in reasons)
        like = (reader.sees or "", known)
        if like not in shared:
            shared[like] = _content(given, shown, reader, reasons)
        made[name] = shared[like]
    return made


def _content(given: RunAlerts, shown: Shown, reader: AlertReader, reasons: Sequence[DueReason]) -> Notification:
    contexts = {one.context.rule.id: one.context for one in reasons}
    findings = ordered(one.finding(given.slot, reader) for one in reasons)
    return Notification(
        run=given.run,
        name=given.name,
        slot=given.slot,
        as_of=given.as_of,
        rules=tuple(shown.rule(context, reader) for context in contexts.values()),
        findings=findings,
        open=shown.open(tuple(contexts.values()), reader, {(one.rule, one.facts.key) for one in findings}),
    )


def _notified(given: RunAlerts, rule: str, reasons: Mapping[str, Sequence[DueReason]]) -> RuleState:
    """What is reported now, and why the rest is not. Only alerts that continue are stored."""
    state = given.evaluations[rule].state
    alerts = dict(state.alerts)
    for one in reasons.get(rule, ()):
        subject, step = one.transition.subject, one.transition
        held = alerts.get(subject)
        if held is None:
            continue
        told = LastNotification(given.slot, step.facts.amount, step.severity) if one.hold is None else held.notified
        alerts[subject] = replace(held, notified=told, withheld=one.hold.why if one.hold is not None else None)
    return replace(state, alerts=alerts)


def _quieted(given: RunAlerts, context: RuleContext, holding: Holding, state: RuleState) -> RuleState:
    """Muted alerts are marked even without news, so that readers can be notified when the mute ends."""
    rule = context.rule.id
    if given.evaluations[rule].skipped is not None or not holding.may_quiet(rule):
        return state
    alerts = dict(state.alerts)
    for subject, held in state.alerts.items():
        if held.phase is Phase.FIRING and held.withheld not in QUIET:
            hold = holding.quiet(given.alert(context, subject, held.facts, held.severity, held.since))
            alerts[subject] = replace(held, withheld=hold.why) if hold is not None else held
    return replace(state, alerts=alerts)


def _with_readers(
    given: RunAlerts, states: Mapping[str, RuleState], made: Mapping[str, Notification]
) -> Mapping[str, RuleState]:
    """Every alert that a notification names, those that it carries over included, with its readers."""
    named: dict[tuple[str, str], dict[str, str]] = {}
    run = str(given.run)
    for reader, notification in made.items():
        for finding in notification.findings:
            named.setdefault((finding.rule, finding.facts.key), {})[reader] = run
    return {
        rule: replace(
            state,
            alerts={
                subject: replace(held, readers={**held.readers, **named[rule, subject]})
                if (rule, subject) in named
                else held
                for subject, held in state.alerts.items()
            },
        )
        for rule, state in states.items()
    }


def _firing(given: RunAlerts) -> frozenset[str]:
    """Fingerprints of firing alerts, and of events, which never end."""
    found: set[str] = set()
    for context in given.rules:
        state = given.evaluations[context.rule.id].state
        found.update(state.events)
        found.update(context.fingerprint(one) for one, held in state.alerts.items() if held.phase is Phase.FIRING)
    return frozenset(found)


def _kept(one: DueReason, hold: Hold) -> WithheldReason:
    return WithheldReason(
        one.alert.fingerprint, one.alert.rule, one.transition.subject, one.reason, hold.why, hold.detail
    )
