"""Rules over deals, with conditions in Python, and the fold of their evaluations over a history of answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.domain.builders import answer
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.evaluation import Evaluation, Transition
from worker.domain.alert.predicates import Holds, Predicates, Variables
from worker.domain.alert.rule import ChangeKind, Form, Rule, Severity
from worker.domain.alert.state import LastNotification, RuleState
from worker.domain.alert.subject import ClauseResult, Operand
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Gap, GapReason, Kind, Row, Snapshot
from worker.domain.snapshot.traits import QueryTraits

START = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
MINUTE = 60
STALLED = QueryTraits(lists_opportunities=True, stalled=True, scope=Scope(stalled=True))
READS = {"row": frozenset({"value", "currency", "stalled", "stage"}), "was": frozenset({"stalled", "value"})}
GAP = Gap("deals", GapReason.UNAVAILABLE, "the service did not answer")


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def number(variables: Variables, variable: str, name: str) -> Decimal | None:
    found = (variables.get(variable) or {}).get(name)
    return found if isinstance(found, Decimal) else None


def over(limit: int) -> Holds:
    """`row.value >= limit`, in major units."""

    def holds(variables: Variables) -> bool | None:
        value = number(variables, "row", "value")
        return None if value is None else value >= limit

    return holds


def under(limit: int) -> Holds:
    def holds(variables: Variables) -> bool | None:
        value = number(variables, "row", "value")
        return None if value is None else value < limit

    return holds


def compared(operator: str, limit: int, name: str = "row.value", kind: Kind = Kind.MONEY) -> tuple[ClauseResult, ...]:
    return (ClauseResult(f"{name} {operator} {limit}", True, (Operand(name, kind, None),), operator, str(limit)),)


def rule_of(**changed: Any) -> Rule:
    given = {"id": "big-deal", "name": "Big deal", "form": Form.ROWS, "query": "deals", "condition": "row.value >= 500"}
    return Rule(**{**given, **changed})


def context_of(
    rule: Rule | None = None,
    fires: Holds | None = None,
    *,
    until: Holds | None = None,
    severities: Mapping[Severity, Holds] | None = None,
    clauses: tuple[ClauseResult, ...] = compared(">=", 500),
    reads: Mapping[str, frozenset[str]] = READS,
    traits: QueryTraits = STALLED,
) -> RuleContext:
    def said(variables: object, *, fired: bool = True) -> tuple[ClauseResult, ...]:
        return clauses

    predicates = Predicates(fires or over(500), said, until, severities or {}, reads)
    return RuleContext("project", "watch", rule or rule_of(), predicates, traits, "Stalled deals")


def event_rule(change: ChangeKind = ChangeKind.REMOVED, **changed: Any) -> Rule:
    return rule_of(form=Form.CHANGES, change=change, **changed)


@dataclass
class History:
    """One rule, step by step. Whatever is to be told is told, unless `tells` is off."""

    context: RuleContext
    state: RuleState = field(default_factory=RuleState)
    tells: bool = True
    before: Snapshot | None = None
    found: list[Evaluation] = field(default_factory=list)

    def see(self, minutes: int, rows: Iterable[Row], followed: Iterable[Row] | None = None) -> Evaluation:
        return self.answer(minutes, answer(rows, at=at(minutes), followed=followed))

    def gap(self, minutes: int, gap: Gap | None = GAP) -> Evaluation:
        return self.answer(minutes, gap)

    def answer(self, minutes: int, given: Snapshot | Gap | None) -> Evaluation:
        done = evaluate(
            self.context, self.state, at(minutes), given, snapshot=f"snapshot-{minutes}", before=self.before
        )
        if isinstance(given, Snapshot) and done.state.slot == at(minutes):
            self.before = given
        self.state = told(done) if self.tells else done.state
        self.found.append(done)
        return done

    @property
    def said(self) -> list[tuple[int, str, str]]:
        """Minute, subject and reason of everything that was to be told."""
        return [
            (int((done.slot - START).total_seconds()) // 60, one.subject, f"{one.reason} {one.why}".strip())
            for done in self.found
            for one in done.transitions
            if one.reason is not None
        ]


def told(done: Evaluation) -> RuleState:
    """The state once every reason was told to one reader."""
    named = {one.subject: one for one in done.transitions if one.reason is not None}
    alerts = {
        subject: replace(held, notified=_told(named[subject], done.slot), readers={"team|a@b.example": "run"})
        if subject in named
        else held
        for subject, held in done.state.alerts.items()
    }
    return replace(done.state, alerts=alerts)


def _told(one: Transition, slot: datetime) -> LastNotification:
    return LastNotification(slot, one.facts.amount, one.severity)
