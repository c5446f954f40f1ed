"""What one evaluation of a rule found and changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.alert.predicates import Judgement
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import AlertReason, LastNotification, Phase, RuleState
from worker.domain.alert.subject import ClauseResult, SubjectFacts
from worker.domain.readonly import readonly


class Skip(StrEnum):
    """Why a rule was not evaluated."""

    OLDER = "older"  # a later slot, or this one, was evaluated before
    GAP = "gap"  # its query has no complete answer
    UNREADABLE = "unreadable"  # another version of the program wrote what is remembered of it
    FIRST_EVENT = "first_event"  # an event rule's first evaluation records, and says nothing


@readonly
class Transition:
    """One step of one alert. `before` and `after` are None while it is inactive.

    `reason`: why a reader is to be notified; None if nobody is.
    `why`: for an end, CLEARED, RULE_CHANGED, or a membership class with its detail after a blank. For an event, the
    class of the change, if it has one.
    `since`: when the alert began to fire.
    `notified` and `readers`: the last notification before this step, and who received it.
    """

    subject: str
    before: Phase | None
    after: Phase | None
    facts: SubjectFacts
    since: datetime
    severity: Severity
    reason: AlertReason | None = None
    why: str = ""
    notified: LastNotification | None = None
    readers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of one rule for one slot.

    `transitions`: every alert whose phase changed, or of which somebody is to be notified.
    `state`: what is stored afterwards. Its `notified` and `readers` are filled in when the notifications are made.
    `judged`, `unknown`: how many subjects were judged, and how many of them could not be.
    `last_check`: the slot of the evaluation before this one.
    `judgements`: the results of the condition, by subject, for each alert of which somebody may be notified: it has a
    reason, it is silenced, or nobody could be notified so far.
    """

    rule: str
    slot: datetime
    state: RuleState
    transitions: tuple[Transition, ...] = ()
    skipped: Skip | None = None
    judged: int = 0
    unknown: int = 0
    last_check: datetime | None = None
    judgements: Mapping[str, Judgement] = field(default_factory=dict)

    def clauses(self, subject: str) -> tuple[ClauseResult, ...]:
        """Empty for an alert that was not judged: its row is gone, or its query gave no data."""
        found = self.judgements.get(subject)
        return found.clauses if found is not None else ()
