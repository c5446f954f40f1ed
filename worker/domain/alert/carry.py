"""An earlier notification that still waits is included in the next one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import Amount

ENDS = frozenset({AlertReason.RESOLVED, AlertReason.DATA_BACK})

_ORDER = {
    AlertReason.WORSE: 0,
    AlertReason.FIRST: 1,
    AlertReason.NEW: 1,
    AlertReason.AFTER_SILENCE: 1,
    AlertReason.NO_DATA: 1,
    AlertReason.REPEAT: 2,
    AlertReason.RESOLVED: 3,
    AlertReason.DATA_BACK: 3,
}


def merged(new: Notification, older: Iterable[Notification], firing: Collection[str] | None = None) -> Notification:
    """One notification with the findings of both, one for each alert. `older`: to the same reader, certainly not sent.
    `firing`: fingerprints of alerts that still fire, and of events, which never end; None if all of them do. Alerts
    that ended unreported are reported as over.
    """
    waiting = sorted(older, key=lambda one: one.slot)
    if not waiting:
        return new
    kept: dict[str, Finding] = {}
    for one in (*waiting, new):
        for finding in one.findings:
            before = kept.get(finding.fingerprint)
            kept[finding.fingerprint] = finding if before is None else _both(before, finding)
    brought = {finding.fingerprint for one in waiting for finding in one.findings}
    found = [_as_now(one, new.slot, firing) for one in kept.values()]
    return replace(
        new,
        findings=ordered(found),
        rules=_rules(new, waiting),
        open=tuple(one for one in new.open if one.fingerprint not in kept),
        carried=len(brought),
    )


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=_place))


def _both(before: Finding, now: Finding) -> Finding:
    """One finding in place of two. `before` waited and was never sent. An alert that began in it is reported as new,
    with what is known now. `notified` is what the reader knew before both.
    """
    began = before.notified is None and before.reason not in ENDS
    if before.over_since is None and began and now.reason in ENDS:
        return replace(before, facts=now.facts, why=now.why, over_since=now.at)
    if before.over_since is None and began and now.notified is not None:
        return replace(before, facts=now.facts, severity=now.severity, clauses=now.clauses)
    return replace(now, notified=before.notified) if now.notified is not None else now


def _as_now(finding: Finding, slot: datetime, firing: Collection[str] | None) -> Finding:
    stands = firing is None or finding.fingerprint in firing
    if stands or finding.reason in ENDS or finding.over_since is not None:
        return finding
    return replace(finding, over_since=slot)


def _rules(new: Notification, older: Sequence[Notification]) -> tuple[RuleShown, ...]:
    shown = {rule.id: rule for one in (*older, new) for rule in one.rules}
    return tuple(shown.values())


def _place(finding: Finding) -> tuple[int, int, float, str, str]:
    severity: Severity = finding.severity
    amount = finding.facts.amount
    return -severity.rank, _ORDER[finding.reason], -size(amount), finding.facts.name, finding.fingerprint


def size(amount: Amount | None) -> float:
    """Only for an order: amounts of several currencies and kinds are not compared otherwise."""
    return float(amount.value) if amount is not None and amount.value is not None else 0.0
