"""A condition in words: "value at least €50,000 and stage is Proposal"."""

import re
from collections.abc import Iterable

from worker.domain.alert.notification import RuleShown
from worker.domain.alert.subject import Amount, ClauseResult, Operand
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.alert.values import ClauseValues
from worker.rendering.alert.written import clauses_of
from worker.rendering.wording import Wording

OPERATORS = {">=": "ge", ">": "gt", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}
WHY = "change.why"
"""The class of a change."""

_IN = re.compile(r"(\S+)\s+in\s+\[([^\]]*)\]")
_ITEM = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s,\"']+)")
_DATES = frozenset({Kind.DATE, Kind.INSTANT})
LONGEST, WHOLE = 200, 2_000


class Conditions:
    def __init__(self, w: Wording) -> None:
        self._w = w
        self._values = ClauseValues(w)

    def rule(self, rule: RuleShown, clauses: Iterable[ClauseResult]) -> str:
        """The rule's whole condition. A clause that has no words is printed as it is written."""
        text, words = self._w.clean(rule.condition, WHOLE), list[str]()
        for clause in sorted([*clauses] or clauses_of(text), key=lambda one: -len(one.text)):
            written = self._w.clean(clause.text, WHOLE)
            if written and written in text:
                text = text.replace(written, f"\0{len(words)}\0")
                words.append(self.clause(clause, rule))
        text = re.sub(r"!\s*(?=\()", f"{self._w.say('alert.not_all')} ", text)
        for sign, key in (("&&", "alert.and"), ("||", "alert.or")):
            text = text.replace(sign, f" {self._w.say(key)} ")
        told = re.sub("\0(\\d+)\0", lambda found: words[int(found[1])], " ".join(text.split()))
        return shortened(told, LONGEST * 2)

    def clause(self, clause: ClauseResult, rule: RuleShown) -> str:
        """In the words of the rule: "value at least €50,000"."""
        one = clause.operands[0] if len(clause.operands) == 1 else None
        if one is None:
            return self._without_operand(clause)
        label = self._values.label(one.name)
        if clause.operator in OPERATORS:
            return self._compared(clause, one, label, rule)
        bare = clause.text.strip()
        if one.kind is Kind.BOOL and bare.lstrip("! ") == one.name:
            return self._w.say("alert.not", what=label) if bare.startswith("!") else label
        return self._listed(clause, one, label)

    def _without_operand(self, clause: ClauseResult) -> str:
        """A variable that is null as a whole has no value to print: "was == null"."""
        if clause.threshold == "null" and not clause.operands:
            return self._w.say(f"alert.absent.{'eq' if clause.operator == '==' else 'ne'}")
        return self._w.clean(clause.text, LONGEST)

    def _listed(self, clause: ClauseResult, one: Operand, label: str) -> str:
        """For a comparison with a list: "owner is one of Ann, Bo". Any other clause is printed as it is written."""
        found = _IN.fullmatch(clause.text)
        if found is None or found[1] != one.name:
            return self._w.clean(clause.text, LONGEST)
        names = ", ".join(self._values.threshold("".join(item), one) for item in _ITEM.findall(found[2]))
        return self._w.say("alert.clause", what=label, bound=self._w.say("alert.bound.in", limit=names))

    def _compared(self, clause: ClauseResult, one: Operand, label: str, rule: RuleShown) -> str:
        same = clause.operator == "=="
        if clause.threshold == "null":
            return self._w.say(f"alert.unknown.{'eq' if same else 'ne'}", what=label)
        if one.kind is Kind.BOOL and clause.threshold in {"true", "false"}:
            meant = same is (clause.threshold == "true")
            return label if meant else self._w.say("alert.not", what=label)
        if one.name == WHY and same and clause.threshold in frozenset(Move):
            word = self._w.move_label(Move(clause.threshold))
            return word[:1].lower() + word[1:]
        if self._values.counts(one) and clause.threshold.isdecimal():
            return self._bound(clause, one, self.count(int(clause.threshold), rule))
        return self._w.say("alert.clause", what=label, bound=self._bound(clause, one))

    def count(self, number: int, rule: RuleShown) -> str:
        """The number of rows, with the noun for them."""
        return self._w.deals(number) if rule.stalled else self._w.say("rows", number)

    def _bound(self, clause: ClauseResult, one: Operand, limit: str = "") -> str:
        known = OPERATORS[clause.operator]
        dated = f"alert.bound.date.{known}"
        key = dated if one.kind in _DATES and self._w.knows(dated) else f"alert.bound.{known}"
        return self._w.say(key, limit=limit or self._values.threshold(clause.threshold, one))

    def seen(self, clause: ClauseResult, rule: RuleShown, shown: Amount | None = None) -> str:
        """With the value that decided: "win rate 18.0%, below 25.0%". `shown`: the amount that is printed beside it and
        is not repeated.
        """
        if not _simple(clause):
            said = [self._said(one, rule) for one in clause.operands if one.kind is not Kind.BOOL]
            return shortened(", ".join(said), LONGEST) if len(said) > 1 else self.clause(clause, rule)
        [one] = clause.operands
        same = clause.operator == "==" or one.value is None or one.kind is Kind.BOOL
        beside = shown is not None and _is(one, shown)
        if same or (beside and not self._values.counts(one)):
            return self.clause(clause, rule)
        if beside:
            return self._bound(clause, one)
        return f"{self._said(one, rule)}, {self._bound(clause, one)}"

    def beside(self, clause: ClauseResult, shown: Amount | None) -> bool:
        """Whether the clause says no more than what the amount beside it is compared with."""
        return _simple(clause) and shown is not None and _is(clause.operands[0], shown)

    def no_longer(self, clause: ClauseResult, rule: RuleShown, shown: Amount | None = None) -> str:
        """For a clause that no longer holds: "value €40,000, no longer at least €50,000"."""
        if not _simple(clause) or clause.operands[0].kind is Kind.BOOL:
            return self._w.say("alert.why.no_longer", what=self.clause(clause, rule))
        [one] = clause.operands
        bound = self._w.say("alert.why.no_longer", what=self._bound(clause, one))
        if shown is not None and _is(one, shown):
            return f"{self._values.label(one.name)} {bound}"
        return f"{self._said(one, rule)}, {bound}"

    def _said(self, one: Operand, rule: RuleShown) -> str:
        if self._values.counts(one) and isinstance(one.value, int):
            return self.count(one.value, rule)
        return f"{self._values.label(one.name)} {self._values.value(one)}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis. The caller has already cleaned the text."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _simple(clause: ClauseResult) -> bool:
    """Whether the clause compares one value with a constant."""
    return len(clause.operands) == 1 and clause.operator in OPERATORS and clause.threshold != "null"


def _is(operand: Operand, amount: Amount) -> bool:
    """Whether a clause read the amount itself."""
    known = operand.value is not None and not isinstance(operand.value, bool | str)
    same = (operand.kind, operand.currency, operand.value) == (amount.kind, amount.currency, amount.value)
    return known and same
