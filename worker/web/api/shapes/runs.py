"""Runs and their deliveries."""

from datetime import datetime
from typing import Any

from worker.web.api.shapes.alerts import RunAlertsShape
from worker.web.api.shapes.base import ApiShape, Instant, MoneyShape


class GapShape(ApiShape):
    query: str
    reason: str
    sentence: str


class RunShape(ApiShape):
    """A run in its present state. `reason` is null if the state says everything."""

    key: str
    schedule: str
    slot: datetime
    trigger: str
    state: str
    reason: str | None
    sentence: str
    attempt: int
    bundle: str
    claimed_at: datetime
    claimed_by_pid: int
    executed_by_pid: int | None
    closed_at: datetime | None
    gaps: list[GapShape]


class PartShape(ApiShape):
    """`sha256`: of the bytes that were handed over. `receipt`: the receiver's answer."""

    state: str
    sha256: str
    receipt: str


class DeliveryShape(ApiShape):
    """The attempts to send one run to one reader."""

    key: str
    reader: str
    state: str
    reason: str | None
    sentence: str
    attempt: int
    possible_duplicate: bool
    may_have_arrived: bool
    held: bool
    not_before: datetime | None
    date: datetime | None
    compared_with: dict[str, datetime | None]
    parts: list[PartShape]


class NoteShape(ApiShape):
    query: str
    sentence: str


class ShownRunShape(RunShape):
    """`bridge`: by currency, every class of the bridge; null for a run without anything to compare with."""

    notes: list[NoteShape]
    bridge: dict[str, dict[str, MoneyShape]] | None
    deliveries: list[DeliveryShape]


class QueuedRunShape(ApiShape):
    key: str


class CancelledShape(ApiShape):
    """`was`: the state before. `deliveries`: how many were ended."""

    run: str
    was: str
    deliveries: int


class RetriedShape(ApiShape):
    """`left_out`: deliveries that are not tried again, each with why."""

    run: str
    deliveries: list[str]
    left_out: dict[str, str]


class TriggerRequest(ApiShape):
    """`at`: an instant that has passed; now if it is left out. `for_slot`: a missed slot, which is run with the window
    that it would have had; not beside `at`.
    """

    at: Instant | None = None
    for_slot: Instant | None = None


class SettleRequest(ApiShape):
    """`arrived`: whether the reader has the message."""

    arrived: bool


class MissedShape(ApiShape):
    """Slots in a row that no run was made for, and why."""

    schedule: str
    state: str
    first: datetime
    last: datetime
    count: int
    reason: str
    sentence: str


class PastShape(ApiShape):
    """The answer that was compared with, or why there was none."""

    slot: datetime | None = None
    as_of: datetime | None = None
    reason: str | None = None
    sentence: str | None = None


class ExplainedDeliveryShape(DeliveryShape):
    """`decision` is null if it can no longer be computed. `undecided`: rows that were not shown, by query. `copies`:
    each address in `cc` with why it got no copy, null if it was sent one.
    """

    decision: str | None
    decision_sentence: str
    past: dict[str, PastShape]
    undecided: dict[str, int]
    copies: dict[str, str | None]
    why: str


class ExplainedShape(ApiShape):
    """`alerts` is null for a run without rules."""

    key: str
    state: str
    reason: str | None
    sentence: str
    gaps: list[GapShape]
    notes: list[NoteShape]
    deliveries: list[ExplainedDeliveryShape]
    alerts: RunAlertsShape | None


class RebuiltPartShape(ApiShape):
    """`sha256`: of what was handed over. `again`: of what was made now, empty if it could not be made."""

    number: int
    sha256: str
    again: str
    equal: bool
    note: str
    difference: list[str]


class ReplayedShape(ApiShape):
    """`version`: of the program that rendered what was sent. `causes`: why it differs, empty if it does not."""

    key: str
    state: str
    version: str
    equal: bool
    causes: list[str]
    parts: list[RebuiltPartShape]


class ReaderMessageShape(ApiShape):
    """`message`: as /deliveries/{delivery}/digest has it. `sentence`: why there is none."""

    delivery: str
    reader: str
    state: str
    message: dict[str, Any] | None
    sentence: str
