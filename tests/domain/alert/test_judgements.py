"""The clauses of an alert are made when somebody is told of it, and are what the evaluation saw."""

from dataclasses import replace

from tests.domain.alert.histories import at, context_of
from tests.domain.alert.telling import OPERATOR, TEAM, Telling, silence
from tests.domain.builders import answer, deal
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.predicates import Variables
from worker.domain.alert.state import RuleState
from worker.domain.alert.subject import ClauseResult

BIG = 60_000


def asked() -> tuple[RuleContext, list[Variables]]:
    """A rule that notes for what its clauses are made."""
    context, seen = context_of(), list[Variables]()

    def clauses(variables: Variables, *, fired: bool = False) -> tuple[ClauseResult, ...]:
        seen.append(variables)
        return (ClauseResult("row.value >= 500", fired),)

    return replace(context, predicates=replace(context.predicates, clauses=clauses)), seen


def of_deals(seen: list[Variables]) -> list[Variables]:
    """Without what is asked once of each rule: which number it is about."""
    return [one for one in seen if any(one.values())]


def test_an_evaluation_makes_no_clauses() -> None:
    context, seen = asked()
    done = evaluate(context, RuleState(), at(0), answer([deal("a", BIG), deal("b", BIG)], at=at(0)))
    assert len(done.transitions) == 2
    assert of_deals(seen) == []


def test_what_is_silenced_needs_none() -> None:
    context, seen = asked()
    run = Telling([context], silences=[silence(("rule", "=", "big-deal"), until=10)])
    run.see(0, [deal("a", BIG)])
    assert of_deals(seen) == []


def test_all_readers_are_told_the_same_clauses_which_are_made_once() -> None:
    context, seen = asked()
    other = replace(TEAM, entry="others")
    run = Telling([context], readers=[TEAM, other, OPERATOR])
    told = run.see(0, [deal("a", BIG)]).notifications
    assert len(told) == 2
    assert {one.findings[0].clauses for one in told.values()} == {(ClauseResult("row.value >= 500", True),)}
    assert len(of_deals(seen)) == 1


def test_an_alert_that_was_not_judged_has_none() -> None:
    context, _ = asked()
    done = evaluate(context, RuleState(), at(0), answer([deal("a", BIG)], at=at(0)))
    assert done.clauses("gone") == ()
