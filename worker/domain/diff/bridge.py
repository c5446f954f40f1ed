"""Why a total moved between two complete answers to one list: one reason per deal, per currency, to the minor unit.

Per currency: opening + new + reopened + moved in + newly stalled + converted in + raised − lowered − won − lost − moved
out − revived − converted out − removed − unexplained = closing. Opening and closing are summed from the rows, the terms
from the moves. So the equation can be checked, and does not hold by definition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.domain.diff.diff import TableDiff, diff
from worker.domain.diff.moves import Pair, Step, pairs, steps
from worker.domain.diff.stock import Basis, Sum, currency_of, main_currency, share_one_period, stock
from worker.domain.schedule import Follow
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Snapshot

_NOTHING = dict.fromkeys(Move, 0)  # walking through an enum takes long, and each reader's bridge has every class


class NoBridge(StrEnum):
    """Why two answers give no bridge."""

    MISSING = "missing"  # a gap now, or no baseline
    QUERY_CHANGED = "query_changed"
    SLICED = "sliced"
    NOT_A_LIST = "not_a_list"
    NOT_FOLLOWED = "not_followed"  # `follow: none`: the rows that left were not looked up


@dataclass(frozen=True, slots=True)
class Terms:
    """One currency's bridge, in minor units. `amounts` and `counts` hold every class, zeros included. `unvalued`: deals
    without a value now; `unvalued_before`: deals without a value in the baseline.
    """

    currency: str
    opening: int
    opening_count: int
    closing: int
    closing_count: int
    amounts: Mapping[Move, int]
    counts: Mapping[Move, int]
    unvalued_before: int = 0
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class Bridge:
    """`terms`: most deals first. `steps`: every single move; a deal's price moves come before its membership class."""

    basis: Basis
    terms: tuple[Terms, ...]
    steps: tuple[Step, ...]

    @property
    def unvalued(self) -> tuple[int, int]:
        """The number of deals without a value, before and now."""
        return sum(t.unvalued_before for t in self.terms), sum(t.unvalued for t in self.terms)


def why_no_bridge(before: Snapshot | None, after: Snapshot | None, follow: Follow) -> NoBridge | None:
    """None if both sides are complete answers to the same question and departures were looked up."""
    reason = why_not_compared(before, after)
    if reason is None and follow is Follow.NONE:
        return NoBridge.NOT_FOLLOWED
    return reason


def why_not_compared(before: Snapshot | None, after: Snapshot | None) -> NoBridge | None:
    """None if the members of both sides can be compared."""
    if before is None or after is None:
        return NoBridge.MISSING
    if before.fingerprint != after.fingerprint:
        return NoBridge.QUERY_CHANGED
    if before.rows is None or after.rows is None:
        return NoBridge.NOT_A_LIST
    return NoBridge.SLICED if before.rows.sliced or after.rows.sliced else None


def bridge(
    before: Snapshot | None,
    after: Snapshot | None,
    follow: Follow,
    scope: Scope,
    *,
    basis: Basis = Basis.ANNUAL,
    changes: TableDiff | None = None,
) -> Bridge | None:
    """None if `why_no_bridge` gives a reason. `follow` and `scope` are the query's. `changes` saves comparing the rows
    again, if the caller has them.

    The basis is `as_entered` only if every deal of both sides has one and the same period; otherwise it is `annual`.
    """
    if before is None or after is None or why_no_bridge(before, after, follow) is not None:
        return None
    return balance(before, after, scope, basis=basis, changes=changes)


def balance(
    before: Snapshot,
    after: Snapshot,
    scope: Scope,
    *,
    basis: Basis = Basis.ANNUAL,
    changes: TableDiff | None = None,
) -> Bridge:
    """The bridge of two lists that can be compared. With `follow: none` the departures are unexplained.

    Raises ValueError for an answer that is no list.
    """
    old, new = before.rows, after.rows
    if old is None or new is None:
        raise ValueError(f"{after.query_id}: only a list has a bridge")
    granted = Basis.ANNUAL if basis is Basis.ANNUAL or not share_one_period(old, new, after.followed) else basis
    then, now = stock(old, granted), stock(new, granted)
    home = main_currency(then, now)
    moved = tuple(pairs(before, after, scope, diff(old, new) if changes is None else changes))
    found = tuple(step for pair in moved for step in steps(pair, granted, home))
    known = _settled(moved, granted) if then.adrift or now.adrift else {}
    return Bridge(granted, _terms(then.settled(home, known), now.settled(home, known), found), found)


def _settled(moved: Iterable[Pair], basis: Basis) -> dict[str, str]:
    """A deal without a currency on one side counts in the currency of its other side. Otherwise it would move from one
    currency to another.
    """
    known = {}
    for pair in moved:
        if pair.was is not None and pair.now is not None:
            currency = currency_of(pair.now, basis) or currency_of(pair.was, basis)
            if currency is not None:
                known[pair.was.key] = currency
    return known


def _terms(then: Mapping[str, Sum], now: Mapping[str, Sum], found: Iterable[Step]) -> tuple[Terms, ...]:
    amounts = {currency: dict(_NOTHING) for currency in {*then, *now}}
    counts = {currency: dict(_NOTHING) for currency in amounts}
    for step in found:
        if step.currency not in amounts:
            amounts[step.currency], counts[step.currency] = dict(_NOTHING), dict(_NOTHING)
        amounts[step.currency][step.move] += step.amount
        counts[step.currency][step.move] += 1
    terms = [
        _one(currency, then.get(currency, Sum()), now.get(currency, Sum()), amounts[currency], counts[currency])
        for currency in amounts
    ]
    return tuple(sorted(terms, key=lambda t: (-t.closing_count, -t.opening_count, t.currency)))


def _one(currency: str, then: Sum, now: Sum, amounts: Mapping[Move, int], counts: Mapping[Move, int]) -> Terms:
    return Terms(currency, then.total, then.count, now.total, now.count, amounts, counts, then.unvalued, now.unvalued)
