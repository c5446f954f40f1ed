"""The inputs of a digest, cut to the part that one audience may see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from worker.domain.digest.context import Compared, DigestContext
from worker.domain.snapshot.audience import Audience, Side, SplitAnswer, limited, seen, split
from worker.domain.snapshot.snapshot import Snapshot

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SplitContext:
    """A context whose lists are split once for all audiences, by query id: `now`, `before` and `compared`."""

    whole: DigestContext
    now: Mapping[str, SplitAnswer]
    before: Mapping[str, SplitAnswer]
    compared: Mapping[str, SplitAnswer]


def split_context(context: DigestContext) -> SplitContext:
    baselines = {query: found[1] for query, found in context.baselines.items() if found is not None}
    return SplitContext(
        context, _lists(context, context.snapshots), _lists(context, baselines), _lists(context, context.compared)
    )


def for_audience(parts: SplitContext, audience: Audience) -> DigestContext:
    """Lists are cut on both sides. A query without rows, such as a funnel, is a figure of the whole team: it is left
    out, and its gap too, unless the audience is shown totals.
    """
    context = parts.whole
    kept = tuple(item for item in context.schedule.report if audience.totals or _has_rows(context, item.id))
    names = {item.id for item in kept}
    sides = {name: _side(parts, audience, name) for name in parts.now if name in names}
    return replace(
        context,
        narrowed=True,
        own=audience.own,
        team=audience.team,
        schedule=replace(
            context.schedule,
            report=kept,
            key=context.schedule.key if context.schedule.key in names else None,
            bridge=context.schedule.bridge if context.schedule.bridge in names else None,
        ),
        traits={
            name: replace(traits, scope=sides[name].scope) if name in sides else traits
            for name, traits in context.traits.items()
        },
        snapshots={**_of(context.snapshots, names), **{name: side.now for name, side in sides.items()}},
        compared={
            name: seen(audience, parts.compared[name]) if name in parts.compared else one
            for name, one in _of(context.compared, names).items()
        },
        gaps=tuple(gap for gap in context.gaps if gap.query_id in names),
        baselines={item.id: _baseline(parts, audience, item.id, sides.get(item.id)) for item in kept},
        why_no_baseline=_of(context.why_no_baseline, names),
    )


def _has_rows(context: DigestContext, query: str) -> bool:
    return context.traits[query].lists_opportunities


def _lists(context: DigestContext, answers: Mapping[str, Snapshot]) -> Mapping[str, SplitAnswer]:
    return {query: split(answer) for query, answer in answers.items() if _has_rows(context, query)}


def _side(parts: SplitContext, audience: Audience, query: str) -> Side:
    comparable = parts.whole.before(query) is not None
    before = parts.before.get(query) if comparable else None
    return limited(audience, parts.now[query], before, parts.whole.traits[query].scope)


def _baseline(parts: SplitContext, audience: Audience, query: str, side: Side | None) -> Compared | None:
    found = parts.whole.baselines.get(query)
    if found is None or query not in parts.before:
        return found
    before = side.before if side is not None else None
    return found[0], before if before is not None else seen(audience, parts.before[query])


def _of(found: Mapping[str, T], names: set[str]) -> Mapping[str, T]:
    return {name: one for name, one in found.items() if name in names}
