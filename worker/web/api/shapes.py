"""What the API answers and reads, as its description shows it. Every answer is checked against these."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from worker.domain.access import TokenScope

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


class ScheduleEventShape(ApiShape):
    """`name`: CONNECTION.OBJECT.ACTION. `filter`: empty for none."""

    name: str
    filter: str
    debounce_seconds: int


class ScheduleRowShape(ApiShape):
    """`next`: the nominal instant that is due next, null if there is none or the schedule is paused."""

    schedule: str
    name: str
    trigger: str
    event: ScheduleEventShape | None
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


class CancelledShape(ApiShape):
    """`was`: the state before. `deliveries`: how many were ended."""

    run: str
    was: str
    deliveries: int


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
    alerts: int
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


class DraftRequest(ApiShape):
    """`files`: the path of each file of a project → its text."""

    files: dict[str, str] = Field(max_length=1000, examples=[{"funnelbeat.yaml": "project: acme\n"}])


class PlanRequest(DraftRequest):
    days: int = Field(default=14, ge=1, le=366)


class ComplaintShape(ApiShape):
    """Lines and columns count from 1."""

    path: str
    line: int
    column: int
    found: str
    expected: str


class CheckShape(ApiShape):
    """`unset`: variables of the environment that definitions name and that have no value."""

    complaints: list[ComplaintShape]
    warnings: list[ComplaintShape]
    unset: list[str]


class ChangedDefinitionShape(ApiShape):
    kind: str
    name: str
    change: str
    options: list[str]


class DeployedShape(ApiShape):
    """`bundle`: the deployment's id, a SHA-256 in hexadecimal."""

    bundle: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    renamed: list[str]
    definitions: list[ChangedDefinitionShape]


class PlanShape(ApiShape):
    """As `funnelbeat plan --json` prints it. `target` is null: only the command line chooses one."""

    target: str | None
    now: datetime
    until: datetime
    runs: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    next_24_hours: list[dict[str, Any]]
    messages_per_week: list[dict[str, Any]]
    cap: dict[str, int] | None
    alerts: list[dict[str, Any]] = Field(default_factory=list)
    changes: dict[str, Any]


class DeploymentShape(ApiShape):
    """What is in force. `bundle` is its id."""

    bundle: str
    at: datetime
    schedules: list[str]


class TokenRequest(ApiShape):
    """`address`: its owner's, for the scope subscribe."""

    name: str = Field(min_length=1, max_length=200)
    scopes: list[TokenScope] = Field(min_length=1)
    expires: Instant | None = None
    address: str = Field(default="", max_length=400)


class TokenShape(ApiShape):
    """A token without its secret. `address` is null for a program."""

    id: str
    name: str
    scopes: list[str]
    address: str | None
    at: datetime
    by: str
    expires: datetime | None
    used: datetime | None


class NewTokenShape(TokenShape):
    """`token`: its whole text, which is shown this once."""

    token: str


class BaselineShape(ApiShape):
    """`slot` and `as_of` are null where there is nothing to compare with."""

    reader: str
    query: str
    slot: datetime | None
    as_of: datetime | None
    reset_at: datetime | None


class BaselinesShape(ApiShape):
    schedule: str
    baselines: list[BaselineShape]


class ResetRequest(ApiShape):
    """`to`: the run whose digests are compared with from then on; nothing if it is left out."""

    reader: str | None = Field(default=None, max_length=400)
    query: str | None = Field(default=None, max_length=200)
    to: str | None = Field(default=None, max_length=400)


class ChangedBaselineShape(ApiShape):
    reader: str
    query: str
    was: datetime | None
    now: datetime | None


class UnchangedBaselineShape(ApiShape):
    reader: str
    query: str
    sentence: str


class ResetShape(ApiShape):
    """`on_their_way`: deliveries that were decided before, and are sent as they are."""

    schedule: str
    run: str | None
    changed: list[ChangedBaselineShape]
    unchanged: list[UnchangedBaselineShape]
    on_their_way: list[str]


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
    """`decision` is null if it can no longer be told. `undecided`: rows that were not shown, by query."""

    decision: str | None
    decision_sentence: str
    past: dict[str, PastShape]
    undecided: dict[str, int]
    why: str


class ExplainedShape(ApiShape):
    key: str
    state: str
    reason: str | None
    sentence: str
    gaps: list[GapShape]
    notes: list[NoteShape]
    deliveries: list[ExplainedDeliveryShape]
