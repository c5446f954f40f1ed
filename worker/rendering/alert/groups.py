"""The list of a notification, rule by rule: new findings, repeated findings, and other open alerts."""

from collections.abc import Iterable, Mapping, Sequence

from worker.domain.alert.notification import Finding, Notification, OpenAlert, RuleShown
from worker.domain.alert.rule import Form
from worker.domain.alert.state import AlertReason
from worker.rendering.alert.amounts import AlertAmounts
from worker.rendering.alert.findings import FindingWords, ended
from worker.rendering.alert.rows import AlertCut, AlertGroup, AlertRow
from worker.rendering.alert.subject_words import SubjectWords, stalls
from worker.rendering.wording import Wording

RULE_NAME = 80


class AlertGroups:
    """`csv`: whether a CSV file that has all of them is attached."""

    def __init__(
        self,
        notification: Notification,
        w: Wording,
        amounts: AlertAmounts,
        words: FindingWords,
        subjects: SubjectWords,
        cut: AlertCut,
        csv: bool,
    ) -> None:
        self._of = notification
        self._w = w
        self._amounts = amounts
        self._words = words
        self._subjects = subjects
        self._csv = csv
        found = listed(notification)
        self._rules = cut.rules
        self._of_rule = by_rule(found)
        self._shown = {(one.fingerprint, one.reason) for one in found[: cut.findings]}

    @property
    def single(self) -> bool:
        """Whether the message is about one subject."""
        return len(self._of.findings) == 1

    def views(self) -> tuple[AlertGroup, ...]:
        """In the order of each rule's first finding. The last group may stand for all other rules."""
        rules = rules_in_order(self._of)
        found = [self._view(rule) for rule in rules[: self._rules]]
        told = [one for one in found if one.title or one.rows or one.repeats or one.open or one.rest or one.cut]
        others = rules[self._rules :]
        return (*told, *([self._others(others)] if others else []))

    def _others(self, rules: Sequence[RuleShown]) -> AlertGroup:
        hidden = sum(len(self._of_rule.get(rule.id, ())) for rule in rules)
        title = self._w.say("alert.more_rules", len(rules))
        return AlertGroup(title, "", (), (), "", hidden, self._cut(hidden), (), "", "")

    def _view(self, rule: RuleShown) -> AlertGroup:
        mine = [] if self.single else self._of_rule.get(rule.id, [])
        shown = [one for one in mine if (one.fingerprint, one.reason) in self._shown]
        repeats = [one for one in shown if one.reason is AlertReason.REPEAT and one.over_since is None]
        others = [one for one in shown if one not in repeats]
        still = [one for one in self._of.open if one.rule == rule.id]
        many = len(self._of.rules) > 1
        return AlertGroup(
            title=self._w.clean(rule.name, RULE_NAME) if many and (mine or still) else "",
            note=self._note(rule) if many else "",
            rows=tuple(map(self.row, others)),
            repeats=tuple(map(self.row, repeats)),
            repeat_title=self._repeat_title(rule) if others else "",
            hidden=len(mine) - len(shown),
            cut=self._cut(len(mine) - len(shown)),
            open=tuple(self._open_row(one, rule) for one in still),
            open_title=self._w.say("alert.still_stalled" if stalls(rule) else "alert.still_open"),
            rest=self._rest(rule, len(still)),
        )

    def _note(self, rule: RuleShown) -> str:
        count = self._w.say("alert.open", rule.open) if rule.open else ""
        return ", ".join(part for part in (count, self._amounts.known(rule.open_amount)) if part)

    def _repeat_title(self, rule: RuleShown) -> str:
        if rule.repeat is None:
            return self._w.say("alert.repeat")
        return self._w.say("alert.repeat_title", every=self._w.every(rule.repeat))

    def _cut(self, number: int) -> str:
        if number <= 0:
            return ""
        return self._w.say("alert.cut_csv" if self._csv else "alert.cut", more=self._w.more(number))

    def _rest(self, rule: RuleShown, named: int) -> str:
        rest = rule.open - firing(self._of, rule) - named
        return self._w.say("alert.more_open", rest) if rest > 0 else ""

    def row(self, finding: Finding) -> AlertRow:
        facts, rule = finding.facts, self._of.rule(finding.rule)
        where = (self._subjects.owner(facts), self._subjects.stage(facts))
        why, count = self._words.brief(finding), self._words.count(facts, rule)
        amount = self._words.amount(facts, rule)
        said = count in why or count in amount
        detail = (self._words.severity(finding), "" if said else count, *where, self._words.found(finding))
        return AlertRow(
            name=self._subjects.name(facts),
            url=self._subjects.url(facts),
            amount=amount,
            word=self._words.word(finding),
            tone=self._words.tone(finding),
            why=why,
            right=self._subjects.short_days(facts, finding.at) if stalls(rule) and not ended(finding) else "",
            detail=_joined(detail),
        )

    def _open_row(self, one: OpenAlert, rule: RuleShown) -> AlertRow:
        since = self._w.say("since", date=self._w.date(one.since))
        acked = self._w.say("alert.acked", by=self._w.clean(one.acked_by)) if one.acked_by else ""
        amount, count = self._words.amount(one.facts, rule), self._words.count(one.facts, rule)
        where = ("" if count in amount else count, self._subjects.owner(one.facts), self._subjects.stage(one.facts))
        return AlertRow(
            name=self._subjects.name(one.facts),
            url=self._subjects.url(one.facts),
            amount=amount,
            word="",
            tone="",
            why=_joined((since[:1].upper() + since[1:], acked)),
            right=self._subjects.short_days(one.facts, self._of.slot) if stalls(rule) else "",
            detail=_joined(where),
        )


def listed(notification: Notification) -> tuple[Finding, ...]:
    """Findings that have a row: all except a rule's own "no data", which is printed in the band."""
    return tuple(one for one in notification.findings if one.reason is not AlertReason.NO_DATA)


def by_rule(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.rule, []).append(one)
    return found


def firing(notification: Notification, rule: RuleShown) -> int:
    """Findings of the rule that are among its open alerts."""
    states = rule.form is not Form.CHANGES
    quiet = {AlertReason.NO_DATA, AlertReason.DATA_BACK}
    mine = (one for one in notification.findings if one.rule == rule.id and one.reason not in quiet)
    return sum(1 for one in mine if states and not ended(one))


def rules_in_order(notification: Notification) -> tuple[RuleShown, ...]:
    """In the order of their first finding; then the rules without a finding."""
    named = dict.fromkeys(one.rule for one in notification.findings)
    known = {rule.id: rule for rule in notification.rules}
    return tuple(known[name] for name in [*named, *(name for name in known if name not in named)] if name in known)


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)
