"""Why a reader gets a notification: the rule in words, the previous check, and the next one."""

from collections.abc import Iterator
from dataclasses import replace

from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.rule import Form
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import ClauseResult
from worker.rendering.alert.conditions import Conditions
from worker.rendering.alert.findings import ended
from worker.rendering.alert.groups import by_rule, firing, rules_in_order
from worker.rendering.alert.subject_words import stalls
from worker.rendering.wording import Wording

RULES = 5
"""The number of rules that are explained; the other rules are listed by id only."""

_NEW = frozenset({AlertReason.FIRST, AlertReason.NEW})


class WhyYouGetThis:
    def __init__(self, notification: Notification, w: Wording, conditions: Conditions) -> None:
        self._of = notification
        self._w = w
        self._conditions = conditions
        self._of_rule = by_rule(notification.findings)

    def paragraphs(self) -> tuple[str, ...]:
        """One paragraph for each rule that has a finding."""
        rules = [rule for rule in rules_in_order(self._of) if self._mine(rule)]
        told = [" ".join(self._sentences(rule, self._mine(rule))) for rule in rules[:RULES]]
        if len(rules) > RULES:
            names = ", ".join(self._w.clean(rule.name, 60) for rule in rules[RULES : RULES * 3])
            told.append(self._w.say("alert.because.others", rules=names))
        return tuple(told)

    def rule_line(self, rule: RuleShown) -> str:
        """As in "Rule big-deal-stalled: value at least €50,000."."""
        words = self._conditions.rule(rule, _clauses(self._mine(rule)))
        key = "alert.because.rule" if words else "alert.rule_alone"
        return self._w.say(key, rule=self._w.clean(rule.name, 60), words=words)

    def _mine(self, rule: RuleShown) -> list[Finding]:
        return self._of_rule.get(rule.id, [])

    def _sentences(self, rule: RuleShown, mine: list[Finding]) -> Iterator[str]:
        reasons = {one.reason for one in mine}
        yield self.rule_line(rule)
        if AlertReason.NO_DATA in reasons:
            yield self._w.say("alert.because.no_data")
            return
        if reasons == {AlertReason.DATA_BACK}:
            yield self._w.say("alert.because.data_back")
            return
        if rule.form is Form.CHANGES:
            yield self._w.say("alert.because.event")
            return
        if all(ended(one) for one in mine):
            yield self._w.say("alert.because.resolved" if AlertReason.RESOLVED in reasons else "alert.because.over")
            return
        if reasons & _NEW:
            yield self._last_check(rule, len(mine))
        if AlertReason.WORSE in reasons:
            yield self._w.say("alert.because.worse")
        if AlertReason.AFTER_SILENCE in reasons:
            yield self._w.say("alert.because.after_silence")
        if len(self._of.rules) == 1 and rule.open and rule.open <= firing(self._of, rule):
            yield self._w.say("alert.because.nothing_else")
        yield self._next(rule)

    def _last_check(self, rule: RuleShown, number: int) -> str:
        if rule.last_check is None:
            return self._w.say("alert.because.first_check")
        kind = "stalled" if stalls(rule) else "case"
        return self._w.say(f"alert.because.last_check.{kind}", number, date=self._w.stamp(rule.last_check))

    def _next(self, rule: RuleShown) -> str:
        if rule.repeat is not None:
            return self._w.say("alert.because.repeats", every=self._w.every(rule.repeat))
        return self._w.say(f"alert.because.once.{'stalled' if stalls(rule) else 'case'}")


def _clauses(findings: list[Finding]) -> tuple[ClauseResult, ...]:
    """The clauses of the first finding that has any; without a currency if the findings have several."""
    found = next((one.clauses for one in findings if one.clauses), ())
    read = [operand for one in findings for clause in one.clauses for operand in clause.operands]
    if len({operand.currency for operand in read if operand.currency is not None}) < 2:
        return found
    return tuple(
        replace(clause, operands=tuple(replace(operand, currency=None) for operand in clause.operands))
        for clause in found
    )
