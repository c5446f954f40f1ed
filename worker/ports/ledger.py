"""The ledger as flow knows it: every side of it in one."""

from typing import Protocol

from worker.ports.clock import ClockSide, DeploymentSide
from worker.ports.deliveries import DeliverySide
from worker.ports.housekeeping import AliveSide, ChoreSide, QuestionSide
from worker.ports.runs import RunSide


class Ledger(DeploymentSide, ClockSide, RunSide, DeliverySide, AliveSide, QuestionSide, ChoreSide, Protocol):
    """The only memory of runs and deliveries. Every method is one atomic step in Redis, on Redis's clock.

    Raises LedgerUnavailable. Methods that name an attempt raise ClaimLost when it is no longer the one in force.
    """
