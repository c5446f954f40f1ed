"""Every move of every deal between two answers to one list: price moves, and at most one membership class."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.domain.diff.diff import TableDiff
from worker.domain.diff.membership import Why, why_joined, why_left
from worker.domain.diff.stock import Basis, amount_of, currency_of
from worker.domain.snapshot.opportunity import INWARD, Move, Status
from worker.domain.snapshot.record import Record, record, records
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.epoch import to_ms


@dataclass(frozen=True, slots=True)
class Pair:
    """A deal in the baseline and in its newest reading (None: there is none), and why it joined or left, if it did."""

    was: Record | None
    now: Record | None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one deal. `amount` ≥ 0, in minor units of `currency`. `known` is False if the amount stands for a
    null value. `detail`: the reason of a membership class, or "period" for a price move that includes a change of
    period. `row`: the newest reading of the deal.
    """

    move: Move
    detail: str
    currency: str
    amount: int
    known: bool
    row: Record

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def signed(self) -> int:
        """The amount with the sign with which it changes the closing."""
        return self.amount if self.move in INWARD else -self.amount


def pairs(before: Snapshot, after: Snapshot, scope: Scope, changes: TableDiff) -> Iterator[Pair]:
    """Every deal that differs: those in both lists, those that joined, those that left. No other row is read."""
    names = [column.name for column in changes.columns]
    for change in changes.changed:
        yield Pair(record(names, change.before), record(names, change.after))
    yield from _joined(before, (record(names, row) for row in changes.added), scope)
    looked_up = records(after.followed) if changes.removed else {}
    for row in changes.removed:
        was, now = record(names, row), looked_up.get(row.key)
        yield Pair(was, _reading(now), why_left(was, now, scope))


def steps(pair: Pair, basis: Basis, home: str) -> Iterator[Step]:
    """A pair's moves: price moves first, up to the last value that was read, then the membership class at that value.

    `home` is the currency for a deal that has none itself.
    """
    if pair.was is not None and pair.now is not None:
        yield from _price(pair.was, pair.now, basis, home)
    last = pair.now or pair.was
    if pair.why is None or last is None:
        return
    move, detail = pair.why
    currency = currency_of(last, basis) or (currency_of(pair.was, basis) if pair.was is not None else None) or home
    amount = amount_of(last, basis)
    yield Step(move, detail, currency, amount or 0, amount is not None, last)


def _joined(before: Snapshot, added: Iterable[Record], scope: Scope) -> Iterator[Pair]:
    known = records(before.followed)
    since = to_ms(before.as_of[0])
    for now in added:
        yield Pair(None, now, why_joined(now, known.get(now.key), since, scope))


def _reading(now: Record | None) -> Record | None:
    """A deal that the service no longer has leaves at its last known value."""
    if now is not None and now.text("status") == Status.DELETED and amount_of(now) is None:
        return None
    return now


def _price(was: Record, now: Record, basis: Basis, home: str) -> Iterator[Step]:
    """Raised, lowered, or out of one currency and into another. Amounts are never converted."""
    old, new = amount_of(was, basis), amount_of(now, basis)
    old_in, new_in = currency_of(was, basis), currency_of(now, basis)
    detail = "period" if was.text("period") != now.text("period") else ""
    if old_in and new_in and old_in != new_in:
        yield Step(Move.CONVERTED_OUT, detail, old_in, old or 0, old is not None, now)
        yield Step(Move.CONVERTED_IN, detail, new_in, new or 0, new is not None, now)
        return
    rise = (new or 0) - (old or 0)
    if rise:
        move = Move.RAISED if rise > 0 else Move.LOWERED
        yield Step(move, detail, new_in or old_in or home, abs(rise), known=True, row=now)
