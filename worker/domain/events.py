"""Facts that flow emits, named in the past tense. Logs, metrics and pages are made from them."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.run import CLOSED, RunKey


@dataclass(frozen=True, slots=True)
class Fact:
    """`run` is None if the fact belongs to no single run."""

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
class DeliveryBegun(Fact):
    """The queries of a run are answered, and its `readers` are delivered to. Only on the stream of facts."""

    readers: int


@dataclass(frozen=True, slots=True)
class RunEnded(Fact):
    """A run is closed, or closed in another state than before, after a late settlement or another try."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliverySettled(Fact):
    """The new state of a delivery. `deferred` and `unknown` are no ends, unless the reason is `held`."""

    delivery: DeliveryKey
    state: str
    reason: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Suspended(Fact):
    """An address or a whole channel is not used again until the next deployment. Emitted once."""

    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class BaselinesReset(Fact):
    """Somebody set `count` baselines of `schedule` to the content of `run`, or to nothing."""

    schedule: str
    count: int


@dataclass(frozen=True, slots=True)
class AlertRuleEvaluated(Fact):
    """`judged`: subjects; `fired`: alerts that began, and events; `resolved`: alerts that ended; `pending`, `firing`:
    afterwards; `unknown`: subjects for which a value that the rule needs is unknown. `skipped`: why it was not
    evaluated, empty if it was.
    """

    rule: str
    judged: int
    fired: int
    resolved: int
    pending: int
    firing: int
    unknown: int
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class AlertNotified(Fact):
    """A notification was made. `carried`: how many of its findings come from an earlier one that was not sent."""

    reader: str
    findings: int
    carried: int


@dataclass(frozen=True, slots=True)
class MailboxRead(Fact):
    """New mails in the mailbox of bounces of `channel`. `followed`: their results, as in "2 suspended"."""

    channel: str
    mails: int
    followed: str


@dataclass(frozen=True, slots=True)
class MailboxUnreadable(Fact):
    channel: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Interrupted(Fact):
    """Work stopped half-way: Redis or the broker could not be reached, or the lease had ended. It starts again when its
    lease ends.
    """

    sentence: str


def fact_name(kind: type[Fact]) -> str:
    """RunEnded → run_ended."""
    return "".join(("_" if c.isupper() and i else "") + c.lower() for i, c in enumerate(kind.__name__))


FACT_NAMES = tuple(sorted({fact_name(kind) for kind in Fact.__subclasses__()}))

FACT_STATES: Mapping[str, tuple[str, ...]] = {
    fact_name(RunEnded): tuple(sorted(CLOSED)),
    fact_name(DeliverySettled): tuple(
        state for state in DeliveryState if state not in {DeliveryState.PENDING, DeliveryState.SENDING}
    ),
}
"""The values of `state`, of the facts that have one."""
