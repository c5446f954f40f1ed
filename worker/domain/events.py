"""Facts in the past tense that flow emits: the log, metrics and pages are made from them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """`run` is a run's key, or empty."""

    run: str


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
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliverySettled(Fact):
    delivery: str
    state: str
    reason: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Interrupted(Fact):
    """Work stopped half-way, because Redis or the broker was away; its lease brings it back."""

    sentence: str
