"""The subject of an alert in words: name, owner, stage, and the time since its last change."""

from datetime import date, datetime

from worker.domain.alert.notification import Notification, RuleShown
from worker.domain.alert.rule import Form
from worker.domain.alert.subject import SubjectFacts
from worker.domain.time.epoch import from_ms
from worker.rendering.page.links import link
from worker.rendering.page.query_names import query_name
from worker.rendering.wording import Wording

_OF_DEALS = frozenset({"next_step", "stall_reason", "expected_close", "stage_since", "stalled_since", "updated_at"})
"""The cells of a subject."""


def stalls(rule: RuleShown) -> bool:
    """Whether each alert of the rule is a stalled deal."""
    return rule.stalled and rule.form is Form.ROWS


def is_deal(facts: SubjectFacts) -> bool:
    """Whether the subject has columns that only deals have."""
    return not _OF_DEALS.isdisjoint(facts.cells)


class SubjectWords:
    def __init__(self, notification: Notification, w: Wording) -> None:
        self._w = w
        self._rules = {rule.query: rule for rule in notification.rules}

    def query(self, rule: RuleShown) -> str:
        """The reader's name for the rule's query."""
        return query_name(self._w, rule.called, rule.asked, stalled=rule.stalled, words=rule.words)

    def name(self, facts: SubjectFacts) -> str:
        if facts.name in self._rules:
            return self.query(self._rules[facts.name])
        nobody = "no_owner" if "owner_id" in facts.cells else "not_known"
        return self._w.named(facts.name, self._w.named(facts.key, self._w.say(nobody)))

    def url(self, facts: SubjectFacts) -> str:
        return link(facts.url)

    def owner(self, facts: SubjectFacts) -> str:
        """Empty if no owner is printed."""
        owner = self._w.named(facts.owner, self._w.say("no_owner") if is_deal(facts) else "")
        return "" if owner == self.name(facts) else owner

    def stage(self, facts: SubjectFacts) -> str:
        stage = self._w.named(facts.stage, "")
        return "" if stage == self.name(facts) else stage

    def text(self, facts: SubjectFacts, column: str) -> str | None:
        value = facts.cells.get(column)
        return value if isinstance(value, str) and value else None

    def instant(self, facts: SubjectFacts, column: str) -> datetime | None:
        value = facts.cells.get(column)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        try:
            return from_ms(value)
        except OverflowError:
            return None

    def date(self, facts: SubjectFacts, column: str) -> str:
        """A date with its weekday; a text of the service that is not a date is returned as it is."""
        value = self.text(facts, column) or ""
        try:
            return self._w.local_date(date.fromisoformat(value))
        except ValueError:
            return self._w.clean(value)

    def days(self, facts: SubjectFacts, column: str, at: datetime) -> int | None:
        """Whole days since the instant in a column."""
        instant = self.instant(facts, column)
        return None if instant is None else max(0, self._w.since_days(instant, at))

    def untouched(self, facts: SubjectFacts, at: datetime) -> str:
        """The time since the last change of a stalled deal; otherwise the time since it stalled, as far as it is
        known.
        """
        days, since = self.days(facts, "updated_at", at), self.instant(facts, "stalled_since")
        if days is not None:
            return self._w.say("alert.why.untouched", days=self._w.days(days))
        if since is not None:
            return self._w.say("alert.why.stalled_since", date=self._w.day(since))
        return self._w.say("alert.of.stalled")

    def still(self, facts: SubjectFacts) -> str:
        """Why a deal is stalled, without the duration: the service's reason, otherwise that nobody changed it."""
        return self._w.stall_reason(self.text(facts, "stall_reason")) or self._w.say("alert.why.still")

    def short_days(self, facts: SubjectFacts, at: datetime) -> str:
        """As in "20 d", for the column below the amount."""
        days = self.days(facts, "updated_at", at)
        return "" if days is None else self._w.say("brief.days", days)
