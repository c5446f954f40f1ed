"""One try of one delivery, and what it knows."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.delivery import Delivery, DeliveryState, Receipt
from worker.errors import DeliveryRefused
from worker.flow.run.comparison import ReaderDigest


class Attempt:
    """One try of one delivery. `row`: the delivery as far as this try knows it. `digest`: what is told, once it is
    known. `begun`: the number that fences the try, 0 before its intent is written. `date`: the first try ever fixes it.
    `receipts`: what the receiver has said so far. `part`: the name of the part that is in hand. `out`: a part's bytes
    may have left and the ledger does not know yet. `find_out_after`: seconds until it can be found out what became of
    them. `refusal`: the receiver's, for good.
    """

    def __init__(self, row: Delivery, now: datetime) -> None:
        self.row = row
        self.date = row.date or now
        self.digest: ReaderDigest | None = None
        self.begun = 0
        self.part = ""
        self.out: int | None = None
        self.find_out_after = 0.0
        self.refusal: DeliveryRefused | None = None
        self.receipts = receipts_of(row)

    @property
    def number(self) -> int:
        return self.begun or self.row.attempt

    @property
    def unknown(self) -> bool:
        return self.row.state is DeliveryState.UNKNOWN

    @property
    def receipt_text(self) -> str:
        """The receipt of the part that is out; empty where the receiver said nothing."""
        known = self.out is not None and len(self.receipts) > self.out
        return self.receipts[-1].text if known else ""

    def resolved(self, row: Delivery) -> None:
        """What was unknown is found out: the try goes on with this row."""
        self.row, self.receipts = row, receipts_of(row)


@dataclass(frozen=True, slots=True)
class PaceTooLong(Exception):
    """The receiver's pace asks for a wait that is too long for a worker."""

    seconds: float


def receipts_of(row: Delivery) -> list[Receipt]:
    return [Receipt(part.receipt) for part in row.parts if part.state is DeliveryState.SENT]
