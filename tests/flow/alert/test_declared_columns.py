"""What rules read in tables beside a list is what their columns are declared to hold."""

from dataclasses import replace

from tests.support.alert_fakes import BIG, LARGE, NOTHING, SPEC, WATCHED, Connected, found, listed, parts
from worker.adapters.expressions.cel import CelExpressions
from worker.domain.alert.subject import Operand
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table
from worker.flow.alert.compiled import Compiled
from worker.flow.alert.evaluate import evaluate_rules, rule_contexts


async def test_what_a_table_beside_the_list_holds_is_read_from_its_declared_columns() -> None:
    """A value would be guessed: 20,000 of an amount would be told as a number, and a share of 1 as a count."""
    declared = (Column("won", Kind.MONEY), Column("share", Kind.RATIO), Column("currency", Kind.TEXT))
    rule = replace(BIG, query="deals", table="users", condition="row.won >= 100 && row.share >= 0.5")
    connectors = Connected()
    connectors.spec = replace(SPEC, lists_opportunities=False, rule_tables={"users": declared})
    users = Table("users", declared, (Row("ann", (20_000_00, 1.0, "EUR")),))
    had = found(LARGE, schedule=replace(WATCHED, alerts=(rule,)))
    answers = replace(had.answers, snapshots={"deals": replace(listed(LARGE), tables=(users,), main=None)})
    given = parts(connectors=connectors, compiled=Compiled(CelExpressions()))
    contexts = await rule_contexts(given, had, NOTHING)
    done = (await evaluate_rules(replace(had, answers=answers), contexts, NOTHING, {}))["big"]
    assert [clause.operands for clause in done.clauses("ann")] == [
        (Operand("row.won", Kind.MONEY, 20_000_00, "EUR"),),
        (Operand("row.share", Kind.RATIO, 1),),
    ]
