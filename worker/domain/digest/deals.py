"""Rows of a list as a digest shows them: deals, moves, groups by owner, totals per currency, order and limit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from worker.domain.diff.moves import Step
from worker.domain.diff.stock import Sum, amount_of, currency_of
from worker.domain.digest.model import Deal, DealMove, OwnerGroup
from worker.domain.money import Money
from worker.domain.schedule import Show
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.epoch import to_ms
from worker.sanitize import visible


def deal(row: Record, seen: Snapshot) -> Deal:
    """`seen` is the answer that holds the row. A deal that is first seen stalling in that answer has no "since" yet,
    which is not 0 days.
    """
    amount, currency, updated = amount_of(row), currency_of(row), row.whole("updated_at")
    return Deal(
        key=row.key,
        title=title(row),
        owner_id=row.text("owner_id"),
        owner=row.text("owner") or row.text("owner_id"),
        stage=row.text("stage"),
        annual=Money(amount, currency) if amount is not None and currency is not None else None,
        stalled_since=_since(row, seen),
        next_step=row.text("next_step"),
        stall_reason=row.text("stall_reason"),
        url=row.text("url"),
        updated_at=None if updated is None else datetime.fromtimestamp(updated / 1000, UTC),
    )


def deal_move(step: Step) -> DealMove:
    return DealMove(
        key=step.key,
        title=title(step.row),
        owner=step.row.text("owner") or step.row.text("owner_id"),
        stage=step.row.text("stage"),
        move=step.move,
        detail=step.detail,
        amount=Money(step.signed, step.currency) if step.known else None,
        url=step.row.text("url"),
    )


def title(row: Record) -> str:
    return name_of(row.key, row.text("title"), row.text("lead"))


def name_of(key: str, own: str | None, lead: str | None) -> str:
    """The first of these that a reader can see: the deal's own name, its customer's name, its id."""
    if own and visible(own):
        return own
    return lead if lead and visible(lead) else key


def by_size(moves: Iterable[DealMove], currencies: Sequence[str] = ()) -> tuple[DealMove, ...]:
    """Largest first within a currency, because amounts of two currencies have no order. Deals without a value come
    last.
    """
    rank = {currency: position for position, currency in enumerate(currencies)}

    def place(move: DealMove) -> tuple[int, int, str, str]:
        if move.amount is None:
            return len(rank) + 1, 0, move.title, move.key
        return rank.get(move.amount.currency, len(rank)), -abs(move.amount.amount), move.title, move.key

    return tuple(sorted(moves, key=place))


def totals(deals: Iterable[Deal]) -> tuple[Money, ...]:
    """One sum per currency, most deals first. A deal without a value adds nothing, and makes no zero."""
    counts: dict[str, int] = {}
    sums: dict[str, int] = {}
    for one in deals:
        if one.annual is not None:
            counts[one.annual.currency] = counts.get(one.annual.currency, 0) + 1
            sums[one.annual.currency] = sums.get(one.annual.currency, 0) + one.annual.amount
    order = sorted(counts, key=lambda currency: (-counts[currency], currency))
    return tuple(Money(sums[currency], currency) for currency in order)


def money(sums: Mapping[str, Sum]) -> tuple[Money, ...]:
    """As `totals`, from a list's own sums."""
    return tuple(Money(one.total, currency) for currency, one in sums.items() if one.count > one.unvalued)


def by_owner(deals: Sequence[Deal]) -> tuple[OwnerGroup, ...]:
    """Deals without an owner first, then by value in the currency with most deals. Each group keeps its order."""
    groups: dict[str | None, list[Deal]] = {}
    for one in deals:
        groups.setdefault(one.owner_id, []).append(one)
    main = next(iter(totals(deals)), Money(0, ""))
    made = [OwnerGroup(owner, held[0].owner, tuple(held), totals(held)) for owner, held in groups.items()]

    def place(group: OwnerGroup) -> tuple[bool, int, int, str]:
        worth = sum(one.amount for one in group.totals if one.currency == main.currency)
        return group.owner_id is not None, -worth, -len(group.deals), group.owner or ""

    return tuple(sorted(made, key=place))


def ordered(rows: Iterable[Record], order_by: str | None) -> list[Record]:
    """Sorted by one column, nulls last in both directions, equal rows by key. `by` None: by value, largest first."""
    listed = sorted(rows, key=lambda row: row.key)
    descending = order_by is None or order_by.startswith("-")
    column = "annual" if order_by is None else order_by.lstrip("-")

    def cell(row: Record) -> Any:
        return row.cells[column]

    filled = [row for row in listed if row.cells.get(column) is not None]
    empty = [row for row in listed if row.cells.get(column) is None]
    return sorted(filled, key=cell, reverse=descending) + empty


def cut(rows: list[Record], show: Show) -> tuple[list[Record], int]:
    """The rows to show, and the number of hidden ones."""
    if show.limit is None:
        return rows, 0
    return rows[: show.limit], max(0, len(rows) - show.limit)


def _since(row: Record, seen: Snapshot) -> datetime | None:
    since = row.whole("stalled_since")
    if since is None:
        return None
    instant = datetime.fromtimestamp(since / 1000, UTC)
    return instant if since < to_ms(seen.as_of[0]) else None
