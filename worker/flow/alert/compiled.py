"""The expressions of rules and of entries, each compiled once."""

from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.alert.predicates import Predicates
from worker.domain.alert.rule import Rule
from worker.domain.alert.variables import variables_of
from worker.domain.expression import CURRENCY, Columns, Variable
from worker.domain.snapshot.snapshot import Kind
from worker.domain.source_event import VARIABLES
from worker.flow.run.conditions import ROW, condition_of
from worker.memo import Memo
from worker.ports import Condition, Expressions

KEPT = 2_000
"""Rules and conditions that a process keeps compiled."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Keeps what it compiled by the text and all else that it depends on."""

    expressions: Expressions
    memo: Memo = field(default_factory=lambda: Memo(KEPT))

    async def rule(self, rule: Rule, *, deals: bool, measures: Columns | None = None) -> Predicates:
        """`deals`: the rule's query lists opportunities, so that the columns of its main table are known. `measures`:
        what those of the query hold that are known before an answer. Raises RequestError for an expression that this
        version does not understand: another version deployed it.
        """
        known = measures or {}

        async def compiled() -> Predicates:
            return predicates_of(self.expressions, rule, known, deals=deals)

        severities = tuple(rule.severities.items())
        form = (rule.form, rule.table, rule.by, rule.change, deals, tuple(known.items()))
        return await self.memo.get(("rule", form, rule.condition, rule.until, severities), compiled)

    async def rows(self, text: str) -> Condition:
        """The condition of an entry on the rows that its reader sees. Raises RequestError as `rule`."""

        async def compiled() -> Condition:
            return condition_of(self.expressions, text)

        return await self.memo.get(("rows", text), compiled)

    async def event(self, text: str) -> Condition:
        """The filter of a schedule on events. Raises RequestError as `rule`."""

        async def compiled() -> Condition:
            return self.expressions.condition(text, VARIABLES)

        return await self.memo.get(("event", text), compiled)


class UsesCompiled(Protocol):
    @property
    def compiled(self) -> Compiled: ...


def predicates_of(expressions: Expressions, rule: Rule, measures: Columns, *, deals: bool) -> Predicates:
    """Raises RequestError as `Compiled.rule`."""
    variables = variables_of(rule, ROW.columns if deals and not rule.table else None, measures)
    fires = expressions.condition(rule.condition, variables)
    until = expressions.condition(rule.until, variables) if rule.until else None
    severities = {one: expressions.condition(text, variables) for one, text in rule.severities.items()}
    every = [fires, *([until] if until is not None else []), *severities.values()]
    # A variable of which nothing but its absence is asked has no names, and is given all the same.
    reads = {name: frozenset[str]().union(*(one.names(name) for one in every)) for name in variables}
    reads = {name: _with_currency(variables[name], names) for name, names in reads.items()}
    return Predicates(fires, fires.clauses, until, severities, reads)


def _with_currency(variable: Variable, names: frozenset[str]) -> frozenset[str]:
    """What is read of an amount is shown in its currency."""
    money = any(variable.columns.get(name) is Kind.MONEY for name in names)
    return names | {CURRENCY} if money and CURRENCY in variable.columns else names
