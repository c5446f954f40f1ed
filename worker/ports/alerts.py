"""The memory of alert rules: states, acknowledgements, silences, and what a run's evaluation found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import Notification
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, RuleState
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What one run's evaluation writes, together with the run's hand-over. `states`: by rule id; each replaces the
    state whose `version` it carries. `notifications`: by reader's id ("alert:ENTRY|address"). `carried`: older
    deliveries whose findings the new ones tell too; they are superseded. `evaluations`: kept with the run, for
    `explain`.
    """

    states: Mapping[str, RuleState]
    notifications: Mapping[str, Notification]
    carried: Sequence[DeliveryKey]
    evaluations: Sequence[Evaluation]


class AlertLedger(Protocol):
    """Raises LedgerUnavailable."""

    async def states(self, schedule: str) -> Mapping[str, RuleState]:
        """By rule id; rules that were never evaluated are missing."""
        ...

    async def missing(self, schedule: str, changes: AlertChanges) -> bool:
        """Writes the states of rules whose run failed without an answer. False if one was changed meanwhile."""
        ...

    async def waiting(self, schedule: str, readers: Sequence[str]) -> Mapping[DeliveryKey, Notification]:
        """Notifications to these readers that are pending or deferred, and surely have not left."""
        ...

    async def notification(self, key: DeliveryKey) -> Notification | None: ...

    async def evaluations(self, run: RunKey) -> tuple[Evaluation, ...]:
        """What the run's evaluation found; empty if it has no rules."""
        ...

    async def acknowledge(self, schedule: str, ack: Acknowledgement) -> None: ...

    async def unacknowledge(self, schedule: str, fingerprint: str) -> bool:
        """False if there was none."""
        ...

    async def acknowledgements(self, schedule: str) -> Mapping[str, Acknowledgement]:
        """By fingerprint. One ends when its alert is resolved."""
        ...

    async def silence(self, silence: Silence) -> None: ...

    async def expire(self, silence_id: str) -> bool:
        """Ends a silence now. False if there is no such silence, or it is over."""
        ...

    async def silences(self) -> tuple[Silence, ...]:
        """Those that are not over, and those that ended in the last 400 days, oldest first."""
        ...
