"""The facts of a message about one subject."""

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.state import AlertReason
from worker.rendering.alert.findings import FindingWords, ended
from worker.rendering.alert.rows import AlertFact
from worker.rendering.alert.subject_words import SubjectWords
from worker.rendering.phrases import capital
from worker.rendering.wording import Wording


class SubjectFactRows:
    """`service`: the name of the service; empty if it is not known."""

    def __init__(
        self, notification: Notification, w: Wording, words: FindingWords, subjects: SubjectWords, service: str
    ) -> None:
        self._of = notification
        self._w = w
        self._words = words
        self._subjects = subjects
        self._service = service

    def rows(self, finding: Finding) -> tuple[AlertFact, ...]:
        """The next step first, then the owner and the stage; unknown facts are left out."""
        facts = finding.facts
        found = (
            ("do", "" if ended(finding) else self._step(finding)),
            ("owner", self._subjects.owner(facts)),
            ("stage", self._stage(finding)),
            ("updated", self._updated(finding)),
            ("contact", capital(self._w.stall_reason(self._subjects.text(facts, "stall_reason")))),
            ("closing", self._subjects.date(facts, "expected_close")),
            ("severity", self._words.severity(finding)),
            ("since", self._since(finding)),
            ("found", self._w.stamp(finding.at) if finding.at < self._of.slot else ""),
        )
        return tuple(AlertFact(self._w.say(f"alert.fact.{key}"), line) for key, line in found if line)

    def _step(self, finding: Finding) -> str:
        step = self._w.next_step(self._subjects.text(finding.facts, "next_step"))
        if not step or not self._service:
            return step
        return self._w.say("alert.suggested", step=step, service=self._service)

    def _stage(self, finding: Finding) -> str:
        stage, days = self._subjects.stage(finding.facts), self._subjects.days(finding.facts, "stage_since", finding.at)
        return self._w.say("alert.stage_for", stage=stage, days=self._w.days(days)) if stage and days else stage

    def _updated(self, finding: Finding) -> str:
        instant = self._subjects.instant(finding.facts, "updated_at")
        return "" if instant is None else self._w.date(instant)

    def _since(self, finding: Finding) -> str:
        """When it began, if the head does not say so."""
        return self._w.stamp(finding.since) if finding.reason is AlertReason.RESOLVED else ""
