"""Facts in the past tense that flow emits: the log, metrics and pages are made from them."""

from dataclasses import dataclass

from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey


@dataclass(frozen=True, slots=True)
class Fact:
    """`run` is None where no single run is meant."""

    run: RunKey | None


@dataclass(frozen=True, slots=True)
class RunClaimed(Fact):
    pid: int


@dataclass(frozen=True, slots=True)
class SlotsMissed(Fact):
    schedule: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class RunBegun(Fact):
    attempt: int


@dataclass(frozen=True, slots=True)
class QueryAnswered(Fact):
    query: str
    rows: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class QueryMissing(Fact):
    query: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RunEnded(Fact):
    """A run is closed; or it is closed otherwise than before, after a late settlement or another try."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliverySettled(Fact):
    """What became of a delivery; `deferred` and `unknown` are no ends, unless the reason is `held`."""

    delivery: DeliveryKey
    state: str
    reason: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Suspended(Fact):
    """An address or a whole channel is not used again until the next deployment. Told once."""

    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Interrupted(Fact):
    """Work stopped half-way: Redis or the broker was away, or its lease had lapsed. The lease brings it back."""

    sentence: str
