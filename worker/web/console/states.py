"""States as pages show them: a shape, a word and a rank; problems have the lowest rank."""

from dataclasses import dataclass

from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.run import Run, RunState


@dataclass(frozen=True, slots=True)
class StateMark:
    """`name`: of the shape in the template, and of the word "console.state.NAME". `rank`: 0 needs attention first."""

    name: str
    rank: int


FAILED, PARTLY, MISSED, UNKNOWN = (
    StateMark("failed", 0),
    StateMark("partly", 1),
    StateMark("missed", 2),
    StateMark("unknown", 1),
)
WAITING, RUNNING = StateMark("waiting", 3), StateMark("running", 3)
DELIVERED, SKIPPED, NONE, PAUSED = (
    StateMark("delivered", 4),
    StateMark("skipped", 4),
    StateMark("none", 5),
    StateMark("paused", 4),
)

_RUNS = {
    RunState.CLAIMED: WAITING,
    RunState.FETCHING: RUNNING,
    RunState.DELIVERING: RUNNING,
    RunState.DELIVERED: DELIVERED,
    RunState.PARTIAL: PARTLY,
    RunState.FAILED: FAILED,
    RunState.SKIPPED: SKIPPED,
}
_DELIVERIES = {
    DeliveryState.PENDING: WAITING,
    DeliveryState.DEFERRED: WAITING,
    DeliveryState.SENDING: RUNNING,
    DeliveryState.SENT: DELIVERED,
    DeliveryState.SKIPPED: SKIPPED,
    DeliveryState.REFUSED: StateMark("refused", 0),
    DeliveryState.FAILED: FAILED,
    DeliveryState.UNKNOWN: UNKNOWN,
}


def run_mark(run: Run | None) -> StateMark:
    """A run with missing parts counts as partial, even if every reader got the rest."""
    if run is None:
        return NONE
    return PARTLY if run.state is RunState.DELIVERED and run.incomplete else _RUNS[run.state]


def delivery_mark(row: Delivery) -> StateMark:
    return _DELIVERIES[row.state]
