"""The table of states, row by row: what an alert is after each slot, and what somebody is told of it."""

from dataclasses import replace

import pytest

from tests.domain.alert.histories import History, at, compared, context_of, over, rule_of, under
from tests.domain.builders import answer, deal
from worker.domain.alert.deciding import is_worse
from worker.domain.alert.evaluation import Skip
from worker.domain.alert.predicates import Variables
from worker.domain.alert.rule import NoData, Severity
from worker.domain.alert.state import AlertReason, Phase, Told
from worker.domain.alert.subject import NO_DATA_SUBJECT, Amount
from worker.domain.snapshot.scope import one_of
from worker.domain.snapshot.snapshot import Gap, GapReason, Kind

BIG, SMALL = 60_000, 40_000  # cents; the rule fires from 500 euros on


def test_the_first_alert_of_a_rule_is_first_and_a_later_one_new() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG), deal("b", BIG), deal("c", SMALL)])
    rule.see(5, [deal("a", BIG), deal("b", BIG), deal("c", BIG)])
    assert rule.said == [(0, "a", "first"), (0, "b", "first"), (5, "c", "new")]
    assert rule.state.alerts["c"].since == at(5)


def test_an_alert_that_goes_on_is_no_news() -> None:
    rule = History(context_of())
    for minute in range(0, 60, 5):
        rule.see(minute, [deal("a", BIG)])
    assert rule.said == [(0, "a", "first")]


def test_after_all_are_resolved_the_next_is_first_again() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [deal("a", SMALL)])
    rule.see(10, [deal("a", BIG)])
    assert rule.said == [(0, "a", "first"), (5, "a", "resolved cleared"), (10, "a", "first")]


def test_with_for_an_alert_is_pending_until_the_time_has_passed() -> None:
    rule = History(context_of(rule_of(pending=600)))
    rule.see(0, [deal("a", BIG)])
    assert rule.state.alerts["a"].phase is Phase.PENDING
    rule.see(5, [deal("a", BIG)])
    assert rule.said == []
    rule.see(10, [deal("a", BIG)])
    assert rule.said == [(10, "a", "first")]
    assert rule.state.alerts["a"].since == at(10)


@pytest.mark.parametrize("then", [[deal("a", SMALL)], []])
def test_a_pending_alert_that_does_not_hold_or_whose_subject_is_gone_is_inactive(then: list[object]) -> None:
    rule = History(context_of(rule_of(pending=600)))
    rule.see(0, [deal("a", BIG)])
    done = rule.see(5, then)  # type: ignore[arg-type]
    assert rule.state.alerts == {}
    assert [(one.before, one.after, one.reason) for one in done.transitions] == [(Phase.PENDING, None, None)]
    rule.see(10, [deal("a", BIG)])
    rule.see(15, [deal("a", BIG)])
    assert rule.said == []


def test_until_decides_whether_a_firing_alert_holds() -> None:
    rule = History(context_of(until=under(300)))
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [deal("a", SMALL)])
    assert "a" in rule.state.alerts
    rule.see(10, [deal("a", 20_000)])
    assert rule.said == [(0, "a", "first"), (10, "a", "resolved cleared")]


def test_keep_firing_waits_before_it_resolves_and_says_nothing_of_a_short_recovery() -> None:
    rule = History(context_of(rule_of(keep_firing=600)))
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [deal("a", SMALL)])
    assert rule.state.alerts["a"].clearing == at(5)
    rule.see(10, [deal("a", BIG)])
    assert [one.clearing for one in rule.state.alerts.values()] == [None]
    rule.see(15, [deal("a", SMALL)])
    rule.see(20, [deal("a", SMALL)])
    rule.see(25, [deal("a", SMALL)])
    assert rule.said == [(0, "a", "first"), (25, "a", "resolved cleared")]


def test_a_subject_that_left_is_resolved_at_once_and_says_why() -> None:
    rule = History(context_of(rule_of(keep_firing=600)))
    rule.see(0, [deal("a", BIG), deal("b", BIG), deal("c", BIG), deal("d", BIG), deal("e", BIG)])
    looked_up = [
        deal("a", 70_000, status="won"),
        deal("b", BIG, status="lost"),
        deal("c", None, status="deleted"),
        deal("d", BIG, stage_order=3, stalled=False),
    ]
    done = rule.see(5, [], looked_up)
    assert rule.said[5:] == [
        (5, "a", "resolved won"),
        (5, "b", "resolved lost"),
        (5, "c", "resolved removed"),
        (5, "d", "resolved revived advanced"),
        (5, "e", "resolved unexplained not_looked_up"),
    ]
    assert [one.facts.amount for one in done.transitions[:3]] == [
        Amount(Kind.MONEY, 70_000, "EUR"),
        Amount(Kind.MONEY, BIG, "EUR"),
        Amount(Kind.MONEY, BIG, "EUR"),
    ]


def test_a_deal_of_another_owner_moved_out_of_the_scope() -> None:
    context = context_of()
    scope = replace(context.traits.scope, within=(one_of("reassigned", "owner_id", frozenset({"user_ann"})),))
    rule = History(replace(context, traits=replace(context.traits, scope=scope)))
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [], [deal("a", BIG, owner_id="user_bob")])
    assert rule.said[-1] == (5, "a", "resolved moved_out reassigned")


def test_worse_is_a_tenth_over_what_was_told_and_not_over_what_was_seen() -> None:
    rule = History(context_of())
    for minute, value in ((0, 60_000), (5, 63_000), (10, 65_900), (15, 66_000), (20, 66_000)):
        rule.see(minute, [deal("a", value)])
    assert rule.said == [(0, "a", "first"), (15, "a", "worse")]


def test_for_a_rule_of_too_little_less_is_worse() -> None:
    rule = History(context_of(fires=under(500), clauses=compared("<", 500)))
    for minute, value in ((0, 40_000), (5, 48_000), (10, 36_100), (15, 36_000)):
        rule.see(minute, [deal("a", value)])
    assert rule.said == [(0, "a", "first"), (15, "a", "worse")]


def test_a_higher_severity_is_worse_and_a_lower_one_is_not() -> None:
    rule = History(context_of(severities={Severity.CRITICAL: over(640)}, fires=over(500)))
    rule.see(0, [deal("a", 62_000)])
    rule.see(5, [deal("a", 64_000)])
    rule.see(10, [deal("a", 62_000)])
    assert rule.said == [(0, "a", "first"), (5, "a", "worse")]


@pytest.mark.parametrize(
    ("old", "new", "falls", "worse"),
    [
        (Amount(Kind.INT, 10), Amount(Kind.INT, 11), False, True),
        (Amount(Kind.INT, 0), Amount(Kind.INT, 1), False, True),
        (Amount(Kind.INT, 10), Amount(Kind.INT, 10), False, False),
        (Amount(Kind.RATIO, 0.3), Amount(Kind.RATIO, 0.33), False, True),
        (Amount(Kind.RATIO, 0.3), Amount(Kind.RATIO, 0.27), True, True),
        (Amount(Kind.MONEY, 100, "EUR"), Amount(Kind.MONEY, 900, "USD"), False, False),
        (Amount(Kind.MONEY, None, "EUR"), Amount(Kind.MONEY, 900, "EUR"), False, False),
        (Amount(Kind.MONEY, 100, "EUR"), Amount(Kind.MONEY, None, "EUR"), True, False),
        (Amount(Kind.INT, -10), Amount(Kind.INT, -9), False, True),
    ],
)
def test_what_is_worse(old: Amount, new: Amount, falls: bool, worse: bool) -> None:
    told = Told(at(0), old, Severity.WARNING)
    assert is_worse(new, Severity.WARNING, told, falls=falls) is worse


def test_repeat_counts_from_what_was_last_told() -> None:
    rule = History(context_of(rule_of(repeat=1200)))
    for minute, value in ((0, 60_000), (10, 66_000), (20, 66_000), (30, 66_000), (40, 66_000), (50, 66_000)):
        rule.see(minute, [deal("a", value)])
    assert rule.said == [(0, "a", "first"), (10, "a", "worse"), (30, "a", "repeat"), (50, "a", "repeat")]


def test_what_was_never_told_neither_repeats_nor_gets_worse() -> None:
    rule = History(context_of(rule_of(repeat=60)), tells=False)
    rule.see(0, [deal("a", 60_000)])
    rule.see(10, [deal("a", 90_000)])
    assert rule.said == [(0, "a", "first")]


def test_an_unknown_value_changes_nothing_and_is_counted() -> None:
    rule = History(context_of(rule_of(pending=300)))
    rule.see(0, [deal("a", BIG), deal("b", BIG)])
    rule.see(5, [deal("a", BIG), deal("b", None)])
    assert rule.state.alerts["b"].phase is Phase.PENDING
    done = rule.see(10, [deal("a", None), deal("b", None)])
    assert (done.judged, done.unknown, done.transitions) == (2, 2, ())
    assert rule.state.alerts["a"].phase is Phase.FIRING
    assert rule.state.alerts["a"].facts.amount == Amount(Kind.MONEY, BIG, "EUR")
    assert [rule.state.alerts[key].unknown for key in "ab"] == [1, 2]
    rule.see(15, [deal("a", BIG), deal("b", BIG)])
    assert rule.state.alerts["a"].unknown == 0


def test_a_gap_leaves_every_alert_as_it_was() -> None:
    rule = History(context_of(rule_of(pending=600)))
    rule.see(0, [deal("a", BIG)])
    rule.see(10, [deal("a", BIG), deal("b", BIG)])
    before = rule.state
    done = rule.gap(15)
    assert (done.skipped, done.transitions) == (Skip.GAP, ())
    assert (rule.state.alerts, rule.state.slot, rule.state.snapshot) == (before.alerts, at(10), "snapshot-10")


def test_time_without_data_counts_neither_towards_for_nor_towards_keep_firing() -> None:
    rule = History(context_of(rule_of(pending=600, keep_firing=600)))
    rule.see(0, [deal("a", BIG)])
    rule.see(10, [deal("a", BIG), deal("b", BIG)])
    rule.see(15, [deal("a", SMALL), deal("b", BIG)])
    rule.gap(20)
    rule.gap(60)
    rule.see(65, [deal("a", SMALL), deal("b", BIG)])
    assert rule.said == [(10, "a", "first")]
    rule.see(70, [deal("a", SMALL), deal("b", BIG)])
    assert rule.said == [(10, "a", "first"), (70, "b", "new")]
    rule.see(75, [deal("a", SMALL), deal("b", BIG)])
    assert rule.said[2:] == [(75, "a", "resolved cleared")]


def test_no_data_is_said_once_after_three_in_a_row_and_data_back_once() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    for minute in (5, 10, 15, 20):
        rule.gap(minute)
    assert rule.said == [(0, "a", "first"), (15, NO_DATA_SUBJECT, "no_data")]
    assert rule.state.alerts["a"].phase is Phase.FIRING
    rule.see(25, [deal("a", BIG)])
    assert rule.said[2:] == [(25, NO_DATA_SUBJECT, "data_back cleared")]
    assert NO_DATA_SUBJECT not in rule.state.alerts


def test_an_answer_between_gaps_begins_the_count_anew() -> None:
    rule = History(context_of())
    for minute in (0, 5, 15, 20, 30, 35):
        rule.gap(minute)
        if minute % 15 == 5:
            rule.see(minute + 5, [])
    assert rule.said == []


def test_a_run_that_failed_without_an_answer_counts_and_one_slot_counts_once() -> None:
    rule = History(context_of(rule_of(after=2)))
    rule.gap(0, None)
    assert rule.gap(0, None).skipped is Skip.OLDER
    assert rule.state.missing == 1
    rule.gap(5, None)
    assert rule.said == [(5, NO_DATA_SUBJECT, "no_data")]


def test_a_slot_that_nobody_can_know_counts_nothing() -> None:
    rule = History(context_of(rule_of(after=1)))
    done = rule.gap(0, Gap("deals", GapReason.NOT_KNOWABLE, "not knowable for 10 Nov"))
    assert (rule.said, done.skipped, rule.state.missing) == ([], Skip.GAP, 0)


def test_no_data_ok_says_nothing() -> None:
    rule = History(context_of(rule_of(no_data=NoData.OK, after=1)))
    rule.gap(0)
    assert rule.said == []


def test_an_older_slot_and_the_same_slot_change_nothing() -> None:
    rule = History(context_of())
    rule.see(10, [deal("a", BIG)])
    before = rule.state
    for minute in (5, 10):
        done = rule.see(minute, [])
        assert (done.skipped, done.transitions) == (Skip.OLDER, ())
    assert rule.state == before


def test_an_answer_that_comes_late_keeps_a_later_gap_in_mind() -> None:
    rule = History(context_of(rule_of(after=2)))
    rule.gap(10)
    rule.see(5, [deal("a", BIG)])
    rule.gap(15)
    assert rule.said == [(5, "a", "first"), (15, NO_DATA_SUBJECT, "no_data")]


def test_under_a_new_meaning_alerts_go_on_and_those_it_does_not_cover_end_unsaid() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG), deal("b", 90_000), deal("c", 90_000)])
    rule.context = context_of(rule_of(condition="row.value >= 800"), over(800))
    done = rule.see(5, [deal("a", BIG), deal("b", 90_000)])
    assert [(one.subject, one.reason, one.why) for one in done.transitions] == [
        ("a", None, "rule_changed"),
        ("c", None, "rule_changed"),
    ]
    assert rule.state.alerts["b"].since == at(0)
    rule.see(10, [])
    assert rule.said[-1] == (10, "b", "resolved unexplained not_looked_up")


def test_under_a_new_meaning_the_number_may_be_another() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG, period="monthly")])
    rule.context = context_of(rule_of(condition="row.annual >= 800"), clauses=compared(">=", 500, "row.annual"))
    rule.see(5, [deal("a", BIG, period="monthly")])
    assert rule.state.alerts["a"].facts.amount == Amount(Kind.MONEY, 12 * BIG, "EUR")


def test_words_that_head_a_message_and_labels_do_not_change_the_meaning() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.context = context_of(rule_of(name="Very big deal", labels={"team": "north"}))
    rule.see(5, [deal("a", SMALL)])
    assert rule.said == [(0, "a", "first"), (5, "a", "resolved cleared")]


def test_resolved_false_ends_without_a_word() -> None:
    rule = History(context_of(rule_of(resolved=False)))
    rule.see(0, [deal("a", BIG)])
    rule.see(5, [deal("a", SMALL)])
    assert (rule.said, rule.state.alerts) == ([(0, "a", "first")], {})


def test_what_was_at_the_baseline_is_unknown_at_first_and_null_for_a_row_that_was_absent() -> None:
    seen: list[object] = []

    def newly_stalled(variables: Variables) -> bool | None:
        was = variables["was"]
        seen.append(was)
        return None if was == {} else was is None or was["stalled"] is not True

    rule = History(context_of(fires=newly_stalled))
    rule.see(0, [deal("a", BIG, stalled=True)])
    rule.see(5, [deal("a", BIG, stalled=True), deal("b", BIG, stalled=True)])
    assert seen[0] == {}
    assert rule.said == [(5, "b", "first")]


def test_an_answer_to_another_query_is_no_baseline() -> None:
    rule = History(context_of(fires=lambda given: given["was"] != {}))
    rule.see(0, [deal("a", BIG)])
    rule.answer(5, answer([deal("a", BIG)], at=at(5), fingerprint="another"))
    assert rule.said == []


def test_an_answer_without_the_table_of_the_rule_says_nothing() -> None:
    rule = History(context_of())
    rule.see(0, [deal("a", BIG)])
    rule.answer(5, replace(answer([], at=at(5)), tables=()))
    assert rule.said == [(0, "a", "first")]
    assert AlertReason.RESOLVED not in {one.reason for one in rule.found[-1].transitions}
