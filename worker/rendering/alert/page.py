"""A notification of alerts in the reader's words, as the templates of `alert` see it."""

import shlex
from functools import cached_property

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.rule import Form
from worker.domain.alert.state import AlertReason
from worker.rendering import text_table
from worker.rendering.alert.amounts import AlertAmounts
from worker.rendering.alert.conditions import Conditions
from worker.rendering.alert.explained import WhyYouGetThis
from worker.rendering.alert.facts import SubjectFactRows
from worker.rendering.alert.findings import FindingWords, ended
from worker.rendering.alert.groups import RULE_NAME, AlertGroups, rules_in_order
from worker.rendering.alert.head import AlertHead
from worker.rendering.alert.inbox import AlertInbox
from worker.rendering.alert.rows import LONGEST, AlertCut, AlertFact, AlertGroup, AnswerableAlert
from worker.rendering.alert.subject_words import SubjectWords, is_deal
from worker.rendering.alert.text import row_lines
from worker.rendering.vocabulary import NO_SERVICES, Vocabulary
from worker.rendering.wording import Wording
from worker.sanitize import plain

COMMANDS = 5
"""Alerts for which a message names the command that acknowledges them."""


class AlertPage:
    """What happened to which deal, why, what else is open, and what can be done. `csv`: whether a CSV is attached."""

    def __init__(
        self,
        notification: Notification,
        w: Wording,
        shown: AlertCut = LONGEST,
        csv: bool = False,
        vocabulary: Vocabulary = NO_SERVICES,
    ) -> None:
        amounts, conditions, subjects = AlertAmounts(notification, w), Conditions(w), SubjectWords(notification, w)
        words = FindingWords(notification, w, amounts, conditions, subjects)
        self.notification, self._w, self._shown = notification, w, shown
        self._head = AlertHead(notification, w, amounts, words, subjects)
        self._inbox = AlertInbox(notification, w, amounts, words, self._head)
        self._groups = AlertGroups(notification, w, amounts, words, subjects, shown, csv)
        self._why = WhyYouGetThis(notification, w, conditions)
        self._words, self._subjects, self._vocabulary = words, subjects, vocabulary

    @property
    def subject(self) -> str:
        """The first line in an inbox: who, how much, whose."""
        return plain(self._inbox.subject())

    @property
    def preheader(self) -> str:
        """What an inbox shows beside the subject: why."""
        return self._inbox.preheader()

    @property
    def name(self) -> str:
        """What the message is of: the rule, or the schedule where several rules have something to tell."""
        rule = self._head.rule
        return self._w.clean(self.notification.name if rule is None else rule.name, RULE_NAME)

    @property
    def label(self) -> str:
        """What stands above the headline, as in "Still stalled, since Tue 10 Nov"; it may be empty."""
        return self._head.label()

    @property
    def headline(self) -> str:
        """The only subject, else what is counted: "1 worse, 1 new"."""
        return self._head.headline()

    @property
    def amount(self) -> str:
        """The subject's amount, or the sum of all that is open; it may be empty."""
        return self._head.total()[0]

    @property
    def amount_note(self) -> str:
        """What stands behind the amount: why, or how many are open and how the sum moved since the reader was told."""
        return self._head.total()[1]

    @property
    def tone(self) -> str:
        """The class of the colour of the only subject's reason; empty for several."""
        return "" if self._head.one is None else self._words.tone(self._head.one)

    @cached_property
    def groups(self) -> tuple[AlertGroup, ...]:
        """What is told of each rule. Of a message about one subject: only what else is open."""
        return self._groups.views()

    @property
    def facts(self) -> tuple[AlertFact, ...]:
        """Facts of the only subject; none for several."""
        one = self._head.one
        if one is None:
            return ()
        return SubjectFactRows(self.notification, self._w, self._words, self._subjects, self._service(one)).rows(one)

    @property
    def band(self) -> tuple[str, ...]:
        """Of rules without data: one sentence each, then what it does not mean; none if all have data."""
        gone = [one for one in self.notification.findings if one.reason is AlertReason.NO_DATA]
        more = len(gone) - self._shown.rules
        told = [
            self._w.say(
                "alert.band",
                self._words.missed(one),
                rule=self._w.clean(self.notification.rule(one.rule).name, RULE_NAME),
                query=self._subjects.query(self.notification.rule(one.rule)),
                since=self._w.stamp(one.since),
            )
            for one in gone[: self._shown.rules]
        ]
        told += [self._w.say("alert.band_more", more)] if more > 0 else []
        return (*told, self._w.say("alert.band.consequence")) if told else ()

    @property
    def open_url(self) -> str:
        """The page of the one subject that there is something to do for; empty if there is none."""
        one = self._to_do
        return "" if one is None else self._subjects.url(one.facts)

    @property
    def open_label(self) -> str:
        """The words on the button."""
        one = self._to_do
        if one is None:
            return ""
        what = "deal" if is_deal(one.facts) else "page"
        service = self._service(one)
        key = f"alert.open_{what}_in" if service else f"alert.open_{what}"
        return self._w.say(key, service=service)

    @property
    def open_several(self) -> str:
        """The words on the button of a message about several: "Open 3 deals". It leads to the reader's page of alerts,
        where each has its link. Empty where fewer than two have a page to open.
        """
        found = [one for one in self._acknowledgeable if self._subjects.url(one.facts)]
        if len(found) < 2:
            return ""
        deals = all(is_deal(one.facts) for one in found)
        return self._w.say("alert.open_deals" if deals else "alert.open_pages", len(found))

    @property
    def answerable(self) -> tuple[AnswerableAlert, ...]:
        """What is open and can be acknowledged or snoozed, as `commands` has it; none for what is over or an event."""
        return tuple(
            AnswerableAlert(
                one.fingerprint,
                self._w.named(one.facts.name, one.facts.key),
                self._subjects.url(one.facts),
            )
            for one in self._acknowledgeable[:COMMANDS]
        )

    @property
    def commands(self) -> tuple[str, ...]:
        """As they are typed, to acknowledge what is open; none for what is over or an event."""
        found = [one.fingerprint for one in self._acknowledgeable][:COMMANDS]
        return tuple(f"funnelbeat alerts ack {shlex.quote(self._w.clean(one, 40))}" for one in found)

    @property
    def commands_more(self) -> str:
        """Where the commands of all others are found; empty if all are named."""
        more = len(self._acknowledgeable) - COMMANDS
        return self._w.say("alert.commands_more", more=self._w.more(more)) if more > 0 else ""

    @property
    def why(self) -> tuple[str, ...]:
        """Why the reader gets this: a paragraph for each rule."""
        return self._why.paragraphs()

    @property
    def rule_lines(self) -> tuple[str, ...]:
        """The rules in words, without what follows from them: as many as have a part of their own."""
        rules = rules_in_order(self.notification)[: self._shown.rules]
        return tuple(self._why.rule_line(rule) for rule in rules)

    @property
    def carried(self) -> str:
        """That some of it is older, because the message had to wait; empty if none is."""
        number = self.notification.carried
        return self._w.say("alert.carried", number) if number else ""

    @property
    def _acknowledgeable(self) -> list[Finding]:
        told = {AlertReason.NO_DATA, AlertReason.DATA_BACK}
        events = {rule.id for rule in self.notification.rules if rule.form is Form.CHANGES}
        found = self.notification.findings
        return [one for one in found if not ended(one) and one.reason not in told and one.rule not in events]

    @property
    def _to_do(self) -> Finding | None:
        """The only finding that is not over, if it has a page."""
        left = [one for one in self.notification.findings if not ended(one)]
        return left[0] if len(left) == 1 and self._subjects.url(left[0].facts) else None

    def _service(self, finding: Finding) -> str:
        source = self.notification.rule(finding.rule).source
        name = self._w.clean(self._vocabulary.services.get(source, source), 40)
        return name[:1].upper() + name[1:]

    row_lines = staticmethod(row_lines)
    indent = staticmethod(text_table.indented)
