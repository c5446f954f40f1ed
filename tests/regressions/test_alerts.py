"""What other products get wrong with alerts, as their users report it. Each is a test here, so that it stays away."""

from tests.domain.alert.histories import GAP, History, at, context_of, number, over, rule_of, under
from tests.domain.alert.telling import Telling, ack, kept, silence, told
from tests.domain.builders import answer, deal
from worker.domain.alert.context import RuleContext
from worker.domain.alert.notification import Finding
from worker.domain.alert.predicates import Variables
from worker.domain.alert.rule import Form
from worker.domain.alert.state import Phase
from worker.domain.alert.subject import Amount
from worker.domain.snapshot.snapshot import Kind, Measure

BIG, SMALL = 60_000, 40_000
WON = frozenset({"won.count"})


def fewer_than_five(name: str, reads: frozenset[str]) -> RuleContext:
    def holds(variables: Variables) -> bool | None:
        found = number(variables, "now", name)
        return None if found is None else found < 5

    return context_of(rule_of(form=Form.QUERY, condition="now < 5"), holds, clauses=(), reads={"now": reads})


def test_no_answer_and_no_value_are_not_less_than_five() -> None:
    rule = History(fewer_than_five("won.count", WON))
    rule.answer(0, answer([], at=at(0)))
    rule.answer(5, answer([], at=at(5), measures=(Measure(("won", "count"), Kind.INT, None, why_null="not told"),)))
    rule.gap(10)
    assert rule.said == []
    assert [one.unknown for one in rule.found] == [1, 1, 0]


def test_a_complete_list_without_rows_does_have_fewer_than_five() -> None:
    rule = History(fewer_than_five("rows", frozenset({"rows"})))
    rule.see(0, [])
    assert rule.said == [(0, "deals", "first")]


def test_an_unknown_value_is_not_back_to_normal() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [deal("a", None)])
    rule.gap(10)
    rule.gap(15, None)
    assert rule.said == [(0, "a", "first")]
    assert rule.state.alerts["a"].phase is Phase.FIRING


def test_an_alert_that_is_told_once_does_not_repeat() -> None:
    rule = History(context_of())
    for minute in range(0, 30 * 24 * 60, 6 * 60):
        rule.see(minute, [deal("a", BIG)])
        rule.see(minute, [deal("a", BIG)])
        if minute:
            rule.see(minute - 60, [deal("a", BIG)])
    assert rule.said == [(0, "a", "first")]


def test_a_value_that_swings_around_the_threshold_is_told_once() -> None:
    rule = History(context_of(rule_of(keep_firing=1800), until=under(450)))
    for minute in range(0, 240, 5):
        rule.see(minute, [deal("a", 50_100 if minute % 10 else 44_900 if minute % 20 else 49_900)])
    assert len(rule.said) == 1


def test_when_one_joins_the_others_are_not_told_again() -> None:
    run = Telling([context_of()])
    rows = [deal(f"d{one}", BIG) for one in range(20)]
    run.see(0, rows)
    done = run.see(5, [*rows, deal("joins", BIG)])
    assert told(done) == [("joins", "new")]
    (made,) = done.notifications.values()
    assert (made.rules[0].open, len(made.open)) == (21, 5)


def test_a_rename_of_a_deal_an_owner_or_the_rule_loses_no_state() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.context = context_of(rule_of(name="Large deal stalls", labels={"team": "north"}))
    rule.see(5, [deal("a", BIG, title="Renamed", lead="Renamed", owner="Ann Lind", stage="Demonstration")])
    assert rule.said == [(0, "a", "first")]
    assert (rule.state.alerts["a"].since, rule.state.alerts["a"].facts.name) == (at(0), "Renamed")


def test_a_silence_neither_outlives_its_end_nor_hides_another_rule() -> None:
    run = Telling([context_of()], silences=[silence(("rule", "=", "big-deal"), until=60)])
    assert kept(run.see(0, [deal("a", BIG)])) == [("a", "first", "silenced")]
    run.rules = [context_of(rule_of(id="other"))]
    assert told(run.see(5, [deal("a", BIG)])) == [("a", "first")]
    run.rules, run.states = [context_of()], {}
    assert told(run.see(60, [deal("a", BIG)])) == [("a", "first")]


def test_an_acknowledgement_of_an_earlier_alert_does_not_quiet_the_next() -> None:
    context = context_of(rule_of(repeat=300))
    run = Telling([context])
    run.see(0, [deal("a", BIG)])
    run.acks.append(ack(context.fingerprint("a"), 1))
    run.see(5, [deal("a", SMALL)])
    run.see(10, [deal("a", BIG)])
    assert told(run.see(15, [deal("a", BIG)])) == [("a", "repeat")]


def test_a_finding_says_which_row_it_is_about_and_why() -> None:
    run = Telling([context_of()])
    done = run.see(0, [deal("a", BIG, title="Halvorsen Marine", next_step="call")])
    (finding,) = next(iter(done.notifications.values())).findings
    facts = finding.facts
    assert (facts.key, facts.name, facts.amount) == ("a", "Halvorsen Marine", Amount(Kind.MONEY, BIG, "EUR"))
    assert (facts.owner, facts.stage, facts.url) == ("Ann Lindqvist", "Demo", "https://app.example/a/")
    assert (facts.cells["next_step"], finding.since) == ("call", at(0))
    assert [(one.text, one.operator, one.threshold) for one in finding.clauses] == [("row.value >= 500", ">=", "500")]


def test_a_threshold_that_was_edited_is_no_recovery() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.context = context_of(rule_of(condition="row.value >= 900"), over(900))
    rule.see(5, [deal("a", BIG)])
    assert (rule.said, rule.state.alerts) == ([(0, "a", "first")], {})


def test_the_source_that_fails_for_days_is_told_once() -> None:
    run = Telling([context_of()])
    reasons = [one.reason for minute in range(0, 3 * 24 * 60, 5) for one in told_operator(run, minute)]
    assert [one.value for one in reasons] == ["no_data"]


def told_operator(run: Telling, minutes: int) -> tuple[Finding, ...]:
    made = run.run(minutes, GAP).notifications.get("alert:operator|ops@acme.example")
    return made.findings if made is not None else ()
