"""One reader's notification of the alerts of one run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.alert.rule import ChangeKind, Form, Severity
from worker.domain.alert.state import AlertReason, LastNotification
from worker.domain.alert.subject import Amount, ClauseResult, SubjectFacts
from worker.domain.readonly import readonly
from worker.domain.run import RunKey

MOST_OPEN = 5
"""The most alerts without news that one notification names because they still fire. The others are counted."""


@readonly
class Finding:
    """One alert in the notification of a reader.

    `since`: when it began to fire. `why`: the cause of an end, as in Transition. `notified`: the last notification that
    the reader got of this alert; None if there was none. `at`: the slot of the run that found it, which is earlier than
    the notification's if the finding was carried over. `over_since`: the slot at which the alert ended before the
    reader was notified, because the notification waited.
    """

    fingerprint: str
    rule: str
    reason: AlertReason
    facts: SubjectFacts
    severity: Severity
    since: datetime
    at: datetime
    why: str = ""
    notified: LastNotification | None = None
    over_since: datetime | None = None
    clauses: tuple[ClauseResult, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that still fires, without news."""

    fingerprint: str
    rule: str
    facts: SubjectFacts
    since: datetime
    acked_by: str = ""


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule as a notification explains it. `query`: the id of its query. `stalled`: it is about deals
    that stall. `last_check`: the slot of the evaluation before this one. `open`: alerts of it that fire, all of them,
    for this reader; `open_amount`: their sum if they share a currency. `after`: for a rule without data, the number of
    evaluations. `form` and `change`: what it has one alert for. `source`: the type of the connection that answers its
    query, as a digest's source line has it; empty if it is not known. `asked`, `called`, `words`: as
    SourceLine.query, SourceLine.name and SourceLine.words.
    """

    id: str
    name: str
    condition: str
    query: str
    stalled: bool = False
    repeat: int | None = None
    last_check: datetime | None = None
    open: int = 0
    open_amount: Amount | None = None
    after: int = 0
    form: Form = Form.ROWS
    change: ChangeKind | None = None
    source: str = ""
    asked: str = ""
    called: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """`name`: the schedule's. `rules`: those that have a finding, by id. `findings` are ordered: severity, then worse,
    first and new, repeat, resolved, then the amount. `open`: at most MOST_OPEN alerts that fire and are no news.
    `carried`: how many of the findings come from an earlier notification that was not sent.
    """

    run: RunKey
    name: str
    slot: datetime
    as_of: datetime
    rules: tuple[RuleShown, ...]
    findings: tuple[Finding, ...]
    open: tuple[OpenAlert, ...] = ()
    carried: int = 0

    def rule(self, rule_id: str) -> RuleShown:
        """Raises KeyError for a rule without a finding."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
