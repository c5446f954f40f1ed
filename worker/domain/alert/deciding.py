"""Which number an alert is about, and in which direction it gets worse (decision 080)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.domain.alert.rule import Severity
from worker.domain.alert.state import LastNotification
from worker.domain.alert.subject import Amount, ClauseResult, Operand
from worker.domain.snapshot.snapshot import Kind

NUMBERS = frozenset({Kind.INT, Kind.MONEY, Kind.RATIO, Kind.SECONDS})

_NAME = re.compile(r"""(?P<variable>row|group|now)(?:\.(?P<column>\w+))?(?:\[\s*["'](?P<key>[^"']+)["']\s*])?""")


@dataclass(frozen=True, slots=True)
class Deciding:
    """The operand of a condition that compares a number of the subject. `variable`: row, group or now; `column` and
    `key`: what is written behind its dot and in its brackets. `falls`: the lower, the worse.
    """

    variable: str
    column: str = ""
    key: str = ""
    falls: bool = False


def deciding(clauses: Sequence[ClauseResult], *, money_only: bool = False) -> Deciding | None:
    """The operand of the first clause that compares an amount of money of the subject, else of the first that compares
    another number of it. None if no clause does. It depends on the text of the rule, not on the results of the clauses.
    `money_only`: for a deal, because messages always name a deal with its value.
    """
    found = [(clause.operands[0], one) for clause in clauses if (one := _of(clause)) is not None]
    money = (one for operand, one in found if operand.kind is Kind.MONEY)
    return next(money, None) or next((one for _, one in found if not money_only), None)


def is_worse(amount: Amount | None, severity: Severity, last: LastNotification, *, falls: bool) -> bool:
    """Compared with the last notification: a higher severity, or a number that moved by a tenth or more in the bad
    direction.
    """
    if severity.rank > last.severity.rank:
        return True
    if amount is last.amount or amount is None or last.amount is None:
        return False
    if amount.value is None or last.amount.value is None:
        return False
    if (amount.kind, amount.currency) != (last.amount.kind, last.amount.currency):
        return False
    old, new = Decimal(str(last.amount.value)), Decimal(str(amount.value))
    rise = old - new if falls else new - old
    return rise > 0 and rise * 10 >= abs(old)


def _of(clause: ClauseResult) -> Deciding | None:
    first = clause.operands[0] if clause.operands else None
    name = _NAME.fullmatch(first.name) if first is not None and _may_be_number(first) else None
    sign = clause.operator or _sign(clause.text)
    if name is None or sign[:1] not in ("<", ">"):
        return None
    return Deciding(name["variable"], name["column"] or "", name["key"] or "", sign.startswith("<"))


def _may_be_number(operand: Operand) -> bool:
    """What only an answer decides is called a text while its value is not known."""
    return operand.kind in NUMBERS or (operand.kind is Kind.TEXT and operand.value is None)


def _sign(text: str) -> str:
    """Of a clause that compares two values: its only comparison, or nothing."""
    signs = set(re.findall(r"[<>]", text))
    return signs.pop() if len(signs) == 1 else ""
