"""One run's evaluations, and everything that decides who is notified of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.labels import labels_of
from worker.domain.alert.notification import Notification
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.rule import Inhibition, Severity
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, Phase
from worker.domain.alert.subject import NO_DATA_SUBJECT, SubjectFacts
from worker.domain.alert.withheld import Firing, Holding, by_fingerprint
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class RunAlerts:
    """`name`: the schedule's. `rules`: those that were evaluated, in the schedule's order. `evaluations`: one of each.
    `as_of`: the first byte of the answers. `connections`: by query id. `waiting`: notifications to these readers that
    were certainly not sent.
    """

    run: RunKey
    name: str
    slot: datetime
    as_of: datetime
    rules: Sequence[RuleContext]
    evaluations: Mapping[str, Evaluation]
    readers: Sequence[AlertReader]
    silences: Sequence[Silence] = ()
    acks: Sequence[Acknowledgement] = ()
    inhibitions: Sequence[Inhibition] = ()
    connections: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[DeliveryKey, Notification] = field(default_factory=dict)

    def alert(
        self, context: RuleContext, subject: str, facts: SubjectFacts, severity: Severity, since: datetime
    ) -> Firing:
        rule, silent = context.rule, subject == NO_DATA_SUBJECT
        labels = labels_of(context, subject, facts, severity)
        connection = self.connections.get(rule.query, "") if silent else ""
        place = self.rules.index(context) if silent else 0
        return Firing(labels["fingerprint"], rule.id, labels, since, connection, rule.no_data, place)

    def holding(self) -> Holding:
        return Holding(self.slot, self.silences, self.inhibitions, by_fingerprint(self.acks), tuple(self._sources()))

    def _sources(self) -> Iterator[Firing]:
        """What fires and may inhibit something."""
        rules = {one.source for one in self.inhibitions}
        for context in self.rules:
            for subject, held in self.evaluations[context.rule.id].state.alerts.items():
                if held.phase is Phase.FIRING and (context.rule.id in rules or subject == NO_DATA_SUBJECT):
                    yield self.alert(context, subject, held.facts, held.severity, held.since)
