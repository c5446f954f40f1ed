"""The memory of alert rules: states, acknowledgements, silences, and what a run's evaluation found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import Notification
from worker.domain.alert.notify import WithheldReason
from worker.domain.alert.rule import Severity
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, Phase, RuleState
from worker.domain.delivery import DeliveryKey, Reader
from worker.domain.notice import NoticeRequest
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """What one run's evaluations found, for `explain`; their states are left out. `reasons`: by reader's id, the
    fingerprints that the run itself had a reason to report. `kept`: reasons for which nobody was notified.
    """

    evaluations: tuple[Evaluation, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: tuple[WithheldReason, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What one run's evaluation writes, together with the run's hand-over or its failure. `states`: by rule id; each
    replaces the state whose `version` it carries. `notifications`: by reader ("alert:ENTRY" and an address); each is
    tried until `expires`. `carried`: older deliveries whose findings the new ones include; they are superseded.
    `ended`: fingerprints of alerts that are over, and so are their acknowledgements. `dropped`: rules that are no
    longer defined; `inherited`: those of them that another rule continues, and the version of the state that it read.
    `record`: kept with the run. `notices`: to the operator, of rules without data.
    """

    states: Mapping[str, RuleState]
    record: AlertRecord
    expires: datetime
    notifications: Mapping[Reader, Notification]
    carried: Sequence[DeliveryKey] = ()
    ended: Sequence[str] = ()
    dropped: Sequence[str] = ()
    inherited: Mapping[str, int] = field(default_factory=dict)
    notices: Sequence[NoticeRequest] = ()


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """What is remembered of a schedule's rules. `origin`: the id of the schedule that the fingerprints of its alerts
    are made with; it is the schedule's own unless the schedule was renamed. `states`: by rule id; rules that were never
    evaluated are missing. `acks`: by fingerprint. `unreadable`: rules whose state another version of the program wrote,
    with what is wrong; `unreadable_acks`: the same of acknowledgements.
    """

    origin: str
    states: Mapping[str, RuleState]
    acks: Mapping[str, Acknowledgement]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    unreadable_acks: Mapping[str, str] = field(default_factory=dict)


class AlertLedger(Protocol):
    """RunLedger writes what evaluations change. Schedules are found under ids that they had, too. Raises
    LedgerUnavailable.
    """

    async def memory(self, schedule: str) -> AlertMemory: ...

    async def waiting(self, schedule: str, readers: Sequence[Reader]) -> Mapping[DeliveryKey, Notification]:
        """Notifications to these readers that are pending or deferred, and of which certainly nothing was sent."""
        ...

    async def reached(self, deliveries: Sequence[DeliveryKey]) -> frozenset[DeliveryKey]:
        """Those that were sent, may have been, or are still to be sent; and those that are no longer stored."""
        ...

    async def notification(self, run: RunKey, content: str) -> Notification | None:
        """`content`: its name, as in Delivery. None if the run is no longer stored."""
        ...

    async def record(self, run: RunKey) -> AlertRecord | None:
        """None for a run without alert rules, and one that is no longer stored."""
        ...

    async def standing(self, rules: Mapping[str, Collection[str]]) -> Mapping[tuple[Phase, Severity], int]:
        """How many alerts of these rules fire or are pending. `rules`: by schedule. States that have not changed since
        the last call are not read again.
        """
        ...

    async def forget(self, what: str) -> int:
        """Removes an address or a row's key from everything that is stored. Returns how many states, records and
        notifications named it. Raises LedgerError, once all else is done, if some cannot be read.
        """
        ...

    async def forgotten(self, run: RunKey) -> bool:
        """Whether something was removed from the run's notifications."""
        ...

    async def acknowledge(self, schedule: str, ack: Acknowledgement) -> None: ...

    async def unacknowledge(self, schedule: str, fingerprint: str) -> bool:
        """False if there was none."""
        ...

    async def silence(self, silence: Silence) -> None:
        """Raises RequestError for a regular expression that is not understood."""
        ...

    async def expire(self, silence_id: str) -> bool:
        """Ends a silence now; one that is unreadable is removed. False if there is no such silence, or it is over."""
        ...

    async def silences(self) -> tuple[Silence, ...]:
        """Those that are not over, and those that ended in the last 400 days, oldest first."""
        ...
