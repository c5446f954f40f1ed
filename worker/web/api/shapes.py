"""What the API answers and reads, as its description shows it. Every answer is checked against these."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")

FIRST_YEAR, LAST_YEAR = 2000, 2999


def _as_utc(instant: datetime) -> datetime:
    """Raises ValueError for an instant of no use: milliseconds are counted from it, and zones applied to it."""
    if not FIRST_YEAR < instant.year < LAST_YEAR:
        raise ValueError(f"found the year {instant.year}, expected one after {FIRST_YEAR} and before {LAST_YEAR}")
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_as_utc)]
"""With an offset, as RFC 3339 has it. In this process it is UTC."""


class ApiShape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """application/problem+json. `reason` is for programs; `detail` says in a sentence what was found."""

    type: str
    title: str
    status: int
    detail: str
    reason: str


class ListPage(ApiShape, Generic[T]):
    """`next`: the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None


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
    """The attempts to bring one run to one reader."""

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


class AmountShape(ApiShape):
    """`amount`: major units in decimals, such as "52000.00"."""

    amount: str
    currency: str


class ShownRunShape(RunShape):
    """`bridge`: by currency, every class of the bridge; null for a run without anything to compare with."""

    notes: list[NoteShape]
    bridge: dict[str, dict[str, AmountShape]] | None
    deliveries: list[DeliveryShape]


class LastRunShape(ApiShape):
    key: str
    state: str
    reason: str | None
    closed_at: datetime | None
    gaps: int


class ScheduleRowShape(ApiShape):
    """`next`: the nominal instant that is due next, null if there is none or the schedule is paused."""

    schedule: str
    name: str
    trigger: str
    timezone: str
    next: datetime | None
    paused: bool
    paused_until: datetime | None
    readers: int
    last: LastRunShape | None


class StoppedShape(ApiShape):
    choice: str
    source: str
    by: str
    at: datetime
    until: datetime | None


class SubscriptionShape(BaseModel):
    """One subscription, with the keys of an entry."""

    model_config = ConfigDict(extra="allow")

    schedule: str
    reader: str
    state: str
    id: str
    channel: str
    address: str | None
    source: str
    by: str
    at: datetime | None
    expires: datetime | None
    stopped: StoppedShape | None
    sentence: str


class AuditShape(ApiShape):
    id: str
    at: datetime
    door: str
    who: str
    act: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]


class QueuedRunShape(ApiShape):
    key: str


class PausedShape(ApiShape):
    schedule: str
    paused: bool
    until: datetime | None = None
    was_paused: bool | None = None
    next: datetime | None = None


class RetriedShape(ApiShape):
    run: str
    deliveries: list[str]


class TriggerRequest(ApiShape):
    """`at`: an instant that has passed; now if it is left out."""

    at: Instant | None = None


class PauseRequest(ApiShape):
    """`until`: when it resumes by itself; until somebody resumes it if it is left out."""

    until: Instant | None = None


class SettleRequest(ApiShape):
    """`arrived`: whether the reader has the message."""

    arrived: bool


class ForgetRequest(ApiShape):
    """`what`: a reader's address, or a row's key."""

    what: str = Field(min_length=1, max_length=400)


class ForgottenShape(ApiShape):
    """Counts of what was removed. `still_named_by`: schedules in force that still name the address."""

    baselines: int
    deliveries: int
    suspensions: int
    answers: int
    subscriptions: int
    still_named_by: list[str]


class SubscribeRequest(ApiShape):
    """`entry`: the keys of an entry of `to:`."""

    entry: dict[str, Any] = Field(examples=[{"channel": "email", "address": "ann@acme.example"}])
    expires: Instant | None = None


class AddedShape(BaseModel):
    """The new subscription, with the keys of an entry. `same_address`: other entries that reach it."""

    model_config = ConfigDict(extra="allow")

    schedule: str
    reader: str
    id: str
    channel: str
    address: str | None
    source: str
    by: str
    at: datetime
    expires: datetime | None
    same_address: list[str]


class RemovedShape(ApiShape):
    schedule: str
    reader: str
    removed: bool


class ReaderPausedShape(ApiShape):
    schedule: str
    reader: str
    paused: bool
    until: datetime | None = None
    was_paused: bool | None = None


class HealthShape(ApiShape):
    status: str
