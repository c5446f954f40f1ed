"""Deals that began to stall since this reader's last digest, those that still stall, and those that left the list."""

from collections.abc import Mapping
from dataclasses import replace

from worker.domain.diff.bridge import Bridge, balance, why_not_compared
from worker.domain.diff.diff import TableDiff
from worker.domain.diff.stock import Basis
from worker.domain.digest.context import Diffs, DigestContext
from worker.domain.digest.deals import by_owner, by_size, cut, deal, deal_move, ordered, totals
from worker.domain.digest.headline import views
from worker.domain.digest.model import Deal, StalledSection
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.notes import unjudged
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.record import records
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Snapshot

_PRICE = frozenset({Move.RAISED, Move.LOWERED, Move.CONVERTED_IN, Move.CONVERTED_OUT})


def stalled_sections(context: DigestContext, diffs: Diffs) -> tuple[StalledSection, ...]:
    """One section for each stalled list that was read. A gap has none, because nothing is known about it."""
    items = (item for item in context.schedule.report if context.traits[item.id].stalled)
    return tuple(
        replace(
            _section(item, context.traits[item.id].scope, context.before(item.id), now, diffs.get(item.id, {})),
            limit=item.show.limit,
            words=context.traits[item.id].presentation.stalled,
        )
        for item in items
        if (now := context.snapshots.get(item.id)) is not None and now.rows is not None
    )


def _section(
    item: Query, scope: Scope, before: Snapshot | None, now: Snapshot, diffs: Mapping[str, TableDiff]
) -> StalledSection:
    if before is None or why_not_compared(before, now) is not None:
        return _fill(item, now, frozenset(), Bridge(Basis.ANNUAL, (), ()), first=True)
    found = balance(before, now, scope, changes=diffs.get(now.main or ""))
    section = _fill(item, now, before.members, found, first=False)
    if not found.steps or item.follow is Follow.NONE:
        return section
    return replace(section, bridges=views(found))


def _fill(item: Query, now: Snapshot, known: frozenset[str], found: Bridge, *, first: bool) -> StalledSection:
    rows = records(now.rows)
    newly = ordered((row for key, row in rows.items() if key not in known), item.show.order_by)
    still = [deal(row, now) for row in ordered((row for key, row in rows.items() if key in known), None)]
    shown, hidden = cut(newly, item.show)
    left = [step for step in found.steps if step.key not in now.members and step.move not in _PRICE]
    again = ordered((step.row for step in left if step.move is Move.REVIVED), None)
    others = (deal_move(step) for step in left if step.move is not Move.REVIVED)
    return StalledSection(
        query_id=item.id,
        first=first,
        newly=by_owner([deal(row, now) for row in shown]),
        newly_count=len(newly),
        newly_totals=totals(deal(row, now) for row in newly),
        moving_again=tuple(deal(row, now) for row in again),
        left=by_size(others, [terms.currency for terms in found.terms]),
        still_count=len(still),
        still_totals=totals(still),
        still_longest=_longest(still),
        still=tuple(still),
        hidden=hidden,
        unjudged=unjudged(now.notes),
    )


def _longest(deals: list[Deal]) -> Deal | None:
    """None if no deal's beginning is known."""
    dated = [(one.stalled_since, one.title, one) for one in deals if one.stalled_since is not None]
    return min(dated, key=lambda one: one[:2])[2] if dated else None
