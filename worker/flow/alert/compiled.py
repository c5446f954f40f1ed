"""The expressions of rules and of entries, each compiled once."""

from dataclasses import dataclass, field
from typing import Protocol

from worker.domain.alert.predicates import Predicates
from worker.domain.alert.rule import Rule
from worker.domain.alert.variables import variables_of
from worker.domain.expression import CURRENCY, Columns, Variable
from worker.domain.snapshot.snapshot import Kind
from worker.domain.source_event import VARIABLES
from worker.flow.run.conditions import condition_of
from worker.memo import Memo
from worker.ports import Condition, Expressions

KEPT = 2_000
"""Rules and conditions that a process keeps compiled."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Keeps compiled expressions, by their text and everything else that they depend on."""

    expressions: Expressions
    memo: Memo = field(default_factory=lambda: Memo(KEPT))

    async def rule(self, rule: Rule, *, columns: Columns | None = None, measures: Columns | None = None) -> Predicates:
        """`columns`: of the rule's table; `measures`: of its query; each as far as they are known before an answer.
        Raises RequestError for an expression that this version does not understand: another version deployed it.
        """
        known = measures or {}

        async def compiled() -> Predicates:
            return predicates_of(self.expressions, rule, known, columns)

        severities = tuple(rule.severities.items())
        of_table = tuple(columns.items()) if columns is not None else None
        form = (rule.form, rule.table, rule.by, rule.change, of_table, tuple(known.items()))
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


def predicates_of(expressions: Expressions, rule: Rule, measures: Columns, columns: Columns | None) -> Predicates:
    """Raises RequestError as `Compiled.rule`."""
    variables = variables_of(rule, columns, measures)
    fires = expressions.condition(rule.condition, variables)
    until = expressions.condition(rule.until, variables) if rule.until else None
    severities = {one: expressions.condition(text, variables) for one, text in rule.severities.items()}
    every = [fires, *([until] if until is not None else []), *severities.values()]
    # A variable of which nothing but its absence is asked has no names, and is given all the same.
    reads = {name: frozenset[str]().union(*(one.names(name) for one in every)) for name in variables}
    reads = {name: _with_currency(variables[name], names) for name, names in reads.items()}
    return Predicates(fires, fires.clauses, until, severities, reads)


def _with_currency(variable: Variable, names: frozenset[str]) -> frozenset[str]:
    """The value of an amount is shown in its currency."""
    money = any(variable.columns.get(name) is Kind.MONEY for name in names)
    return names | {CURRENCY} if money and CURRENCY in variable.columns else names
