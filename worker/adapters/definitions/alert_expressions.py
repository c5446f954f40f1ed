"""The expressions of a rule, each checked against what its form can read."""

from collections.abc import Mapping

from worker.adapters.definitions.alert_forms import Target
from worker.adapters.definitions.items import LoadContext
from worker.adapters.definitions.place import Path
from worker.domain.alert.rule import Form, Rule
from worker.domain.alert.variables import variables_of
from worker.domain.expression import Variable
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError
from worker.ports.expressions import Condition


def check_expressions(context: LoadContext, path: Path, rule: Rule, target: Target) -> None:
    """`path`: the rule's. A fault in the condition of a ready-made rule is reported at its `rule`."""
    variables = variables_of(rule, target.columns, target.measures or {}, complete=target.measures is not None)
    fires: Path = (*path, "rule" if rule.ready_made else "if")
    written: dict[Path, str] = {fires: rule.condition}
    written |= {(*path, "until"): rule.until} if rule.until else {}
    written |= {(*path, "severity", severity.value): text for severity, text in rule.severities.items()}
    made = {place: checked(context, place, text, variables) for place, text in written.items()}
    fine = {place: condition for place, condition in made.items() if condition is not None}
    if target.deals and rule.form in (Form.ROWS, Form.CHANGES) and not _says_currency(fine.get(fires)):
        for place, condition in fine.items():
            _warn_of_money(context, place, condition)


def checked(context: LoadContext, at: Path, text: str, variables: Mapping[str, Variable]) -> Condition | None:
    """None after a complaint."""
    try:
        return context.kinds.expressions.condition(text, variables)
    except RequestError as error:
        context.sheet.complain(at, *complaint(str(at[-1]), error))
        return None


def complaint(key: str, error: RequestError) -> tuple[str, str]:
    """What was found in the expression below `key`, and what to write."""
    found, _, expected = str(error).rpartition(": ")
    return f"`{key}` at {found}" if found.startswith("character ") else f"`{key}`: {found}", expected


def _says_currency(condition: Condition | None) -> bool:
    """Whether `if` names a currency; the rule's other expressions then need none."""
    return condition is not None and any(name.endswith(".currency") for name in _operands(condition))


def _warn_of_money(context: LoadContext, at: Path, condition: Condition) -> None:
    """A list may hold amounts in several currencies, which are compared as if they were one."""
    operands = _operands(condition)
    money = sorted(name for name, kind in operands.items() if kind is Kind.MONEY)
    if money and not any(name.endswith(".currency") for name in operands):
        expected = 'write `row.currency == "EUR" && …`, unless all deals have one currency'
        context.sheet.warn(at, f"`{money[0]}` without a currency: the list may hold several", expected)


def _operands(condition: Condition) -> Mapping[str, Kind]:
    """The values that it compares, by name, without those of which it only asks whether they are null."""
    clauses = condition.clauses({})
    return {one.name: one.kind for clause in clauses if clause.threshold != "null" for one in clause.operands}
