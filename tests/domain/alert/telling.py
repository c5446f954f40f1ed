"""Runs of one or more rules, evaluated and told step by step, as the worker does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.domain.alert.histories import at
from tests.domain.builders import answer
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import Notification
from worker.domain.alert.notify import Notified, notify
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.rule import Inhibition
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.silence import Matcher, Silence
from worker.domain.alert.state import Acknowledgement, RuleState
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Gap, Row, Snapshot

TEAM = AlertReader("team", "sales@acme.example")
OPERATOR = AlertReader("operator", "ops@acme.example", operator=True)


@dataclass
class Telling:
    """`notified`: by minute. `waiting`: notifications that have not left; a test puts them there."""

    rules: Sequence[RuleContext]
    readers: Sequence[AlertReader] = (TEAM, OPERATOR)
    silences: list[Silence] = field(default_factory=list)
    acks: list[Acknowledgement] = field(default_factory=list)
    inhibitions: Sequence[Inhibition] = ()
    connections: Mapping[str, str] = field(default_factory=dict)
    states: dict[str, RuleState] = field(default_factory=dict)
    before: dict[str, Snapshot] = field(default_factory=dict)
    notified: dict[int, Notified] = field(default_factory=dict)
    waiting: dict[DeliveryKey, Notification] = field(default_factory=dict)

    def see(self, minutes: int, rows: Sequence[Row], followed: Sequence[Row] | None = None) -> Notified:
        return self.run(minutes, answer(rows, at=at(minutes), followed=followed))

    def run(self, minutes: int, given: Snapshot | Gap | None) -> Notified:
        found = {one.rule.id: self._evaluated(one, minutes, given) for one in self.rules}
        if isinstance(given, Snapshot):
            self.before = dict.fromkeys(found, given)
        done = notify(
            RunAlerts(
                run=RunKey("watch", at(minutes)),
                name="Stalled watch",
                slot=at(minutes),
                as_of=at(minutes),
                rules=self.rules,
                evaluations=found,
                readers=self.readers,
                silences=self.silences,
                acks=self.acks,
                inhibitions=self.inhibitions,
                connections=self.connections,
                waiting=self.waiting,
            )
        )
        self.states = dict(done.states)
        self.waiting = {key: one for key, one in self.waiting.items() if key not in done.carried}
        self.notified[minutes] = done
        return done

    def _evaluated(self, context: RuleContext, minutes: int, given: Snapshot | Gap | None) -> Evaluation:
        rule = context.rule.id
        state = self.states.get(rule, RuleState())
        return evaluate(context, state, at(minutes), given, snapshot=f"at-{minutes}", before=self.before.get(rule))


def told(done: Notified, reader: str = "alert:team|sales@acme.example") -> list[tuple[str, str]]:
    """Subject and reason of each finding, in the order of the message."""
    made = done.notifications.get(reader)
    return [(one.facts.key, one.reason.value) for one in made.findings] if made is not None else []


def kept(done: Notified) -> list[tuple[str, str, str]]:
    return [(one.subject, one.reason.value, one.why.value) for one in done.kept]


def silence(*matchers: tuple[str, str, str], starts: int = 0, until: int = 60, snooze: bool = False) -> Silence:
    made = tuple(Matcher(*one) for one in matchers)
    return Silence("s1", made, "ann", "a trade fair", at(starts), at(until), snooze)


def ack(fingerprint: str, minutes: int) -> Acknowledgement:
    return Acknowledgement(fingerprint, "ann", at(minutes), "I call them")
