"""What a notification says in addition to its findings: the rules, and their other firing alerts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.alert.carry import size
from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import MOST_OPEN, OpenAlert, RuleShown
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.state import AlertState, Phase
from worker.domain.alert.subject import NO_DATA_SUBJECT, Amount
from worker.domain.alert.withheld import QUIET, Holding
from worker.domain.snapshot.snapshot import Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """`evaluations`: by rule id."""

    evaluations: Mapping[str, Evaluation]
    holding: Holding

    def rule(self, context: RuleContext, reader: AlertReader) -> RuleShown:
        """`open` counts what the reader may see and nothing keeps quiet."""
        rule, found = context.rule, self.evaluations[context.rule.id]
        firing = self._firing(context, reader)
        return RuleShown(
            id=rule.id,
            name=rule.name,
            condition=rule.condition,
            query=context.query,
            stalled=context.traits.stalled,
            repeat=rule.repeat,
            last_check=found.last_check,
            open=len(firing),
            open_amount=_sum([one.facts.amount for one in firing.values()]),
            after=found.state.missing,
            form=rule.form,
            change=rule.change,
            source=context.source,
            asked=context.asked,
            called=context.called,
            words=context.traits.presentation.stalled,
        )

    def open(
        self, contexts: Sequence[RuleContext], reader: AlertReader, news: Collection[tuple[str, str]]
    ) -> tuple[OpenAlert, ...]:
        """The largest alerts that fire without news. `news`: rule and subject of the findings."""
        found = [
            (context, subject, held)
            for context in contexts
            for subject, held in self._firing(context, reader).items()
            if (context.rule.id, subject) not in news
        ]
        largest = sorted(found, key=lambda one: (-size(one[2].facts.amount), one[2].facts.name, one[1]))
        return tuple(self._open(*one) for one in largest[:MOST_OPEN])

    def _firing(self, context: RuleContext, reader: AlertReader) -> Mapping[str, AlertState]:
        return {
            subject: held
            for subject, held in self.evaluations[context.rule.id].state.alerts.items()
            if held.phase is Phase.FIRING
            and subject != NO_DATA_SUBJECT
            and held.withheld not in QUIET
            and (reader.sees is None or reader.sees(context, held.facts))
        }

    def _open(self, context: RuleContext, subject: str, held: AlertState) -> OpenAlert:
        fingerprint = context.fingerprint(subject)
        ack = self.holding.ack(fingerprint, held.since)
        return OpenAlert(fingerprint, context.rule.id, held.facts, held.since, ack.by if ack is not None else "")


def _sum(amounts: Sequence[Amount | None]) -> Amount | None:
    """Of money in one currency, all of it known."""
    known = [one for one in amounts if one is not None and one.kind is Kind.MONEY and one.value is not None]
    currencies = {one.currency for one in known}
    if len(known) != len(amounts) or len(currencies) != 1:
        return None
    return Amount(Kind.MONEY, sum(int(one.value or 0) for one in known), currencies.pop())
