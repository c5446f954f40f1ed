"""Each form of a rule has its own variables."""

from dataclasses import replace

import pytest

from worker.domain.alert.rule import ChangeKind, Form, Rule
from worker.domain.alert.variables import variables_of
from worker.domain.snapshot.snapshot import Kind

RULE = Rule("r", "r", Form.ROWS, "deals", "")
COLUMNS = {"key": Kind.ID, "value": Kind.MONEY, "owner_id": Kind.ID}


@pytest.mark.parametrize(
    ("form", "names", "absent"),
    [
        (Form.ROWS, {"row", "was", "measures"}, {"was"}),
        (Form.GROUPS, {"group", "was_group"}, {"was_group"}),
        (Form.CHANGES, {"row", "was", "change"}, {"row", "was"}),
        (Form.QUERY, {"now", "compared", "was"}, {"compared", "was"}),
    ],
)
def test_a_form_has_its_variables_and_some_of_them_may_be_null(form: Form, names: set[str], absent: set[str]) -> None:
    found = variables_of(replace(RULE, form=form, by="owner_id", change=ChangeKind.ADDED), COLUMNS)
    assert found.keys() == names
    assert {name for name, one in found.items() if one.absent} == absent


def test_what_a_group_holds() -> None:
    group = variables_of(replace(RULE, form=Form.GROUPS, by="owner_id"), COLUMNS)["group"]
    assert group.columns["key"] is Kind.ID
    assert set(group.columns) == {"key", "name", "count", "count_with_value"}
    assert group.maps == {"value": Kind.MONEY}


def test_columns_that_an_answer_decides_are_open_and_others_are_not() -> None:
    assert variables_of(RULE, None)["row"].open
    assert not variables_of(RULE, COLUMNS)["row"].open


def test_measures_are_read_by_key_and_two_words_belong_to_the_main_table() -> None:
    measures = {"won.count": Kind.INT, "rows": Kind.MONEY, "value": Kind.INT}
    now = variables_of(replace(RULE, form=Form.QUERY), COLUMNS, measures)["now"]
    assert (now.keys, now.columns, now.maps) == ({"won.count": Kind.INT}, {"rows": Kind.INT}, {"value": Kind.MONEY})
    assert now.open
    assert not variables_of(replace(RULE, form=Form.QUERY), COLUMNS, measures, complete=True)["now"].open
