"""What rules would have reported for stored history: the functions of a live run, applied to the chain of its
answers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.evaluation import Evaluation, Skip
from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.notify import notify
from worker.domain.alert.past import History, PastAnswer, PastRun
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.state import AlertReason, RuleState, Withheld
from worker.domain.delivery import DeliveryKey
from worker.domain.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class BackTestFinding:
    """One finding of one message. `slot`: of the run that found it. `leaves`: when the message would have been sent,
    later than the slot if quiet hours held it. `reader`: the delivery's. `name`: the subject's.
    """

    slot: datetime
    fingerprint: str
    reason: AlertReason
    reader: str
    rule: str
    name: str
    leaves: datetime


@dataclass(frozen=True, slots=True)
class BackTest:
    """`since`: the first slot with data, None if there is none. `gaps`: slots without data, of any rule's query.
    `findings`: as the messages would have contained them. `kept`: reasons for which nobody was notified, by cause.
    `weeks`: messages, by reader and the Monday of the week (UTC). `unknown`: judgements that a null left open, of
    `judged`. `states`: the rules' at the end.
    """

    since: datetime | None
    gaps: tuple[datetime, ...]
    findings: tuple[BackTestFinding, ...]
    kept: Mapping[Withheld, int]
    weeks: Mapping[tuple[str, date], int]
    judged: int
    unknown: int
    states: Mapping[str, RuleState]


def backtest(
    rules: Sequence[RuleContext],
    runs: Iterable[PastRun],
    history: History,
    states: Mapping[str, RuleState] | None = None,
) -> BackTest:
    """`runs`: oldest first. `states`: by rule id, with which it begins; without them each rule is new. Caps and the
    choices of readers are not simulated.
    """
    fold = _Fold(rules, history, {rule.rule.id: (states or {}).get(rule.rule.id, RuleState()) for rule in rules})
    for run in runs:
        fold.step(run)
    fold.leave(None)
    return fold.result()


class _Fold:
    """What each run passes to the next: states, the last answer on which each rule was evaluated, and the messages that
    quiet hours hold, each with the end of its wait.
    """

    def __init__(self, rules: Sequence[RuleContext], history: History, states: dict[str, RuleState]) -> None:
        self._rules, self._history, self._states = rules, history, states
        self._baselines: dict[str, Snapshot] = {}
        self._waiting: dict[DeliveryKey, tuple[datetime, Notification]] = {}
        self._findings: list[BackTestFinding] = []
        self._kept = Counter[Withheld]()
        self._weeks = Counter[tuple[str, date]]()
        self._evaluated: list[Evaluation] = []

    def step(self, run: PastRun) -> None:
        slot = run.run.slot
        self.leave(slot)
        found = {rule.rule.id: self._evaluate(rule, run) for rule in self._rules}
        self._evaluated += found.values()
        answers = {rule.rule.query: known for rule in self._rules if (known := self._answers(rule, run)) is not None}
        readers = self._history.readers(answers)
        notified = notify(self._alerts(run, found, answers, readers))
        self._states |= notified.states
        self._kept.update(one.why for one in notified.kept)
        for key in notified.carried:
            del self._waiting[key]
        named = {reader.id(rule.rule): reader for rule in self._rules for reader in readers}
        for reader, notification in notified.notifications.items():
            until = self._history.quiet(named[reader], slot) or slot
            self._waiting[DeliveryKey(run.run, reader)] = until, notification
        self.leave(slot)
        for rule in self._rules:
            if found[rule.rule.id].skipped in (None, Skip.FIRST_EVENT):
                self._baselines[rule.rule.id] = answers[rule.rule.query].now

    def leave(self, slot: datetime | None) -> None:
        """Releases the messages that need not wait any longer; None: all of them."""
        for key, (until, notification) in list(self._waiting.items()):
            if slot is not None and until > slot:
                continue
            del self._waiting[key]
            self._weeks[key.reader, until.date() - timedelta(days=until.weekday())] += 1
            self._findings += [_finding(one, key.reader, until) for one in notification.findings]

    def result(self) -> BackTest:
        known = [one.slot for one in self._evaluated if one.skipped in (None, Skip.FIRST_EVENT)]
        return BackTest(
            since=min(known, default=None),
            gaps=tuple(dict.fromkeys(one.slot for one in self._evaluated if one.skipped is Skip.GAP)),
            findings=tuple(self._findings),
            kept=self._kept,
            weeks=self._weeks,
            judged=sum(one.judged for one in self._evaluated),
            unknown=sum(one.unknown for one in self._evaluated),
            states=self._states,
        )

    def _evaluate(self, rule: RuleContext, run: PastRun) -> Evaluation:
        known = run.answers.get(rule.rule.query, PastAnswer(None))
        return evaluate(
            rule,
            self._states[rule.rule.id],
            run.run.slot,
            known.answer,
            snapshot=known.snapshot,
            before=self._baselines.get(rule.rule.id),
            compared=known.compared,
        )

    def _answers(self, rule: RuleContext, run: PastRun) -> AlertAnswers | None:
        known = run.answers.get(rule.rule.query)
        if known is None or not isinstance(known.answer, Snapshot):
            return None
        return AlertAnswers(known.answer, self._baselines.get(rule.rule.id), known.compared)

    def _alerts(
        self,
        run: PastRun,
        found: Mapping[str, Evaluation],
        answers: Mapping[str, AlertAnswers],
        readers: Sequence[AlertReader],
    ) -> RunAlerts:
        history, slot = self._history, run.run.slot
        return RunAlerts(
            run=run.run,
            name=history.name,
            slot=slot,
            as_of=min((one.now.as_of[0] for one in answers.values()), default=slot),
            rules=self._rules,
            evaluations=found,
            readers=readers,
            silences=history.silences,
            acks=history.acks,
            inhibitions=history.inhibitions,
            connections=history.connections,
            waiting={key: notification for key, (_, notification) in self._waiting.items()},
        )


def _finding(finding: Finding, reader: str, leaves: datetime) -> BackTestFinding:
    return BackTestFinding(
        finding.at, finding.fingerprint, finding.reason, reader, finding.rule, finding.facts.name, leaves
    )
