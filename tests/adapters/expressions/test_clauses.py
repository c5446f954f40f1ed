"""Conditions of alert rules: their variables, and their clauses one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.expressions.cel import CelExpressions
from worker.domain.alert.rule import ChangeKind, Form, Rule
from worker.domain.alert.subject import Operand
from worker.domain.alert.variables import variables_of
from worker.domain.expression import Given, Value, Variable
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError

ROW = {"key": Kind.ID, **{column.name: column.kind for column in COLUMNS}}
FORMS: Mapping[str, Mapping[str, Variable]] = {
    form: variables_of(Rule("r", "r", form, "deals", "", by="owner_id", change=ChangeKind.CHANGED), ROW)
    for form in Form
}


def holds(form: Form, text: str, **variables: Given) -> bool | None:
    return CelExpressions().condition(text, FORMS[form])(variables)


@pytest.mark.parametrize(
    ("form", "text", "variables", "expected"),
    [
        (Form.ROWS, "was == null", {"row": {}, "was": None}, True),
        (Form.ROWS, "was == null", {"row": {}, "was": {}}, False),
        (Form.ROWS, "null != was && row.value > was.value", {"row": {"value": Decimal(2)}, "was": None}, False),
        (
            Form.ROWS,
            "was == null || row.value - was.value >= 0.01",
            {"row": {"value": Decimal("0.03")}, "was": {"value": Decimal("0.02")}},
            True,
        ),
        (Form.ROWS, "row.value > was.value", {"row": {"value": Decimal(2)}, "was": None}, None),
        (Form.ROWS, "row.value > was.value", {"row": {"value": Decimal(2)}}, None),
        (Form.ROWS, "was.owner == null", {"row": {}, "was": None}, None),
        (Form.ROWS, 'measures["won.count"] > 2', {"measures": {"won.count": Decimal(3)}}, True),
        (Form.GROUPS, 'group.count >= 5 && group.value["EUR"] > 1e5', {"group": {"count": Decimal(4)}}, False),
        (
            Form.GROUPS,
            'group.value["EUR"] > 100000',
            {"group": {"value": {"EUR": Decimal("100000.01"), "USD": None}}},
            True,
        ),
        (Form.GROUPS, 'group.value["USD"] < 5', {"group": {"value": {"USD": None}}}, None),
        (Form.GROUPS, 'group.value["USD"] < 5', {"group": {"value": {}}}, None),
        (Form.GROUPS, 'group.value["USD"] == null', {"group": {"value": {"USD": None}}}, True),
        (Form.GROUPS, '"USD" in group.value', {"group": {"value": {"EUR": Decimal(1)}}}, False),
        (Form.CHANGES, '"value" in change.columns', {"change": {"columns": ("owner_id", "value")}}, True),
        (Form.CHANGES, '"value" in change.columns', {"change": {"columns": ()}}, False),
        (Form.CHANGES, 'change.why == "lost" && row.value > 1', {"change": {"why": "won"}, "row": None}, False),
        (Form.QUERY, 'now["won.count"] < 5', {"now": {"won.count": None}}, None),
        (Form.QUERY, 'now["won.count"] < 5', {"now": {}}, None),
        (Form.QUERY, 'now["won.count"] == null', {"now": {}}, True),
        (Form.QUERY, "now.rows == 0", {"now": {"rows": Decimal(0)}}, True),
        (
            Form.QUERY,
            'now.value["EUR"] < compared.value["EUR"] * 0.9',
            {"now": {"value": {"EUR": Decimal(89)}}, "compared": {"value": {"EUR": Decimal(100)}}},
            True,
        ),
        (
            Form.QUERY,
            'compared == null || now["n"] < compared["n"]',
            {"now": {"n": Decimal(1)}, "compared": None},
            True,
        ),
    ],
)
def test_each_form_reads_its_variables(form: Form, text: str, variables: dict[str, Given], expected: object) -> None:
    assert holds(form, text, **variables) is expected


@pytest.mark.parametrize(
    ("form", "text", "sentence"),
    [
        (
            Form.GROUPS,
            'group.value["EUR"] > group.value["USD"]',
            'character 22: group.value["USD"] beside group.value["EUR',
        ),
        (Form.GROUPS, 'group.value["EUR"] + was_group.value["USD"] > 5', "an amount in another currency: compare am"),
        (Form.GROUPS, 'group.value["EUR"] == "much"', 'group.value["EUR"], which holds a number, against text'),
        (
            Form.GROUPS,
            "group.value > 5",
            'character 7: group.value without a key: write one, such as group.value["EUR"]',
        ),
        (
            Form.GROUPS,
            'group.value["eur"] < 5',
            'character 13: the currency "eur": write its code in capitals, such as',
        ),
        (
            Form.CHANGES,
            'change.columns == "value"',
            "character 8: change.columns, which holds a list: ask what is in it",
        ),
        (Form.GROUPS, "group.cuont > 5", "character 7: group.cuont, which is no column: did you mean count?"),
        (Form.GROUPS, "group.count > ", "the condition ends too early: write a condition, such as group.count >= 5"),
        (Form.QUERY, "now >", "the condition ends too early: write a condition, such as now.value"),
        (
            Form.GROUPS,
            "group.value[EUR] > 5",
            "character 12: square brackets without a key in quotes: write one, such as",
        ),
        (Form.QUERY, "now > 5", 'character 1: now by itself: write one of its values, such as now["won.count"]'),
        (
            Form.QUERY,
            "now.won > 5",
            'character 5: now.won, which is no column: write now["won"] for a measure; columns are rows, value',
        ),
        (Form.QUERY, "now == null", "character 1: null beside now, which is never null"),
        (Form.QUERY, 'now["won.count"] > five', "five, which is not known here"),
        (Form.QUERY, 'now["won count"] > 5', "character 4: square brackets without a key in quotes"),
        (Form.CHANGES, 'change.column == "value"', "change.column, which is no column: did you mean columns?"),
        (Form.ROWS, "row.value > was.owner", "row.value, which holds a number, against was.owner, which holds text"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_loaded(form: Form, text: str, sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        CelExpressions().condition(text, FORMS[form])
    assert sentence in str(refused.value)


def test_columns_that_only_an_answer_knows_may_hold_anything() -> None:
    variables = variables_of(Rule("r", "r", Form.ROWS, "pages", ""), None)
    condition = CelExpressions().condition('row.page.startsWith("/shop") && row.views < 5', variables)
    assert condition({"row": {"page": "/shop/a", "views": Decimal(4)}}) is True
    assert condition.names("row") == {"page", "views"}


def test_a_clause_says_what_it_read_and_its_threshold() -> None:
    text = '(50000 <= row.value || row.owner in ["Ann"]) && row.expected_close < date("2026-12-31") && !row.stalled'
    condition = CelExpressions().condition(text, FORMS[Form.ROWS])
    close = datetime(2026, 12, 30, tzinfo=UTC)
    row: Given = {"value": Decimal(52_000), "currency": "EUR", "owner": None, "expected_close": close}
    value, owner, day, stalled = condition.clauses({"row": row})
    assert (value.text, value.holds, value.operator, value.threshold) == ("50000 <= row.value", True, ">=", "50000")
    assert value.operands == (Operand("row.value", Kind.MONEY, 5_200_000, "EUR"),)
    assert (owner.text, owner.holds, owner.operator) == ('row.owner in ["Ann"]', None, "")
    assert (day.operator, day.threshold, day.holds) == ("<", "2026-12-31", True)
    assert day.operands == (Operand("row.expected_close", Kind.DATE, "2026-12-30"),)
    assert (stalled.text, stalled.holds) == ("!row.stalled", None)


@pytest.mark.parametrize("text", ["row.value > 1 && row.stalled", "row.value > 1 || row.stalled", "!(row.value < 1)"])
def test_the_clauses_of_what_fired_are_those_that_would_be_found(text: str) -> None:
    condition = CelExpressions().condition(text, FORMS[Form.ROWS])
    given: dict[str, Given] = {
        "row": {"value": Decimal(2), "currency": "EUR", "stalled": None if "||" in text else True}
    }
    assert condition(given) is True
    assert condition.clauses(given, fired=True) == condition.clauses(given)


def test_an_amount_without_a_currency_is_a_number() -> None:
    condition = CelExpressions().condition("row.value >= 100", FORMS[Form.ROWS])
    (clause,) = condition.clauses({"row": {"value": Decimal(120)}})
    assert clause.operands == (Operand("row.value", Kind.INT, 120),)


def test_a_currency_of_the_accounts_own_is_a_key_as_well() -> None:
    condition = CelExpressions().condition('group.value["PTS:0:Points"] >= 100', FORMS[Form.GROUPS])
    assert condition({"group": {"value": {"PTS:0:Points": Decimal(120)}}}) is True


def test_the_currency_of_a_group_is_its_key() -> None:
    condition = CelExpressions().condition('group.value["EUR"] >= 100', FORMS[Form.GROUPS])
    (clause,) = condition.clauses({"group": {"value": {"EUR": Decimal(120)}}})
    assert clause.operands == (Operand('group.value["EUR"]', Kind.MONEY, 12_000, "EUR"),)


def test_a_number_that_only_an_answer_knows_is_a_count_or_a_share() -> None:
    condition = CelExpressions().condition('now["won"] > 5 || now["share"] < 0.2', FORMS[Form.QUERY])
    clauses = condition.clauses({"now": {"won": Decimal(3), "share": Decimal("0.18")}})
    assert [clause.operands[0].kind for clause in clauses] == [Kind.INT, Kind.RATIO]


@dataclass(frozen=True)
class Node:
    """A clause, or two nodes with the operator that joins them."""

    text: str
    joined: tuple["Node", str, "Node"] | None = None


LEAVES = st.sampled_from(
    [
        "row.value >= 100",
        "row.value == null",
        'row.owner != "Ann"',
        "was != null",
        "was == null",
        "row.value > was.value",
        "!row.stalled",
        '!(row.owner == "Ann" && row.stalled)',
        'row.owner.contains("&& (")',
        '["A", "B"].exists(x, row.owner == x || row.stalled)',
        "has(row.owner)",
        "was.owner == null",
        "(row.stalled ? row.value > 1 : row.value > 2)",
    ]
).map(Node)
TREES = st.recursive(
    LEAVES,
    lambda below: st.tuples(below, st.sampled_from(["&&", "||"]), below).map(
        lambda three: Node(f"({three[0].text}) {three[1]} ({three[2].text})", three)
    ),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries(
    {
        "value": st.none() | st.sampled_from([Decimal(0), Decimal(100), Decimal("100.01")]),
        "owner": st.none() | st.sampled_from(["Ann", "A"]),
        "stalled": st.none() | st.booleans(),
    }
)


def joined(node: Node, answers: list[bool | None]) -> bool | None:
    """Takes the answers of the node's clauses from the front."""
    if node.joined is None:
        return answers.pop(0)
    left, operator, right = node.joined
    both = [joined(left, answers), joined(right, answers)]
    decisive = operator == "||"
    return decisive if decisive in both else None if None in both else not decisive


@given(TREES, ROWS, st.none() | ROWS)
@settings(max_examples=300, deadline=None)
def test_the_clauses_joined_give_the_answer_of_the_condition(
    node: Node, row: dict[str, Value], was: dict[str, Value] | None
) -> None:
    condition = CelExpressions().condition(node.text, FORMS[Form.ROWS])
    variables: dict[str, Given] = {"row": row, "was": was}
    answers = [clause.holds for clause in condition.clauses(variables)]
    assert joined(node, answers) is condition(variables)
    assert answers == []
