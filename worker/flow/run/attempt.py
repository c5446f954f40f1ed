"""One try of one delivery, and what is known during it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from worker.domain.delivery import Delivery, DeliveryState, Receipt
from worker.domain.reason import Reason
from worker.errors import DeliveryRefused
from worker.flow.run.comparison import ReaderDigest
from worker.ports import Channel, InForce


class Attempt:
    """One try of one delivery. `row`: the delivery as far as this try knows it. `digest`, `channel`: set once they are
    known. `now`: when it was taken. `begun`: the number of the try, which fences it; 0 before its intent is written.
    `date`: fixed by the first try. `receipts`: the receiver's, so far. `part`: the name of the present part. `out`: the
    number of a part whose bytes may have left and that the ledger does not have as sent. `refusal`: the receiver's
    final one. `receiver`: Connectors.receiver. `withheld`: places in `cc` whom this try sends no copy, each with why.
    `dead_copies`: as in DeliveryError. `in_force`: as in DeliveryLease.
    """

    def __init__(self, row: Delivery, now: datetime, in_force: InForce | None = None) -> None:
        self.row = row
        self.now = now
        self.in_force = in_force
        self.date = row.date or now
        self.digest: ReaderDigest | None = None
        self.begun = 0
        self.receiver = ""
        self.part = ""
        self.out: int | None = None
        self.channel: Channel[Any] | None = None
        self.refusal: DeliveryRefused | None = None
        self.withheld: Mapping[int, Reason] = {}
        self.dead_copies: tuple[tuple[str, str], ...] = ()
        self.receipts = receipts_of(row)

    @property
    def number(self) -> int:
        return self.begun or self.row.attempt

    @property
    def unknown(self) -> bool:
        return self.row.state is DeliveryState.UNKNOWN

    @property
    def receipt_text(self) -> str:
        """The receipt of the part that is out; empty if the receiver gave none."""
        known = self.out is not None and len(self.receipts) > self.out
        return self.receipts[-1].text if known else ""

    def resolved(self, row: Delivery) -> None:
        """The unknown part is resolved, and the try continues with this row."""
        self.row, self.receipts = row, receipts_of(row)


@dataclass(frozen=True, slots=True)
class PaceTooLong(Exception):
    """The receiver's pace asks for a longer wait than a worker may spend."""

    seconds: float
    reason: ClassVar = Reason.PACE
    sentence: ClassVar = ""


@dataclass(frozen=True, slots=True)
class ReceiverSilent(Exception):
    """The receiver has not answered lately, or another message is waiting for its answer now."""

    seconds: float
    reason: ClassVar = Reason.BACKOFF
    sentence: ClassVar = "the receiver takes messages and does not answer, so it gets no more for a while"


def receipts_of(row: Delivery) -> list[Receipt]:
    return [Receipt(part.receipt) for part in row.parts if part.state is DeliveryState.SENT]
