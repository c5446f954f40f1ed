"""What happened to every reason that a run had to notify somebody of an alert."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notify import WithheldReason
from worker.domain.alert.state import Withheld
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.flow.alert.notify import to_operator
from worker.flow.uses import UsesAlerts, UsesLookups


class ExplainAlertsUses(UsesAlerts, UsesLookups, Protocol): ...


class FindingEnd(StrEnum):
    """What happened to a notification that names an alert."""

    SENT = "sent"  # or it may have arrived
    CARRIED = "carried"  # a later notification told it
    HELD = "held"  # over the cap: a message names it later
    WAITING = "waiting"
    STOPPED = "stopped"  # it was not sent: its delivery says why
    NOTICED = "noticed"  # the operator's notices tell it


@dataclass(frozen=True, slots=True)
class FindingOutcome:
    """One alert of which one reader is notified. `delivery`: None for the operator, and if it is no longer stored."""

    fingerprint: str
    reader: str
    end: FindingEnd
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """`fired`: pairs of a reason and a reader who is notified, and reasons for which nobody is notified. Each of them
    is in exactly one of `ends` and `kept`.
    """

    fired: int
    ends: Mapping[FindingEnd, int]
    kept: Mapping[Withheld, int]

    @property
    def even(self) -> bool:
        return self.fired == sum(self.ends.values()) + sum(self.kept.values())


@dataclass(frozen=True, slots=True)
class RunExplained:
    """`evaluations`: one for each rule. `kept`: reasons for which nobody was notified, and why."""

    evaluations: tuple[Evaluation, ...]
    ends: tuple[FindingOutcome, ...]
    kept: tuple[WithheldReason, ...]
    balance: Balance


async def explain_run(uses: ExplainAlertsUses, run: RunKey) -> RunExplained | None:
    """None for a run without alert rules, and for one that is no longer stored."""
    record = await uses.alerts.record(run)
    if record is None:
        return None
    rows = {row.key.reader: row for row in await uses.lookups.deliveries(run)}
    ends = tuple(
        FindingOutcome(fingerprint, reader, end_of(DeliveryKey(run, reader), rows.get(reader)), rows.get(reader))
        for reader, fingerprints in record.reasons.items()
        for fingerprint in fingerprints
    )
    balance = Balance(
        sum(map(len, record.reasons.values())) + len(record.kept),
        Counter(one.end for one in ends),
        Counter(one.why for one in record.kept),
    )
    return RunExplained(record.evaluations, ends, record.kept, balance)


def end_of(key: DeliveryKey, row: Delivery | None) -> FindingEnd:
    """`row`: None where there is no such delivery."""
    if row is None:
        return FindingEnd.NOTICED if to_operator(key.reader) else FindingEnd.STOPPED
    if row.state is DeliveryState.SENT or row.state is DeliveryState.UNKNOWN:
        return FindingEnd.SENT
    if row.state in {DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.SENDING}:
        return FindingEnd.WAITING
    known = {Reason.SUPERSEDED: FindingEnd.CARRIED, Reason.CAPPED: FindingEnd.HELD}
    end = known.get(row.reason, FindingEnd.STOPPED) if row.reason is not None else FindingEnd.STOPPED
    return FindingEnd.SENT if row.may_have_arrived else end
