"""What a digest is made from, cut to what one audience may see."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from worker.domain.digest.context import Compared, DigestContext
from worker.domain.schedule import Query
from worker.domain.snapshot.audience import Audience, Side, limited, seen
from worker.domain.snapshot.snapshot import Snapshot

T = TypeVar("T")


def for_audience(context: DigestContext, audience: Audience) -> DigestContext:
    """Lists are cut on both sides. What has no rows of its own, such as a funnel, is a number of the whole team: it is
    left out, and its gap too, unless the audience is shown totals.
    """
    kept = tuple(item for item in context.schedule.report if audience.totals or _has_rows(context, item))
    sides = {item.id: side for item in kept if (side := _side(context, audience, item)) is not None}
    names = {item.id for item in kept}
    return replace(
        context,
        schedule=replace(context.schedule, report=kept),
        traits={
            name: replace(traits, scope=sides[name].scope) if name in sides else traits
            for name, traits in context.traits.items()
        },
        snapshots={**_of(context.snapshots, names), **{name: side.now for name, side in sides.items()}},
        compared={name: _alone(context, audience, name, one) for name, one in _of(context.compared, names).items()},
        gaps=tuple(gap for gap in context.gaps if gap.query_id in names),
        baselines={item.id: _baseline(context, audience, item, sides.get(item.id)) for item in kept},
        why_no_baseline=_of(context.why_no_baseline, names),
    )


def _has_rows(context: DigestContext, item: Query) -> bool:
    return context.traits[item.id].lists_opportunities


def _side(context: DigestContext, audience: Audience, item: Query) -> Side | None:
    now = context.snapshots.get(item.id)
    if now is None or not _has_rows(context, item):
        return None
    return limited(audience, now, context.before(item.id), context.traits[item.id].scope)


def _baseline(context: DigestContext, audience: Audience, item: Query, side: Side | None) -> Compared | None:
    found = context.baselines.get(item.id)
    if found is None or not _has_rows(context, item):
        return found
    before = side.before if side is not None else None
    return found[0], before if before is not None else seen(audience, found[1])


def _alone(context: DigestContext, audience: Audience, name: str, answer: Snapshot) -> Snapshot:
    return seen(audience, answer) if context.traits[name].lists_opportunities else answer


def _of(found: Mapping[str, T], names: set[str]) -> Mapping[str, T]:
    return {name: one for name, one in found.items() if name in names}
