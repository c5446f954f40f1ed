"""Conditions on a row: exact in cents, undecided where a value is not known, refused at load where they are wrong."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.expressions.cel import LONGEST, CelExpressions
from worker.domain.expression import Value, Variable
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError

ROW = Variable({"key": Kind.ID, **{column.name: column.kind for column in COLUMNS}})


def holds(text: str, **row: Value) -> bool | None:
    return CelExpressions().condition(text, {"row": ROW})({"row": row})


CENTS = st.integers(-10_000_000_000, 10_000_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
COMPARED = {"<": Fraction.__lt__, "<=": Fraction.__le__, "==": Fraction.__eq__, ">=": Fraction.__ge__}


@given(CENTS, CENTS, CENTS, st.sampled_from([*COMPARED]), st.sampled_from("+-"))
@settings(max_examples=400, deadline=None)
def test_sums_and_differences_of_amounts_are_exact(
    value: Decimal, annual: Decimal, limit: Decimal, comparison: str, sign: str
) -> None:
    """Exactly at a limit is where a binary fraction goes wrong: 1234.66 - 1234.56 is not 0.10 there."""
    total = Fraction(value) + Fraction(annual) * (1 if sign == "+" else -1)
    at = Decimal(total.numerator) / Decimal(total.denominator)
    for bound in (limit, at, at + Decimal("0.01"), at - Decimal("0.01")):
        expected = COMPARED[comparison](total, Fraction(bound))
        assert holds(f"row.value {sign} row.annual {comparison} {bound:f}", value=value, annual=annual) is expected


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("row.value >= 50000", {"value": Decimal("50000.00")}, True),
        ("row.value >= 50000", {"value": Decimal("49999.99")}, False),
        ("row.value / 2 > 100 && row.value * 3 == 750", {"value": Decimal(250)}, True),
        ("row.value - 0.1 * 2 == 0.1", {"value": Decimal("0.3")}, True),
        ("row.confidence > 1e1", {"confidence": Decimal(11)}, True),
        ("row.confidence / row.stage_order == 0.5", {"confidence": Decimal(1), "stage_order": Decimal(2)}, True),
        ("row.value / row.annual > 2", {"value": Decimal(5), "annual": Decimal(2)}, True),
        ("row.value / (row.annual - 1) / -row.annual < 0", {"value": Decimal(5), "annual": Decimal(2)}, True),
        ("-row.value < 0", {"value": Decimal(1)}, True),
        ('row.owner in ["Ann", "Bo"]', {"owner": "Bo"}, True),
        ('row.owner.matches("(?i)^ann") && row.title.contains("2 * 3.5")', {"owner": "ann", "title": "2 * 3.5"}, True),
        ('row.expected_close < date("2026-12-31")', {"expected_close": datetime(2026, 12, 30, tzinfo=UTC)}, True),
        ('row.expected_close == date("2026-12-31")', {"expected_close": datetime(2026, 12, 31, tzinfo=UTC)}, True),
        (
            'row.created_at > timestamp("2026-01-02T00:00:00Z") - duration("24h")',
            {"created_at": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)},
            True,
        ),
        ('["x", "y"].exists(part, row.title.contains(part))', {"title": "by"}, True),
        ("row.value > 1 // row.nothing", {"value": Decimal(2)}, True),
    ],
)
def test_a_condition_holds_or_does_not(text: str, row: dict[str, Value], expected: object) -> None:
    assert holds(text, **row) is expected


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("row.value >= 1", {"value": None}, None),
        ("row.value >= 1", {}, None),
        ('row.owner != "Ann"', {"owner": None}, None),
        ("row.value / row.annual > 2", {"value": Decimal(5), "annual": Decimal(0)}, None),
        ("row.value / row.annual < 2", {"value": Decimal(0), "annual": Decimal(0)}, None),
        ("row.value / (row.annual - 1) > 2 || row.value == 5", {"value": Decimal(5), "annual": Decimal(1)}, True),
        ("!row.stalled", {"stalled": None}, None),
        ('row.value >= 1 || row.owner == "Ann"', {"value": None, "owner": "Ann"}, True),
        ('row.value >= 1 || row.owner == "Ann"', {"value": None, "owner": "Bo"}, None),
        ('row.value >= 1 && row.owner == "Ann"', {"value": None, "owner": "Bo"}, False),
        ("row.owner == null", {"owner": None}, True),
        ("null != row.owner", {"owner": "Ann"}, True),
        ('row.owner == null || row.owner == "Ann"', {"owner": None}, True),
        ('row.owner == null && row.owner != "Ann"', {"owner": None}, None),
        ('(row.owner == null) || row.owner == "Ann"', {"owner": "Ann"}, True),
        ("has(row.value)", {"value": None}, False),
        ("has(row.value) && row.value > 1", {"value": Decimal(2)}, True),
    ],
)
def test_nothing_is_said_of_a_value_that_is_not_known_unless_the_condition_asks_for_that(
    text: str, row: dict[str, Value], expected: object
) -> None:
    assert holds(text, **row) is expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("row.valu > 3", "character 5: row.valu, which is no column: did you mean value?"),
        ("row.value > 0 || row.ovner == 'x'", "character 22: row.ovner, which is no column: did you mean owner?"),
        ("row.value >= ", "character 14: the condition ends too early: write a condition, such as row.value >= 50000"),
        ("row.value >= 50,000", "character 16: ',' does not belong there"),
        ("", "character 1: "),
        ("row.value", "it gives a number: write a condition that is true or false"),
        ('row.value > 1 ? row.owner : "x"', "it gives text"),
        ("row.owner > 3", "character 5: row.owner, which holds text, against a number: write text in quotes"),
        ("row.value > 10 || row.owner == 3", "character 23: row.owner, which holds text, against a number"),
        (
            'row.value == "x"',
            "character 5: row.value, which holds a number, against text: write a number, such as 50000",
        ),
        ('"x" == row.value - 1', "character 1: text against a number: compare what holds the same"),
        ("row.value > row.owner", "character 5: row.value, which holds a number, against row.owner, which holds text"),
        (
            'row.stalled == "yes"',
            "character 5: row.stalled, which holds true or false, against text: write true or false",
        ),
        ('row.expected_close < "2026-12-31"', 'against text: write a day, such as date("2026-12-31")'),
        ("row.value > 1 && (row.title + 1 > 2)", "character 19: it compares or adds what does not go together"),
        ("row.value > 1 && row.title", "character 18: it gives text: write a condition"),
        ("row == null", "character 1: null beside row, which is never null: ask it of one of its values"),
        ("row.value > 1 && row", "character 18: row by itself: write one of its values, such as row.key"),
        ("!row.stalled == null", "character 17: null: ask of one value whether it is null, by itself"),
        ("row.owner in [null]", "character 15: null: ask of one value"),
        ('row.value["EUR"] > 1', "character 10: square brackets behind a name: leave them out: row.value holds one"),
        ("value > 3", "the condition uses no `row`: write row.value, not value"),
        ('"a" == "b"', "the condition uses no `row`: write a condition, such as row.value >= 50000"),
        ("(row.value > 3", "character 15: ')' is missing: write a condition"),
        ("row.value > 3 )", "character 15: ')' does not belong there"),
        ("row..value", "character 5: "),
        ("row.value = 3", "character 11: '=' cannot be read"),
        ("row.value > threshold", "threshold, which is not known here"),
        ("size(row.owner) > 3", "size, which no expression has: use all, contains, date"),
        ("row.value % 2 == 0", "character 11: the operator %"),
        ("row.value / 0 > 1", "character 13: a division by 0: write another number"),
        ("(" * 200 + "row.stalled" + ")" * 200, "its brackets are nested too deep to be read"),
        ("[1].all(a, [1].all(b, row.value > 1))", "character 16: all(…) within another one: write two conditions"),
        ("row.value > 0x10", "character 13: the number 0x10"),
        ('row["value"] > 3', "character 4: square brackets behind a name: write a column with a dot: row.value"),
        (
            'row.expected_close < date("soon")',
            'character 27: what stands in date(…): write a day, such as date("2026-12',
        ),
        ("row.value > " + "1 + " * 600 + "1", f"characters: write at most {LONGEST}"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_loaded_with_its_column(text: str, sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        CelExpressions().condition(text, {"row": ROW})
    assert sentence in str(refused.value)


@given(st.text(alphabet="row.value>=<!&|()[]{}?:\"'\\ 0123456789+-*/nul,%@#", max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_condition_or_refused_in_one_line(text: str) -> None:
    try:
        condition = CelExpressions().condition(text, {"row": ROW})
    except RequestError as error:
        refused = str(error)
    else:
        refused = "no"
        assert condition({"row": {"value": Decimal(1)}}) in (True, False, None)
    assert refused
    assert "\n" not in refused


def test_only_the_columns_that_it_names_are_asked_for() -> None:
    condition = CelExpressions().condition('row.value > 1 && row.owner == "row.title"', {"row": ROW})
    assert condition.names("row") == {"value", "owner"}
