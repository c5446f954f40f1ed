"""The subjects of each form: what expressions read of them, and how messages show them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.domain.alert.histories import READS, STALLED, History, at, compared, context_of, event_rule, rule_of
from tests.domain.builders import THIS_WEEK, answer, deal, ms
from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding, deciding
from worker.domain.alert.evaluation import Skip
from worker.domain.alert.predicates import Predicates, Variables
from worker.domain.alert.rule import ChangeKind, Form
from worker.domain.alert.subject import Amount, ClauseResult
from worker.domain.alert.subjects import subjects_of
from worker.domain.snapshot.snapshot import Column, Kind, Measure, Row, Snapshot, table
from worker.domain.time.window import Window


def nothing_said(variables: object, *, fired: bool = True) -> tuple[ClauseResult, ...]:
    return ()


def seen(
    context: RuleContext, now: Snapshot, before: Snapshot | None = None, other: Snapshot | None = None
) -> dict[str, Variables]:
    return dict(subjects_of(context, AlertAnswers(now, before, other)).each())


def reading(rule: Form, **reads: set[str]) -> RuleContext:
    given = {name: frozenset(columns) for name, columns in reads.items()}
    return context_of(rule_of(form=rule, by="owner"), reads=given)


def test_a_row_has_what_is_read_of_it_in_major_units() -> None:
    context = reading(Form.ROWS, row={"value", "created_at", "key", "nothing"}, was={"stage"}, measures={"won.count"})
    now = answer([deal("a", 12_345), deal("b", None)], measures=(Measure(("won", "count"), Kind.INT, 3),))
    found = seen(context, now, answer([deal("a", stage="Won soon")]))
    assert found["a"] == {
        "row": {
            "value": Decimal("123.45"),
            "created_at": datetime(2026, 6, 1, 8, tzinfo=UTC),
            "key": "a",
            "nothing": None,
        },
        "was": {"stage": "Won soon"},
        "measures": {"won.count": Decimal(3)},
    }
    assert found["b"]["was"] is None
    assert found["b"]["row"] is not None
    assert found["b"]["row"]["value"] is None


@pytest.mark.parametrize(("currency", "value"), [("JPY", Decimal(12_345)), ("KWD", Decimal("12.345")), ("", None)])
def test_money_is_scaled_by_its_own_currency(currency: str, value: Decimal | None) -> None:
    row = seen(reading(Form.ROWS, row={"value"}), answer([deal("a", 12_345, currency=currency)]))["a"]["row"]
    assert row == {"value": value}


def test_a_row_of_another_table_is_named_by_its_key() -> None:
    pages = table("pages", (Column("views", Kind.INT),), [Row("/start", (12,))])
    context = context_of(
        rule_of(table="pages"), clauses=compared(">", 10, "row.views", Kind.INT), reads={"row": frozenset({"views"})}
    )
    made = subjects_of(context, AlertAnswers(answer([], tables=(pages,))), Deciding("row", "views"))
    assert dict(made.each())["/start"]["row"] == {"views": Decimal(12)}
    assert (made.facts("/start").name, made.facts("/start").amount) == ("/start", Amount(Kind.INT, 12))


def test_groups_count_and_sum_in_each_currency() -> None:
    now = answer(
        [
            deal("a", 100_000),
            deal("b", None, currency=None),
            deal("c", 5_000, currency="USD"),
            deal("d", 1_000, owner_id="user_bo", owner="Bo", period="monthly"),
            deal("e", 7, owner_id=None),
        ]
    )
    before = answer([deal("a", 50_000)])
    found = seen(context_of(rule_of(form=Form.GROUPS, by="owner", condition='group.value["GBP"] > 1')), now, before)
    assert list(found) == ["user_ann", "user_bo"]
    assert found["user_ann"]["group"] == {
        "key": "user_ann",
        "name": "Ann Lindqvist",
        "count": Decimal(3),
        "count_with_value": Decimal(2),
        "value": {"EUR": Decimal(1_000), "GBP": None, "USD": Decimal(50)},
    }
    was = found["user_ann"]["was_group"]
    assert was is not None
    assert was["value"] == {"EUR": Decimal(500), "GBP": Decimal(0), "USD": Decimal(0)}
    bo = found["user_bo"]["group"]
    assert bo is not None
    assert bo["value"] == {"EUR": Decimal(120), "GBP": Decimal(0), "USD": Decimal(0)}
    assert found["user_bo"]["was_group"] is None


def test_a_group_is_shown_with_its_name_and_the_number_that_decides() -> None:
    context, now = context_of(rule_of(form=Form.GROUPS, by="owner")), answer([deal("a", 100), deal("b", 100)])
    facts = subjects_of(context, AlertAnswers(now), Deciding("group", "count")).facts("user_ann")
    assert (facts.name, facts.owner_id, facts.amount, facts.count) == (
        "Ann Lindqvist",
        "user_ann",
        Amount(Kind.INT, 2),
        2,
    )
    facts = subjects_of(context, AlertAnswers(now), Deciding("group", "value", "EUR")).facts("user_ann")
    assert facts.amount == Amount(Kind.MONEY, 200, "EUR")
    by_stage = context_of(rule_of(form=Form.GROUPS, by="stage_id"))
    assert subjects_of(by_stage, AlertAnswers(now)).facts("stat_demo").stage == "Demo"


WEEK = Window(at(0), at(60), "UTC", "this-week", so_far=True)


def test_a_query_has_measures_rows_and_sums_now_then_and_in_comparison() -> None:
    wanted = frozenset({"won.count", "won.share", "won.value", "rows", "value"})
    rule = rule_of(form=Form.QUERY, condition='now.value["EUR"] > 1')
    context = context_of(rule, reads=dict.fromkeys(("now", "compared", "was"), wanted))
    measures = (
        Measure(("won", "count"), Kind.INT, 4),
        Measure(("won", "share"), Kind.RATIO, 0.25),
        Measure(("won", "value"), Kind.MONEY, 1_050, "EUR"),
    )
    now = replace(answer([deal("a", 200)], measures=measures), window=WEEK)
    found = seen(context, now, now)["deals"]
    assert found["now"] == {
        "won.count": Decimal(4),
        "won.share": Decimal("0.25"),
        "won.value": Decimal("10.5"),
        "currency": {"won.value": "EUR"},
        "rows": Decimal(1),
        "value": {"EUR": Decimal(2)},
    }
    assert found["compared"] == {}
    assert found["was"] == found["now"]
    earlier = replace(now, window=replace(WEEK, start=at(-60)))
    assert seen(context, now, earlier)["deals"]["was"] == {"rows": Decimal(1), "value": {"EUR": Decimal(2)}}


def test_an_empty_list_has_no_rows_and_the_sum_is_zero() -> None:
    context = context_of(
        rule_of(form=Form.QUERY, condition='now.value["EUR"] < 5'), reads={"now": frozenset({"rows", "value"})}
    )
    assert seen(context, answer([]))["deals"]["now"] == {"rows": Decimal(0), "value": {"EUR": Decimal(0)}}


def test_a_query_is_shown_with_the_measure_that_decides() -> None:
    context = context_of(rule_of(form=Form.QUERY))
    now = answer([deal("a", 200)], measures=(Measure(("won", "share"), Kind.RATIO, 0.25),))
    facts = subjects_of(context, AlertAnswers(now), Deciding("now", key="won.share", falls=True)).facts("deals")
    assert (facts.name, facts.amount) == ("Stalled deals", Amount(Kind.RATIO, 0.25))
    facts = subjects_of(context, AlertAnswers(now), Deciding("now", "rows")).facts("deals")
    assert facts.amount == Amount(Kind.INT, 1)


def test_what_decides_is_money_first_then_the_first_number() -> None:
    money = compared("<=", 500, "row.annual")
    count = compared(">", 5, "row.confidence", Kind.INT)
    assert deciding((*count, *money)) == Deciding("row", "annual", falls=True)
    assert deciding(count) == Deciding("row", "confidence")
    assert deciding(count, money_only=True) is None
    assert deciding(compared(">", 5, 'group.value["EUR"]')) == Deciding("group", "value", "EUR")
    assert deciding(compared("<", 5, 'now["won.count"]', Kind.INT)) == Deciding("now", key="won.count", falls=True)
    assert deciding(compared("==", 5)) is None
    assert deciding(compared("<", 5, "was.value")) is None
    assert deciding(compared("<", 5, "row.expected_close", Kind.DATE)) is None


def change_of(kind: ChangeKind) -> tuple[History, list[Variables]]:
    given: list[Variables] = []

    def note(variables: Variables) -> bool:
        given.append(variables)
        return True

    reads = {"row": frozenset({"stage", "value"}), "was": frozenset({"stage"}), "change": frozenset({"why"})}
    return History(context_of(event_rule(kind), note, reads=reads)), given


def test_the_first_evaluation_of_an_event_rule_records_and_says_nothing() -> None:
    rule, _ = change_of(ChangeKind.ADDED)
    assert rule.see(0, [deal("a")]).skipped is Skip.FIRST_EVENT
    assert rule.said == []


def test_an_added_row_says_why_it_joined() -> None:
    rule, given = change_of(ChangeKind.ADDED)
    rule.see(0, [deal("a")])
    rule.see(5, [deal("a"), deal("b", created_at=ms(at(1))), deal("c")])
    said = [(5, "b@2026-11-10T08:05:00Z", "new new"), (5, "c@2026-11-10T08:05:00Z", "new stalled_in")]
    assert rule.said == said
    assert [one["change"] for one in given] == [{"columns": (), "why": "new"}, {"columns": (), "why": "stalled_in"}]
    assert given[0]["was"] is None


def test_a_removed_row_is_the_one_that_was_looked_up() -> None:
    rule, given = change_of(ChangeKind.REMOVED)
    rule.see(0, [deal("a", 100), deal("b", 100)])
    done = rule.see(5, [], [deal("a", 90, status="lost", stage="Lost")])
    assert given[0] == {
        "row": {"stage": "Lost", "value": Decimal("0.9")},
        "was": {"stage": "Demo"},
        "change": {"columns": (), "why": "lost"},
    }
    assert given[1]["change"] == {"columns": (), "why": "unexplained"}
    assert done.state.alerts == {}


def test_a_changed_row_names_its_columns_and_a_touch_is_no_change() -> None:
    rule, given = change_of(ChangeKind.CHANGED)
    rule.see(0, [deal("a"), deal("b"), deal("c")])
    rule.see(5, [deal("a", stage_id="stat_won", stage="Won"), deal("b", updated_at=ms(THIS_WEEK)), deal("c")])
    assert [one["change"] for one in given] == [{"columns": ("stage_id", "stage"), "why": None}]
    assert rule.said == [(5, "a@2026-11-10T08:05:00Z", "new")]


def test_an_event_that_was_told_is_not_told_again_and_is_forgotten_after_400_days() -> None:
    rule, _ = change_of(ChangeKind.ADDED)
    rule.see(0, [])
    before, baseline = rule.state, rule.before
    done = rule.see(5, [deal("a")])
    rule.state, rule.before = replace(before, events=done.state.events), baseline
    rule.see(5, [deal("a")])
    assert len(rule.said) == 1
    rule.see(5 + 400 * 24 * 60, [deal("a")])
    assert rule.state.events == {}


def test_a_list_that_the_user_cut_has_no_changes() -> None:
    rule, given = change_of(ChangeKind.ADDED)
    rule.answer(0, answer([deal("a")], at=at(0), sliced=True))
    rule.answer(5, answer([deal("b")], at=at(5), sliced=True))
    assert (given, rule.said) == ([], [])


def test_only_what_is_read_is_given() -> None:
    context = RuleContext(
        "p",
        "s",
        rule_of(),
        Predicates(lambda _: None, nothing_said, reads={"row": READS["row"]}),
        STALLED,
    )
    assert set(seen(context, answer([deal("a")]))["a"]["row"] or {}) == READS["row"]
