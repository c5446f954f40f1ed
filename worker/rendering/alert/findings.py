"""One alert in words: what happened to it, and why it is reported."""

from collections.abc import Sequence

from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.rule import Form, Severity
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import ClauseResult, SubjectFacts
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.alert.amounts import AlertAmounts
from worker.rendering.alert.conditions import WHY, Conditions, shortened
from worker.rendering.alert.subject_words import SubjectWords, stalls
from worker.rendering.wording import NBSP, Wording

_MOVES = frozenset(Move)
_TONES = {"new": "in", "event": "in", "worse": "out", "no_data": "out", "data_back": "in", "after_silence": "in"}
_END_TONES = {"won": "won", "lost": "out", "revived": "in", "cleared": "in"}
_LIMIT = 300
UNBROKEN = 14
"""Characters of an amount that fit beside another amount on a narrow phone."""


def small(word: str) -> str:
    """A reason as it is written inside a sentence. No reason is a noun, which German would capitalize."""
    return word[:1].lower() + word[1:]


def ended(finding: Finding) -> bool:
    """Whether nothing is left to do: the alert is resolved, or was over before it was reported."""
    return finding.reason is AlertReason.RESOLVED or finding.over_since is not None


class FindingWords:
    def __init__(
        self,
        notification: Notification,
        w: Wording,
        amounts: AlertAmounts,
        conditions: Conditions,
        subjects: SubjectWords,
    ) -> None:
        self._of = notification
        self._w = w
        self._amounts = amounts
        self._conditions = conditions
        self._subjects = subjects
        self._events = {rule.id for rule in notification.rules if rule.form is Form.CHANGES}

    def kind(self, finding: Finding) -> str:
        """Selects the words: new, event, worse, repeat, resolved, over, after_silence, no_data, data_back."""
        if finding.over_since is not None:
            return "over"
        new = finding.reason in {AlertReason.FIRST, AlertReason.NEW}
        if new:
            return "event" if finding.rule in self._events else "new"
        return finding.reason.value

    def word(self, finding: Finding) -> str:
        """As in "Worse" or "Won"."""
        kind, (end, _) = self.kind(finding), _end(finding)
        if kind in {"resolved", "event"} and end in _MOVES:
            return self._w.move_label(Move(end))
        if kind == "event":
            change = self._of.rule(finding.rule).change
            return self._w.say(f"alert.{'new' if change is None else change.value}")
        return self._w.say("alert.cleared" if kind == "resolved" else f"alert.{kind}")

    def tone(self, finding: Finding) -> str:
        kind, (end, _) = self.kind(finding), _end(finding)
        if kind == "resolved" or (kind == "event" and end in _END_TONES):
            return _END_TONES.get(end or "cleared", "gone")
        return _TONES.get(kind, "m")

    def brief(self, finding: Finding) -> str:
        """As `why`, for a row that has columns for the amount and for the days without a change. Leaves out what the
        amount is compared with: it is the same in every row, and the head or the rule's sentence says it.
        """
        if self.kind(finding) != "new" or not self._subjects.short_days(finding.facts, finding.at):
            return self.why(finding)
        still, bounds = self._subjects.still(finding.facts), self._bounds(finding)
        rest = tuple(one for one in finding.clauses if one not in bounds)
        return shortened(self._cause(finding, still, rest) or self._cause(finding, still), _LIMIT)

    def bound(self, finding: Finding) -> str:
        """The part that `brief` leaves out: "value at least €50,000"."""
        rule = self._of.rule(finding.rule)
        return ", ".join(self._conditions.seen(one, rule, finding.facts.amount) for one in self._bounds(finding))

    def _bounds(self, finding: Finding) -> tuple[ClauseResult, ...]:
        held = (one for one in finding.clauses if one.holds)
        return tuple(one for one in held if self._conditions.beside(one, finding.facts.amount))

    def why(self, finding: Finding) -> str:
        """In words, with the value and the threshold."""
        say = {
            "over": self._over,
            "resolved": self._resolved,
            "worse": self._worse,
            "repeat": self._repeat,
            "after_silence": self._after_silence,
            "no_data": self._no_data,
            "data_back": self._data_back,
        }.get(self.kind(finding), self.cause)
        return shortened(say(finding), _LIMIT)

    def cause(self, finding: Finding) -> str:
        """Why the condition holds. For a stalled deal: since when nobody changed it, then what was compared."""
        return self._cause(finding, self._subjects.untouched(finding.facts, finding.at))

    def _cause(self, finding: Finding, stalled: str, clauses: Sequence[ClauseResult] | None = None) -> str:
        """`clauses`: the clauses to print; None: all that hold."""
        rule = self._of.rule(finding.rule)
        still = stalled if stalls(rule) else ""
        held = [one for one in (finding.clauses if clauses is None else clauses) if one.holds]
        told = [self._conditions.seen(one, rule, finding.facts.amount) for one in held if not _said_before(one, rule)]
        return ", ".join(part for part in (still, *told) if part)

    def count(self, facts: SubjectFacts, rule: RuleShown) -> str:
        """The number of rows of a group."""
        counted = rule.form is Form.GROUPS and facts.count is not None
        return self._conditions.count(facts.count or 0, rule) if counted else ""

    def amount(self, facts: SubjectFacts, rule: RuleShown) -> str:
        """The number that decides whether the alert gets worse. If it is the number of rows of a group, the noun is
        added.
        """
        amount = facts.amount
        same = amount is not None and amount.kind is Kind.INT and amount.value == facts.count
        return (self.count(facts, rule) if same else "") or self._amounts.amount(amount)

    def known_amount(self, facts: SubjectFacts, rule: RuleShown) -> str:
        """As `amount`, but empty also for an unknown amount."""
        return self.amount(facts, rule) if self._amounts.known(facts.amount) else ""

    def severity(self, finding: Finding) -> str:
        """The word for a severity other than the default one."""
        if finding.severity is Severity.WARNING or ended(finding):
            return ""
        return self._w.say(f"alert.severity.{finding.severity.value}")

    def found(self, finding: Finding) -> str:
        """When the finding was made, if an earlier notification could not report it."""
        return self._w.say("alert.found", date=self._w.stamp(finding.at)) if finding.at < self._of.slot else ""

    def _over(self, finding: Finding) -> str:
        until = finding.over_since or finding.at
        return self._w.say("alert.why.over", since=self._w.stamp(finding.since), until=self._w.stamp(until))

    def _resolved(self, finding: Finding) -> str:
        end, detail = _end(finding)
        lasted = self._w.say("alert.why.after", duration=self._w.brief((finding.at - finding.since).total_seconds()))
        told = [self._w.detail(detail)]
        if end not in _MOVES:
            rule, shown = self._of.rule(finding.rule), finding.facts.amount
            told = [self._conditions.no_longer(one, rule, shown) for one in finding.clauses if one.holds is False]
        return ", ".join(part for part in (*told, lasted) if part)

    def _worse(self, finding: Finding) -> str:
        return self._moved(finding) or self.cause(finding)

    def _moved(self, finding: Finding) -> str:
        """The amount in the last report to the reader, and its change since; "" if it did not change."""
        if finding.notified is None:
            return ""
        change = self._amounts.change(finding.facts.amount, finding.notified.amount)
        told = []
        if change and change != "=":
            before = self._amounts.amount(finding.notified.amount)
            told.append(self._w.say("alert.why.was", before=_breaking(before), change=_breaking(change)))
        if finding.notified.severity is not finding.severity:
            was, now = (
                self._w.say(f"alert.severity.{one.value}") for one in (finding.notified.severity, finding.severity)
            )
            told.append(self._w.say("alert.why.severity", was=was, now=now))
        return ", ".join(told)

    def _repeat(self, finding: Finding) -> str:
        told = self._moved(finding) or self._w.say("alert.why.unchanged")
        if finding.notified is None:
            return told
        return self._w.say("alert.why.told", what=told, date=self._w.date(finding.notified.slot))

    def _after_silence(self, finding: Finding) -> str:
        since = self._w.say("since", date=self._w.date(finding.since))
        return ", ".join(part for part in (since, self.cause(finding)) if part)

    def _no_data(self, finding: Finding) -> str:
        return self._w.say("alert.why.no_data", self.missed(finding))

    def missed(self, finding: Finding) -> int:
        """The number of consecutive checks without data."""
        return max(1, finding.facts.count or self._of.rule(finding.rule).after)

    def _data_back(self, finding: Finding) -> str:
        return self._w.say("alert.why.data_back", since=self._w.stamp(finding.since))


def _end(finding: Finding) -> tuple[str, str]:
    """How the alert ended or what changed, and the detail. For an event, this may come from a value that the condition
    read.
    """
    read = [one.value for clause in finding.clauses for one in clause.operands if one.name == WHY]
    end, _, detail = (finding.why or next((one for one in read if isinstance(one, str)), "")).partition(" ")
    return end, detail


def _breaking(amount: str) -> str:
    """A long amount may break before its currency. Otherwise it would break inside the number on a narrow phone."""
    return amount.replace(NBSP, " ") if len(amount) > UNBROKEN else amount


def _said_before(clause: ClauseResult, rule: RuleShown) -> bool:
    """A clause that only says that the deal is stalled, or what changed: other words already say so."""
    names = {one.name for one in clause.operands}
    return names == {WHY} or (stalls(rule) and bool(names) and names <= {"row.stalled"})
