"""Rules with their expressions in CEL, evaluated over answers: what the adapter and evaluation promise each other."""

from typing import Any

import pytest

from tests.domain.alert.histories import STALLED, History, at
from tests.domain.builders import answer, deal
from worker.adapters.expressions.cel import CelExpressions
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.predicates import Predicates
from worker.domain.alert.rule import ChangeKind, Form, Rule, Severity
from worker.domain.alert.state import RuleState
from worker.domain.alert.subject import Amount, Operand
from worker.domain.alert.variables import variables_of
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Kind, Measure
from worker.domain.snapshot.traits import QueryTraits
from worker.domain.snapshot.values import KEY
from worker.flow.alert.compiled import predicates_of

ROW = {column.name: column.kind for column in (KEY, *COLUMNS)}


def rule_of(condition: str, form: Form = Form.ROWS, **other: Any) -> History:
    rule = Rule("rule", "Rule", form, "deals", condition, **other)
    variables = variables_of(rule, ROW)
    compiled = CelExpressions().condition(condition, variables)
    until = CelExpressions().condition(rule.until, variables) if rule.until else None
    severities = {one: CelExpressions().condition(text, variables) for one, text in rule.severities.items()}
    every = [one for one in (compiled, until, *severities.values()) if one is not None]
    reads = {name: frozenset[str]().union(*(one.names(name) for one in every)) for name in variables}
    predicates = Predicates(compiled, compiled.clauses, until, severities, reads)
    return History(RuleContext("project", "watch", rule, predicates, STALLED, "Stalled deals"))


def test_a_deal_over_a_value_with_a_severity_and_its_own_end() -> None:
    rule = rule_of(
        "row.stalled == true && row.value >= 50000",
        until="row.stalled == false",
        severities={Severity.CRITICAL: "row.value >= 100000"},
    )
    rule.see(0, [deal("a", 6_000_000, stalled=True), deal("b", 6_000_000, stalled=False)])
    rule.see(5, [deal("a", 10_000_000, stalled=True)])
    rule.see(10, [deal("a", None, stalled=None)])
    rule.see(15, [deal("a", 100, stalled=True)])
    rule.see(20, [deal("a", 100, stalled=False)])
    assert rule.said == [(0, "a", "first"), (5, "a", "worse"), (20, "a", "resolved cleared")]
    (worse,) = rule.found[1].transitions
    assert (worse.facts.amount, worse.severity) == (Amount(Kind.MONEY, 10_000_000, "EUR"), Severity.CRITICAL)
    assert [(one.text, one.operator, one.threshold, one.holds) for one in rule.found[1].clauses("a")] == [
        ("row.stalled == true", "==", "true", True),
        ("row.value >= 50000", ">=", "50000", True),
    ]


@pytest.mark.parametrize("condition", ["was == null || was.stalled != true", "was == null || !(was.stalled == true)"])
def test_newly_stalled_says_nothing_at_first_and_then_what_joined_or_changed(condition: str) -> None:
    rule = rule_of(f"row.stalled == true && ({condition})", until="row.stalled != true")
    rule.see(0, [deal("a", stalled=True), deal("b", stalled=False)])
    assert (rule.said, rule.found[0].unknown) == ([], 1)
    rule.see(5, [deal("a", stalled=True), deal("b", stalled=True), deal("c", stalled=True)])
    assert rule.said == [(5, "b", "first"), (5, "c", "first")]
    rule.see(10, [deal("a", stalled=True), deal("b", stalled=True), deal("c", stalled=False)])
    assert rule.said[2:] == [(10, "c", "resolved cleared")]


def test_an_owner_with_too_much_that_stalls() -> None:
    rule = rule_of('group.count >= 2 && group.value["EUR"] > 1500', Form.GROUPS, by="owner")
    rule.see(0, [deal("a", 100_000), deal("b", 90_000), deal("c", 500_000, owner_id="user_bo", owner="Bo")])
    assert rule.said == [(0, "user_ann", "first")]
    facts = rule.state.alerts["user_ann"].facts
    assert (facts.name, facts.amount, facts.count) == ("Ann Lindqvist", Amount(Kind.MONEY, 190_000, "EUR"), 2)
    rule.see(5, [deal("c", 500_000, owner_id="user_bo", owner="Bo")])
    assert rule.said[1:] == [(5, "user_ann", "resolved cleared")]


def test_a_share_below_its_target_gets_worse_when_it_falls() -> None:
    rule = rule_of('now["won.share"] < 0.2', Form.QUERY)
    for minute, share in ((0, 0.19), (5, 0.199), (10, 0.17), (15, None), (20, 0.25)):
        rule.answer(minute, answer([], at=at(minute), measures=(Measure(("won", "share"), Kind.RATIO, share),)))
    assert rule.said == [(0, "deals", "first"), (10, "deals", "worse"), (20, "deals", "resolved cleared")]


def test_a_measure_that_the_source_declares_is_read_as_what_it_is() -> None:
    """A share of exactly 0 or 1 was called a count, and an amount a number without a currency."""
    rule = Rule("rule", "Rule", Form.QUERY, "funnel", 'now["won.share"] < 0.2 && now["won.value"] < 5000')
    kinds = {"won.share": Kind.RATIO, "won.value": Kind.MONEY}
    predicates = predicates_of(CelExpressions(), rule, kinds, None)
    context = RuleContext("project", "watch", rule, predicates, QueryTraits(), "funnel")
    measures = (Measure(("won", "share"), Kind.RATIO, 0.0), Measure(("won", "value"), Kind.MONEY, 480_000, "EUR"))
    done = evaluate(context, RuleState(), at(0), answer([], at=at(0), measures=measures))
    share, value = done.clauses(done.transitions[0].subject)
    assert share.operands == (Operand('now["won.share"]', Kind.RATIO, 0),)
    assert value.operands == (Operand('now["won.value"]', Kind.MONEY, 480_000, "EUR"),)


def test_a_query_counts_rows_and_compares_with_the_baseline() -> None:
    rule = rule_of('now.rows > was.rows && now.value["EUR"] >= 1000', Form.QUERY)
    rule.see(0, [deal("a", 100_000)])
    assert (rule.said, rule.found[0].unknown) == ([], 1)
    rule.see(5, [deal("a", 100_000), deal("b", 1)])
    assert rule.said == [(5, "deals", "first")]


def test_a_deal_that_was_lost_is_an_event() -> None:
    rule = rule_of('change.why == "lost" && row.value >= 200', Form.CHANGES, change=ChangeKind.REMOVED)
    rule.see(0, [deal("a", 30_000), deal("b", 30_000), deal("c", 30_000)])
    rule.see(5, [], [deal("a", 30_000, status="lost"), deal("b", 30_000, status="won")])
    assert rule.said == [(5, "a@2026-11-10T08:05:00Z", "new lost")]


def test_a_deal_that_changed_hands_is_an_event() -> None:
    rule = rule_of('"owner_id" in change.columns', Form.CHANGES, change=ChangeKind.CHANGED)
    rule.see(0, [deal("a"), deal("b")])
    rule.see(5, [deal("a", owner_id="user_bo"), deal("b", stage_id="stat_won")])
    assert rule.said == [(5, "a@2026-11-10T08:05:00Z", "new")]
