"""The head of a digest: what is open, how it moved since this reader's last digest, and why."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.diff.bridge import Bridge, Terms, balance, why_not_compared
from worker.domain.diff.stock import sums_of
from worker.domain.digest.context import Diffs, DigestContext
from worker.domain.digest.deals import by_size, deal, deal_move, totals
from worker.domain.digest.model import BridgeLine, BridgeView, DealMove, KeyFigure, StageSum, Standing
from worker.domain.digest.sections import KeyMeasure
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Headline:
    standing: Standing
    query: str | None = None
    since: datetime | None = None
    keys: tuple[KeyFigure, ...] = ()
    bridges: tuple[BridgeView, ...] = ()
    moves: tuple[DealMove, ...] = ()
    stages: tuple[StageSum, ...] = ()


def head(context: DigestContext, diffs: Diffs, *, changed: bool, key: KeyMeasure | None = None) -> Headline:
    """`changed`: whether anything in the whole digest changed, for a report with `key` instead of a list at the top."""
    item = context.key_item()
    if item is None:
        return _headless(context, key, changed=changed)
    now, found = context.snapshots.get(item.id), context.baseline(item.id)
    if now is None:
        known = None if found is None else found[1]
        return Headline(Standing.UNKNOWN, item.id, found and found[0].slot, _last_known(known))
    if found is None or why_not_compared(found[1], now) is not None:
        return Headline(Standing.FIRST, item.id, None, _first_keys(now), stages=stages(now))
    changes = diffs[item.id].get(now.main or "")
    return _moved(item, found[0].slot, balance(found[1], now, context.traits[item.id].scope, changes=changes))


def views(found: Bridge) -> tuple[BridgeView, ...]:
    """A bridge to print, without the classes that have no deal."""
    return tuple(_view(terms) for terms in found.terms)


def stages(now: Snapshot) -> tuple[StageSum, ...]:
    """The open deals by stage, in the order of the pipeline; the sums add up to the key figures."""
    groups: dict[tuple[int, str, str], list[Record]] = {}
    for row in records(now.rows).values():
        order = row.whole("stage_order")
        # Stages without a position come last. The id is compared too: two pipelines may have stages of one name.
        place = (order if order is not None else 1 << 31, row.text("stage") or "", row.text("stage_id") or "")
        groups.setdefault(place, []).append(row)
    return tuple(
        StageSum(name or None, len(rows), totals(deal(row, now) for row in rows))
        for (_, name, _), rows in sorted(groups.items(), key=lambda one: one[0])
    )


def _headless(context: DigestContext, key: KeyMeasure | None, *, changed: bool) -> Headline:
    slots = [found[0].slot for query in context.traits if (found := context.baseline(query)) is not None]
    if not context.snapshots or (key is not None and key.missing):
        return Headline(Standing.UNKNOWN, since=max(slots, default=None))
    if not slots:
        return Headline(Standing.FIRST)
    return Headline(Standing.MOVED if changed else Standing.UNCHANGED, since=max(slots))


def _moved(item: Query, since: datetime, found: Bridge) -> Headline:
    standing = Standing.MOVED if found.steps else Standing.UNCHANGED
    keys = tuple(_key(terms) for terms in found.terms if terms.opening_count or terms.closing_count)
    if item.follow is Follow.NONE:
        return Headline(standing, item.id, since, keys)
    order = [terms.currency for terms in found.terms]
    moves = by_size((deal_move(step) for step in found.steps), order)
    return Headline(standing, item.id, since, keys, views(found) if found.steps else (), moves)


def _key(terms: Terms) -> KeyFigure:
    delta = terms.closing - terms.opening
    return KeyFigure(
        currency=terms.currency,
        count=terms.closing_count,
        closing=terms.closing,
        opening=terms.opening,
        opening_count=terms.opening_count,
        delta=delta,
        ratio=delta / terms.opening if terms.opening else None,
        unvalued=terms.unvalued,
    )


def _first_keys(now: Snapshot) -> tuple[KeyFigure, ...]:
    sums = {} if now.rows is None else sums_of(now.rows)
    return tuple(KeyFigure(currency, one.count, one.total, unvalued=one.unvalued) for currency, one in sums.items())


def _last_known(before: Snapshot | None) -> tuple[KeyFigure, ...]:
    """The old figure is the opening. There is no closing, so the old figure is never shown as the new one."""
    sums = {} if before is None or before.rows is None else sums_of(before.rows)
    return tuple(KeyFigure(currency, None, None, one.total, one.count) for currency, one in sums.items())


def _view(terms: Terms) -> BridgeView:
    lines = tuple(BridgeLine(move, terms.counts[move], terms.amounts[move]) for move in Move if terms.counts[move])
    return BridgeView(
        currency=terms.currency,
        opening=terms.opening,
        opening_count=terms.opening_count,
        closing=terms.closing,
        closing_count=terms.closing_count,
        lines=lines,
        unvalued=terms.unvalued,
    )
