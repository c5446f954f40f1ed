"""The text that an inbox shows for a notification: first the subject (name, amount, owner), then the rest."""

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.rule import Form
from worker.domain.alert.state import AlertReason
from worker.rendering.alert.amounts import AlertAmounts
from worker.rendering.alert.findings import FindingWords, small
from worker.rendering.alert.groups import firing
from worker.rendering.alert.head import AlertHead
from worker.rendering.alert.subject_words import SubjectWords, stalls
from worker.rendering.wording import Wording

PREHEADER = 126
NAME, RULE = 60, 40
OWNERS = 2
PREHEADER_FINDINGS = 4


class AlertInbox:
    def __init__(
        self, notification: Notification, w: Wording, amounts: AlertAmounts, words: FindingWords, head: AlertHead
    ) -> None:
        self._of = notification
        self._w = w
        self._amounts = amounts
        self._words = words
        self._head = head
        self._subjects = SubjectWords(notification, w)

    @property
    def lead(self) -> Finding:
        return self._of.findings[0]

    @property
    def _only_new(self) -> bool:
        """Whether there are several findings, all new and of one rule: then the subject has their number and no
        name.
        """
        found = self._of.findings
        new = all(self._words.kind(one) == "new" for one in found)
        return new and len(found) > 1 and self._head.rule is not None

    def subject(self) -> str:
        if self._only_new:
            return self._all_new(len(self._of.findings))
        what = self._w.say("alert.subject", word=self._word(), what=self._what(self.lead))
        rest = self._head.counts(self._words.kind(self.lead), repeats=True)
        return _joined(what, *(self._single_end() if not rest else (rest,)), self._still())

    def _word(self) -> str:
        """The first word: what happened."""
        kind = self._words.kind(self.lead)
        rule = self._of.rule(self.lead.rule)
        if kind == "new" and (stalls(rule) or rule.form is Form.QUERY):
            return self._w.say("alert.stalled") if stalls(rule) else self._w.clean(rule.name, RULE)
        return self._w.say("alert.resolved") if kind == "resolved" else self._words.word(self.lead)

    def _what(self, finding: Finding) -> str:
        kind, facts = self._words.kind(finding), finding.facts
        if kind in {"no_data", "data_back"}:
            return self._w.clean(self._of.rule(finding.rule).name, NAME)
        name = self._w.clean(self._subjects.name(facts), NAME)
        word = self._words.word(finding)
        if kind == "resolved" and word != self._w.say("alert.cleared"):
            name = self._w.say("alert.subject.ended", name=name, how=small(word))
        rule = self._of.rule(finding.rule)
        count, amount = self._words.count(facts, rule), self._words.known_amount(facts, rule)
        return ", ".join(part for part in (name, "" if count in amount else count, amount) if part)

    def _single_end(self) -> tuple[str, ...]:
        """The owner; and the rule's name, unless the first word implies it."""
        rule, kind = self._of.rule(self.lead.rule), self._words.kind(self.lead)
        owner = self._w.clean(self._subjects.owner(self.lead.facts), NAME)
        if kind in {"no_data", "data_back"}:
            return (self._w.clean(self._subjects.query(rule), RULE) if rule.query != rule.name else "",)
        named = stalls(rule) or (rule.form is Form.QUERY and kind == "new")
        return (owner, "" if named else self._w.clean(rule.name, RULE))

    def _all_new(self, total: int) -> str:
        rule = self._of.rule(self.lead.rule)
        what = self._w.deals(total) if stalls(rule) else self._w.say("alert.subjects", total)
        amount = self._amounts.sum(one.facts.amount for one in self._of.findings)
        owners = [owner for one in self._of.findings if (owner := self._subjects.owner(one.facts))]
        who = owners or [self._subjects.name(one.facts) for one in self._of.findings]
        named = [self._w.clean(one, NAME) for one in dict.fromkeys(who)]
        more = [self._w.more(len(named) - OWNERS, "people" if owners else "")] if len(named) > OWNERS else []
        told = self._w.say("alert.subject", word=self._word(), what=", ".join(part for part in (what, amount) if part))
        return _joined(told, "" if stalls(rule) else self._w.clean(rule.name, RULE), ", ".join(named[:OWNERS] + more))

    def _still(self) -> str:
        """For a message with resolved alerts: how many are still open."""
        rule = self._head.rule
        if rule is None or self.lead.reason is not AlertReason.RESOLVED:
            return ""
        left = rule.open - firing(self._of, rule)
        return self._w.say("alert.subject.still" if stalls(rule) else "alert.more_open", left) if left > 0 else ""

    def preheader(self) -> str:
        """The text beside the subject in an inbox: the reasons, one after the other."""
        told = [self._line(one, at) for at, one in enumerate(self._of.findings[:PREHEADER_FINDINGS])]
        rule = self._head.rule
        if len(told) == 1 and rule is not None:
            told.append(self._w.say("alert.rule", rule=self._w.clean(rule.name, RULE)))
        return self._w.clean(" ".join(_sentence(line) for line in told if line), PREHEADER)

    def _line(self, finding: Finding, at: int) -> str:
        """The reason, with the word and the name that the subject does not already have."""
        why = self._words.why(finding)
        if at == 0 and not self._only_new:
            return why[:1].upper() + why[1:]
        name = self._w.clean(self._subjects.name(finding.facts), 40)
        amount = self._words.known_amount(finding.facts, self._of.rule(finding.rule))
        told = ", ".join(part for part in (f"{name} {amount}".strip(), why) if part)
        return told if self._only_new else self._w.say("alert.subject", word=self._words.word(finding), what=told)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
