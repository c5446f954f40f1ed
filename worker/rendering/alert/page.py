"""A notification of alerts in the reader's language, as the templates of `alert` see it."""

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
"""The number of alerts for which a message has the command that acknowledges them."""


class AlertPage:
    """What happened to each deal, why, what else is open, and what can be done. `csv`: whether a CSV file is
    attached.
    """

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
        """The subject of the mail: name, amount, owner."""
        return plain(self._inbox.subject())

    @property
    def preheader(self) -> str:
        """The text beside the subject in an inbox: the reason."""
        return self._inbox.preheader()

    @property
    def name(self) -> str:
        """The name of the message: the rule, or the schedule if several rules have findings."""
        rule = self._head.rule
        return self._w.clean(self.notification.name if rule is None else rule.name, RULE_NAME)

    @property
    def label(self) -> str:
        """The line above the headline, as in "Still stalled, since Tue 10 Nov"; it may be empty."""
        return self._head.label()

    @property
    def headline(self) -> str:
        """The only subject; otherwise the counts: "1 worse, 1 new"."""
        return self._head.headline()

    @property
    def amount(self) -> str:
        """The subject's amount, or the sum of all open alerts; it may be empty."""
        return self._head.total()[0]

    @property
    def amount_note(self) -> str:
        """The note behind the amount: the reason, or how many alerts are open and how the sum changed since the last
        report.
        """
        return self._head.total()[1]

    @property
    def tone(self) -> str:
        """The class for the colour of the only subject's reason; empty for several."""
        return "" if self._head.one is None else self._words.tone(self._head.one)

    @cached_property
    def groups(self) -> tuple[AlertGroup, ...]:
        """The part of each rule. In a message about one subject: only the other open alerts."""
        return self._groups.views()

    @property
    def facts(self) -> tuple[AlertFact, ...]:
        """The facts about the only subject; none for several."""
        one = self._head.one
        if one is None:
            return ()
        return SubjectFactRows(self.notification, self._w, self._words, self._subjects, self._service(one)).rows(one)

    @property
    def band(self) -> tuple[str, ...]:
        """For rules without data: one sentence for each, then what it does not mean; none if all have data."""
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
        """The page of the only subject that needs an action; empty if there is none."""
        one = self._to_do
        return "" if one is None else self._subjects.url(one.facts)

    @property
    def open_label(self) -> str:
        """The text on the button."""
        one = self._to_do
        if one is None:
            return ""
        what = "deal" if is_deal(one.facts) else "page"
        service = self._service(one)
        key = f"alert.open_{what}_in" if service else f"alert.open_{what}"
        return self._w.say(key, service=service)

    @property
    def open_several(self) -> str:
        """The text on the button of a message about several subjects: "Open 3 deals". It leads to the reader's page of
        alerts, which has a link for each. Empty if fewer than two have a page to open.
        """
        found = [one for one in self._acknowledgeable if self._subjects.url(one.facts)]
        if len(found) < 2:
            return ""
        deals = all(is_deal(one.facts) for one in found)
        return self._w.say("alert.open_deals" if deals else "alert.open_pages", len(found))

    @property
    def answerable(self) -> tuple[AnswerableAlert, ...]:
        """The open alerts that can be acknowledged or snoozed, as in `commands`; none for an event or an alert that is
        over.
        """
        return tuple(
            AnswerableAlert(
                one.fingerprint,
                self._subjects.name(one.facts),
                self._subjects.url(one.facts),
            )
            for one in self._acknowledgeable[:COMMANDS]
        )

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that acknowledge the open alerts, as typed; none for an event or an alert that is over."""
        found = [one.fingerprint for one in self._acknowledgeable][:COMMANDS]
        return tuple(f"funnelbeat alerts ack {shlex.quote(self._w.clean(one, 40))}" for one in found)

    @property
    def commands_more(self) -> str:
        """Where to find the commands of all other alerts; empty if all are printed."""
        more = len(self._acknowledgeable) - COMMANDS
        return self._w.say("alert.commands_more", more=self._w.more(more)) if more > 0 else ""

    @property
    def why(self) -> tuple[str, ...]:
        """Why the reader gets this: a paragraph for each rule."""
        return self._why.paragraphs()

    @property
    def rule_lines(self) -> tuple[str, ...]:
        """The rules in words, without their consequences: as many as have a part of their own."""
        rules = rules_in_order(self.notification)[: self._shown.rules]
        return tuple(self._why.rule_line(rule) for rule in rules)

    @property
    def carried(self) -> str:
        """The note that some of the content is older, because the message had to wait; empty if none is."""
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
