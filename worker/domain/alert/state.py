"""The stored state of a rule and of each alert between two evaluations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.alert.rule import Severity
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.readonly import readonly


class Phase(StrEnum):
    """An alert that is inactive has no state."""

    PENDING = "pending"
    FIRING = "firing"


class AlertReason(StrEnum):
    """Why a reader is notified of an alert."""

    FIRST = "first"  # nothing else of the rule was firing
    NEW = "new"
    WORSE = "worse"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    AFTER_SILENCE = "after_silence"  # a silence, a snooze or an inhibition ended while it was firing
    NO_DATA = "no_data"
    DATA_BACK = "data_back"  # the end of no_data


CLEARED = "cleared"
"""Why an alert is resolved, if its row is still there. Else it is the row's membership class, such as "won"."""

RULE_CHANGED = "rule_changed"
"""Why an alert ended whose subject a new version of the rule no longer covers. Nobody is notified."""


class Withheld(StrEnum):
    """Why a reason is withheld."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    SNOOZED = "snoozed"
    ACKED = "acked"  # only repeats
    NO_READER = "no_reader"  # nobody may see the subject, or nobody who was told is left


NOBODY: Mapping[str, str] = {}
"""The readers of an alert of which nobody was notified yet."""


@readonly
class LastNotification:
    """The last notification of an alert: at which slot, and what was said of it."""

    slot: datetime
    amount: Amount | None
    severity: Severity


@readonly
class AlertState:
    """`since`: the slot at which the phase began. `clearing`: the slot from which on the alert has not held, while
    `keep_firing` lasts. `facts`: the subject when it was last seen. `notified`: None while it was withheld. `readers`:
    ids of the readers whose notifications named this alert since it fired, each with the key (as text) of the run whose
    notification did last. `withheld`: why nobody was notified for the last reason, or what mutes the alert. `unknown`:
    evaluations in a row that could not judge it.
    """

    phase: Phase
    since: datetime
    facts: SubjectFacts
    severity: Severity = Severity.WARNING
    clearing: datetime | None = None
    notified: LastNotification | None = None
    readers: Mapping[str, str] = field(default_factory=dict)
    withheld: Withheld | None = None
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class RuleState:
    """`meaning`: Rule.meaning of the version that wrote it. `snapshot` and `slot`: the rule's baseline, the last
    complete answer that was evaluated; empty before the first. `missed`: the last slot without data, `missing`: how
    many in a row. `alerts`: by subject; the rule's own alert that it has no data is that of NO_DATA_SUBJECT. `events`:
    for an event rule the fingerprints that were reported, with the slot; kept for 400 days. `version`: counts the
    writes. `origin`: the id with which the fingerprints of its alerts are made, if the rule was renamed since.
    """

    meaning: str = ""
    snapshot: str = ""
    slot: datetime | None = None
    missed: datetime | None = None
    missing: int = 0
    alerts: Mapping[str, AlertState] = field(default_factory=dict)
    events: Mapping[str, datetime] = field(default_factory=dict)
    version: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person knows of an alert: repeats stop until it is resolved."""

    fingerprint: str
    by: str
    at: datetime
    comment: str = ""
