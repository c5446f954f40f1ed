"""What really happened between two instants, computed only from the simulation's own events.

The tests compare it with the bridge that a run computes. It shares no code with that bridge, and it never reads an
answer of the API. Changes are netted per deal: only the states of a deal at both ends count.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from worker.domain.money import from_hundredths
from worker.domain.snapshot.opportunity import Move
from worker.sandbox.cast import MAIN
from worker.sandbox.events import Event, SimulatedDeal, fold

Amounts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Population:
    """The open deals of one pipeline, or only the stalled ones of them."""

    pipeline: str = MAIN
    stalled: bool = False

    def holds(self, deal: SimulatedDeal | None) -> bool:
        """Whether a deal in this state belongs to the selection. A deal that does not exist does not belong to it."""
        if deal is None or deal.deleted or deal.status != "active" or deal.pipeline != self.pipeline:
            return False
        return deal.stalled or not self.stalled


EVERYTHING_OPEN = Population()
STALLED = Population(stalled=True)


class _Book:
    def __init__(self) -> None:
        self.amounts: defaultdict[str, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(("opening", *(move.value for move in Move), "closing"), 0)
        )

    def add(self, currency: str, line: str, amount: int) -> None:
        self.amounts[currency][line] += amount

    def reprice(self, old: SimulatedDeal, new: SimulatedDeal) -> None:
        """The moves that a change of value causes: raised, lowered, or out of one currency and into another."""
        before, now = worth(old), worth(new)
        if old.currency != new.currency:
            self.add(old.currency, Move.CONVERTED_OUT, before)
            self.add(new.currency, Move.CONVERTED_IN, now)
        elif now >= before:
            self.add(new.currency, Move.RAISED, now - before)
        else:
            self.add(new.currency, Move.LOWERED, before - now)


def bridge(
    log: Iterable[Event], at_from: datetime, at_to: datetime, population: Population = EVERYTHING_OPEN
) -> Amounts:
    """Currency → opening, every class of move by its name (zeros included) and closing. Annual values in minor units of
    the currency.

    Events of the instant `at_from` itself belong to the opening, those of `at_to` to the closing.
    """
    events = list(log)
    before, now = fold(events, at_from), fold(events, at_to)
    book = _Book()
    for key in now:
        _enter(book, before.get(key), now[key], population)
    return {currency: book.amounts[currency] for currency in sorted(book.amounts)}


def worth(deal: SimulatedDeal) -> int:
    """The annual value in minor units. An unknown value counts as nothing."""
    if deal.value is None:
        return 0
    amount, _rest = from_hundredths(deal.value, deal.currency)
    return amount * 12 if deal.period == "monthly" else amount


def _enter(book: _Book, old: SimulatedDeal | None, new: SimulatedDeal, population: Population) -> None:
    was, stays = old is not None and population.holds(old), population.holds(new)
    if was and old is not None:
        book.add(old.currency, "opening", worth(old))
    if stays:
        book.add(new.currency, "closing", worth(new))
    if was and old is not None:
        if not new.deleted:
            book.reprice(old, new)
        if not stays:
            last = old if new.deleted else new
            book.add(last.currency, _why_left(new, population), worth(last))
    elif stays:
        book.add(new.currency, _why_joined(old, population), worth(new))


def _why_left(deal: SimulatedDeal, population: Population) -> Move:
    """The first class that fits. A deal that is still open and in its place can only have stopped being stalled."""
    if deal.deleted:
        return Move.REMOVED
    if deal.status != "active":
        return Move.WON if deal.status == "won" else Move.LOST
    return Move.MOVED_OUT if deal.pipeline != population.pipeline else Move.REVIVED


def _why_joined(old: SimulatedDeal | None, population: Population) -> Move:
    if old is None:
        return Move.NEW
    if old.status != "active":
        return Move.REOPENED
    return Move.MOVED_IN if old.pipeline != population.pipeline else Move.STALLED_IN
