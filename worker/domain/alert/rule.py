"""An alert rule of a definition, complete and checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

NO_DATA_AFTER = 3
"""Evaluations in a row without data after which a rule says so, unless the rule sets another number."""


class Form(StrEnum):
    """What a rule has one alert for."""

    ROWS = "rows"  # each row of a table
    GROUPS = "groups"  # each value of a column
    CHANGES = "changes"  # each row that was added, removed or changed: an event, which is never resolved
    QUERY = "query"  # the query as a whole


class ChangeKind(StrEnum):
    """What happened to a row."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Severity(StrEnum):
    """How much an alert matters, from the least to the most."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class NoData(StrEnum):
    """Who is notified when a rule has had no data for a while."""

    OPERATOR = "operator"
    ALERT = "alert"  # the operator, and the rule's readers
    OK = "ok"  # nobody


class Grouping(StrEnum):
    """What shares one notification to a reader."""

    RUN = "run"  # everything that a run found
    RULE = "rule"  # what one rule found


@dataclass(frozen=True, slots=True)
class Rule:
    """`query`: the id of an item of the report. `table`: one of its tables; empty for the main one. `by`: the column of
    a rule over groups. `condition` and `until` are expressions; without `until` an alert holds as long as `condition`
    is true. `pending`, `keep_firing`, `repeat`: seconds (`repeat` None: never). `severities`: expressions that raise
    the severity, by the severity that they give. `notify`: ids of entries. `name`: the words that head a message.
    `ready_made`: the ready-made rule that this one was written as, empty if none. `previously`: the id that it had
    before it was renamed, empty if none.
    """

    id: str
    name: str
    form: Form
    query: str
    condition: str
    table: str = ""
    by: str = ""
    change: ChangeKind | None = None
    until: str = ""
    pending: int = 0
    keep_firing: int = 0
    repeat: int | None = None
    severity: Severity = Severity.WARNING
    severities: Mapping[Severity, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    group: Grouping = Grouping.RUN
    notify: tuple[str, ...] = ()
    resolved: bool = True
    no_data: NoData = NoData.OPERATOR
    after: int = NO_DATA_AFTER
    ready_made: str = ""
    previously: str = ""

    @property
    def event(self) -> bool:
        """An event is reported once and keeps no state."""
        return self.form is Form.CHANGES

    def meaning(self, fingerprint: str) -> str:
        """What the states of this rule depend on, as a short text. `fingerprint`: the query's."""
        change = self.change.value if self.change else ""
        said = [self.form, self.query, self.table, self.by, change, self.condition, self.until, self.pending]
        text = json.dumps([*said, self.keep_firing, fingerprint])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert of the rule `source` fires, those of the rule `target` with the same values in `equal` are not
    sent. `equal`: columns of the rows, or labels; empty: any alert of the source inhibits all of the target.
    """

    source: str
    target: str
    equal: tuple[str, ...] = ()


def name_of(rule_id: str) -> str:
    """What messages call a rule without a name: big-deal-stalled is "Big deal stalled"."""
    words = rule_id.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else rule_id


def alert_fingerprint(project: str, schedule: str, rule: str, subject: str) -> str:
    """Names one alert for ever: 16 hexadecimal characters."""
    text = json.dumps([project, schedule, rule, subject])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
