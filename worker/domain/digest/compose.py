"""Composes a digest from one run's answers and the past of one group of readers, as a pure function."""

from worker.domain.diff.changes import QueryChange, query_change, table_diffs
from worker.domain.digest.context import Diffs, DigestContext
from worker.domain.digest.figures import facts, figures, measure_name
from worker.domain.digest.funnels import funnels
from worker.domain.digest.headline import Headline, head
from worker.domain.digest.key_measure import key_measure, with_movers
from worker.domain.digest.model import Digest, Holds, SourceLine, StalledSection
from worker.domain.digest.sections import KeyMeasure
from worker.domain.digest.stalled import stalled_sections
from worker.domain.digest.tables import tables
from worker.domain.schedule import Query
from worker.domain.snapshot.history import points
from worker.domain.snapshot.snapshot import Gap, Snapshot


def compose(context: DigestContext) -> Digest:
    """The whole digest. A template prints it, cuts it, and says that it did."""
    diffs = _diffs(context)
    changes = _changes(context, diffs)
    funnel = funnels(context)
    key = key_measure(context, funnel)
    top = head(context, diffs, changed=bool(changes), key=key)
    reads = [snapshot.as_of[1] for snapshot in context.snapshots.values()]
    stalled = stalled_sections(context, diffs)
    table = tables(context, beside_funnel=any(one.stages for one in funnel))
    figure = figures(context, key, table.covered)
    filled = [*top.keys, *top.moves, *stalled_with_content(stalled), *figure, *([key] if key is not None else [])]
    filled += [*(one for one in funnel if one.stages), *(one for one in table.sections if one.rows), *table.unprinted]
    return Digest(
        schedule=context.schedule.id,
        name=context.schedule.name,
        run=context.run,
        slot=context.slot,
        as_of=max(reads, default=None),
        since=top.since,
        standing=top.standing,
        key_query=top.query,
        keys=top.keys,
        bridges=top.bridges,
        moves=top.moves,
        stages=top.stages,
        stalled=stalled,
        funnels=funnel,
        figures=figure,
        tables=table.sections,
        sources=tuple(_source(context, item) for item in context.schedule.report),
        gaps=_gaps(context),
        next_slot=context.next_slot,
        late=context.late,
        may_repeat=context.may_repeat,
        narrowed=context.narrowed,
        own=context.own,
        team=context.team,
        holds=_holds(context),
        changed=bool(changes),
        changes=changes,
        empty=not filled and not context.gaps,
        measure=with_movers(context, key, table.sections),
        facts=facts(context, key),
        unprinted=table.unprinted,
        history=_history(context, top, key),
    )


def _history(context: DigestContext, top: Headline, key: KeyMeasure | None) -> tuple[float, ...]:
    """Of the first currency's total, or of the measure that heads the digest."""
    query = key.query_id if key is not None else top.query
    now = context.snapshots.get(query) if query is not None else None
    if now is None:
        return ()
    if key is None:
        return points(now, top.keys[0].currency) if top.keys else ()
    names = {measure_name(one.key, one.currency): ".".join(one.key) for one in now.measures}
    return points(now, names.get(key.figure.name, ""))


def stalled_with_content(sections: tuple[StalledSection, ...]) -> tuple[StalledSection, ...]:
    return tuple(one for one in sections if one.newly_count or one.still_count or one.moving_again or one.left)


def _holds(context: DigestContext) -> Holds:
    item = context.key_item()
    statuses = context.traits[item.id].scope.statuses if item is not None else frozenset()
    only = next(iter(statuses)) if len(statuses) == 1 else ""
    return Holds(only) if only in set(Holds) else Holds.LISTED


def _diffs(context: DigestContext) -> Diffs:
    """Every table is compared once, for all sections."""
    return {
        query: table_diffs(before, now)
        for query, now in context.snapshots.items()
        if (before := context.before(query)) is not None
    }


def _changes(context: DigestContext, diffs: Diffs) -> tuple[QueryChange, ...]:
    """A gap is no change. An answer that this reader was never sent is one."""
    found = (
        query_change(context.before(item.id), now, item.watch, diffs.get(item.id))
        for item in context.schedule.report
        if (now := context.snapshots.get(item.id)) is not None
    )
    return tuple(change for change in found if change)


def _gaps(context: DigestContext) -> tuple[Gap, ...]:
    """In the order of the report."""
    order = {item.id: position for position, item in enumerate(context.schedule.report)}
    return tuple(sorted(context.gaps, key=lambda gap: order.get(gap.query_id, len(order))))


def _source(context: DigestContext, item: Query) -> SourceLine:
    now = context.snapshots.get(item.id)
    main = now.rows if now is not None else None
    return SourceLine(
        query_id=item.id,
        source=context.connections.get(item.source, item.source),
        query=item.query,
        rows=len(main.rows) if main is not None else None,
        total=main.total if main is not None else None,
        as_of=now.as_of[1] if now is not None else None,
        gap=context.gap(item.id),
        since_reason=context.why_first(item.id) if now is not None else None,
        notes=_notes(now, context.compared.get(item.id)),
        stalled=context.traits[item.id].stalled,
        words=context.traits[item.id].presentation.stalled,
        name=item.name,
    )


def _notes(*answers: Snapshot | None) -> tuple[str, ...]:
    """The notes of a query's answer and of the answer that it is compared with, each once."""
    return tuple(dict.fromkeys(note for answer in answers if answer is not None for note in answer.notes))
