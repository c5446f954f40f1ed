"""The labels of an alert: what matchers of silences, inhibitions and subscriptions see of it."""

import re
from collections.abc import Iterable

from worker.domain.alert.context import RuleContext
from worker.domain.alert.matcher_text import fault_of
from worker.domain.alert.rule import Severity
from worker.domain.alert.silence import Labels, Matcher
from worker.domain.alert.subject import SubjectFacts


def labels_of(context: RuleContext, subject: str, facts: SubjectFacts, severity: Severity) -> Labels:
    """Cells that are kept with the subject, then the rule's own labels, then the names that every alert has: the later
    ones take the place of the earlier ones.
    """
    given = {
        "schedule": context.schedule,
        "rule": context.rule.id,
        "subject": subject,
        "fingerprint": context.fingerprint(subject),
        "severity": severity.value,
    }
    shown = {
        "owner_id": facts.owner_id,
        "owner": facts.owner,
        "stage": facts.stage,
        "pipeline": str(facts.cells.get("pipeline_id") or ""),
    }
    cells = {name: str(cell) for name, cell in facts.cells.items() if cell is not None}
    return {**cells, **{name: text for name, text in shown.items() if text}, **context.rule.labels, **given}


def matches(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether all of them do. A label that is missing is the empty text, as in Alertmanager. A regular expression that
    was stored and that this version does not understand matches nothing.
    """
    return all(_matches(one, labels.get(one.name, "")) for one in matchers)


def _matches(matcher: Matcher, value: str) -> bool:
    if matcher.operator in ("=~", "!~"):
        if fault_of(matcher):
            return False
        found = re.fullmatch(matcher.value, value) is not None
        return found if matcher.operator == "=~" else not found
    return (value == matcher.value) is (matcher.operator == "=")
