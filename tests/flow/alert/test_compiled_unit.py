"""Expressions, each compiled once."""

from dataclasses import replace

from tests.support.alert_fakes import BIG
from tests.support.fakes import Least
from worker.domain.alert.rule import Severity
from worker.domain.snapshot.snapshot import Kind
from worker.flow.alert.compiled import Compiled, predicates_of
from worker.flow.run.conditions import ROW


async def test_equal_rules_are_compiled_once_and_other_ones_are_not() -> None:
    least = Least()
    compiled = Compiled(least)
    one = await compiled.rule(BIG, columns=ROW.columns)
    assert await compiled.rule(replace(BIG, id="same", name="Same"), columns=ROW.columns) is one
    assert least.compiled == 1
    assert await compiled.rule(replace(BIG, condition="2000"), columns=ROW.columns) is not one
    assert await compiled.rule(BIG) is not one
    assert await compiled.rule(BIG, columns=ROW.columns, measures={"won.value": Kind.MONEY}) is not one


async def test_the_condition_of_an_entry_is_compiled_once() -> None:
    least = Least()
    compiled = Compiled(least)
    assert await compiled.rows("5") is await compiled.rows("5")
    assert least.compiled == 1


async def test_the_filter_of_a_schedule_is_compiled_once() -> None:
    least = Least()
    compiled = Compiled(least)
    assert await compiled.event("5") is await compiled.event("5")
    assert least.compiled == 1


def test_a_rule_has_a_predicate_for_each_expression_and_every_variable_is_read() -> None:
    written = replace(BIG, until="1", severities={Severity.CRITICAL: "9000"})
    made = predicates_of(Least(), written, {}, ROW.columns)
    assert made.until is not None
    assert set(made.severities) == {Severity.CRITICAL}
    assert made.reads["row"] == {"value", "currency"}, "an amount is shown in its currency"
    assert set(made.reads) == {"row", "was", "measures"}, "whose absence alone may be asked"
    assert predicates_of(Least(), BIG, {}, ROW.columns).until is None
