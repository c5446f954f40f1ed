"""The head of a notification: the counts, or its only subject."""

from collections import Counter
from collections.abc import Sequence

from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import Amount
from worker.rendering.alert.amounts import AlertAmounts
from worker.rendering.alert.findings import FindingWords, ended, small
from worker.rendering.alert.groups import firing
from worker.rendering.alert.subject_words import SubjectWords, stalls
from worker.rendering.wording import Wording

COUNTED = ("worse", "new", "event", "after_silence", "repeat", "resolved", "over", "no_data", "data_back")
"""The order in which counts are printed."""


class AlertHead:
    def __init__(
        self, notification: Notification, w: Wording, amounts: AlertAmounts, words: FindingWords, subjects: SubjectWords
    ) -> None:
        self._of = notification
        self._w = w
        self._amounts = amounts
        self._words = words
        self._subjects = subjects
        self._counts = Counter(words.kind(one) for one in notification.findings)

    @property
    def one(self) -> Finding | None:
        return self._of.findings[0] if len(self._of.findings) == 1 else None

    @property
    def rule(self) -> RuleShown | None:
        """The rule, if exactly one has a finding."""
        ids = {one.rule for one in self._of.findings}
        return self._of.rule(ids.pop()) if len(ids) == 1 else None

    @property
    def all_over(self) -> bool:
        return all(ended(one) for one in self._of.findings)

    def label(self) -> str:
        """Printed above the headline: first report, still open since when, or no longer open. Empty for several
        rules.
        """
        kinds = {self._words.kind(one) for one in self._of.findings}
        if self.rule is None or kinds == {"no_data"}:
            return ""
        if self.one is not None and kinds & {"event", "data_back", "over"}:
            return self._words.word(self.one)
        form = "stalled" if stalls(self.rule) else "case"
        return self._w.say(f"alert.head.no_longer.{form}") if self.all_over else self._still_or_new(form, kinds)

    def _still_or_new(self, form: str, kinds: set[str]) -> str:
        older = {AlertReason.WORSE, AlertReason.REPEAT, AlertReason.AFTER_SILENCE}
        since = [one.since for one in self._of.findings if one.reason in older]
        if since:
            return self._w.say(f"alert.head.still.{form}", date=self._w.date(min(since)))
        if kinds - {"over"} != {"new"}:
            return ""
        first = any(one.reason is AlertReason.FIRST for one in self._of.findings)
        return self._w.say(f"alert.head.{'first' if first else 'new'}.{form}")

    def headline(self) -> str:
        """The only subject; otherwise the counts: "1 worse, 1 new", "2 of 3 resolved"."""
        if self.one is not None:
            gone = self.one.reason is AlertReason.NO_DATA
            return self._w.say("alert.no_data") if gone else self._subjects.name(self.one.facts)
        total, rule = len(self._of.findings), self.rule
        if self._all_stalled:
            return self._w.say("alert.head.stalled", total)
        if self._counts["resolved"] == total and rule is not None and rule.open:
            return self._w.say("alert.head.resolved_of", total, total=self._w.count(total + rule.open))
        return self.counts() or self.counts(repeats=True)

    @property
    def _all_stalled(self) -> bool:
        """Whether the headline is the number of stalled deals."""
        return self.rule is not None and stalls(self.rule) and self._counts["new"] == len(self._of.findings)

    def counts(self, without: str = "", *, repeats: bool = False) -> str:
        """As in "1 worse, 1 new". `without`: one finding of this kind is not counted."""
        left = self._counts - Counter([without] if without else [])
        kinds = [kind for kind in COUNTED if left[kind] and (repeats or kind != "repeat")]
        return ", ".join(self._w.say(f"alert.count.{kind}", left[kind]) for kind in kinds)

    def total(self) -> tuple[str, str]:
        """The amount below the headline, and its note; both may be empty."""
        if self.one is not None and self.one.reason is AlertReason.NO_DATA:
            return "", self._subjects.query(self._of.rule(self.one.rule))
        if self.one is not None:
            rule, why = self._of.rule(self.one.rule), self._words.why(self.one)
            amount = self._words.known_amount(self.one.facts, rule)
            counted = amount and amount == self._words.count(self.one.facts, rule)
            return amount, f"({why})" if counted else why
        if self.rule is None:
            return "", self._w.say("alert.head.rules", len({one.rule for one in self._of.findings}))
        return self._resolved() if self.all_over else self._open(self.rule)

    def _resolved(self) -> tuple[str, str]:
        by_word: dict[str, list[Amount | None]] = {}
        for one in self._of.findings:
            by_word.setdefault(self._words.word(one), []).append(_last(one))
        total = self._amounts.sum(map(_last, self._of.findings))
        parts = [
            f"{self._amounts.sum(amounts) or self._w.count(len(amounts))} {small(word)}"
            for word, amounts in by_word.items()
        ]
        return total, ", ".join(parts)

    def _open(self, rule: RuleShown) -> tuple[str, str]:
        listed = firing(self._of, rule)
        whole, number = rule.open <= listed, max(rule.open, listed)
        amount, unvalued = self._amounts.known(rule.open_amount), ""
        if not amount and whole:
            amounts = [one.facts.amount for one in self._of.findings if not ended(one)]
            amount, unvalued = self._amounts.sum(amounts), self._unvalued(amounts)
        if self._all_stalled and whole:
            said = (self._w.say("alert.head.in_all"), self._each(), unvalued)
            return amount, ", ".join(part for part in said if amount and part)
        count = self._w.deals(number) if stalls(rule) else self._w.say("alert.open", number) if number else ""
        parts = (count, unvalued, self._since_last(rule) if whole else "")
        return amount, ", ".join(part for part in parts if part)

    def _each(self) -> str:
        """What each amount is compared with, which the rows do not repeat: "value at least €50,000 each"."""
        bounds = {self._words.bound(one) for one in self._of.findings}
        said = bounds.pop() if len(bounds) == 1 else ""
        return self._w.say("alert.head.each", what=said) if said else ""

    def _unvalued(self, amounts: Sequence[Amount | None]) -> str:
        """For a sum: how many of its amounts are not known."""
        number = sum(1 for one in amounts if one is not None and one.value is None)
        return self._w.say("alert.head.unvalued", number) if number else ""

    def _since_last(self, rule: RuleShown) -> str:
        """The change of the sum of all open alerts since the last report to the reader. "" if nothing was reported
        before, or if other alerts are open whose change is not known.
        """
        now = rule.open_amount
        if now is None or not any(one.notified for one in self._of.findings):
            return ""
        delta = _delta(self._of.findings, now)
        if delta is None or now.value is None:
            return ""
        change = self._amounts.change(now, Amount(now.kind, now.value - delta, now.currency))
        if change == "=":
            return self._w.say("alert.head.unchanged")
        return self._w.say("alert.head.since_told", change=change)


def _delta(findings: Sequence[Finding], like: Amount) -> int | float | None:
    """The change of the sum that all findings together cause; None if one of them has another kind or currency."""
    total: int | float = 0
    for one in findings:
        before = None if one.notified is None else one.notified.amount
        now = None if ended(one) else one.facts.amount
        known = [amount for amount in (before, now) if amount is not None]
        if any((amount.kind, amount.currency) != (like.kind, like.currency) for amount in known):
            return None
        total += _number(now) - _number(before)
    return total


def _number(amount: Amount | None) -> int | float:
    """What the amount adds to a sum: 0 for an unknown value."""
    return 0 if amount is None or amount.value is None else amount.value


def _last(finding: Finding) -> Amount | None:
    """The last amount of an alert that is over."""
    told = None if finding.notified is None else finding.notified.amount
    return finding.facts.amount if finding.facts.amount is not None else told
