"""Which rows a reader may see, and what of a run's answers is left for him."""

from collections.abc import Mapping

from worker.domain.digest.context import DigestContext
from worker.domain.digest.for_audience import for_audience
from worker.domain.schedule import Subscription
from worker.domain.snapshot.audience import Audience
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.values import KEY, values
from worker.flow.run.comparison import Answers, Comparison
from worker.ports.expressions import Expressions

ROW = {column.name: column.kind for column in (KEY, *COLUMNS)}
NAMES = frozenset(ROW)


def audience_of(expressions: Expressions, entry: Subscription) -> Audience | None:
    """None for an entry whose readers see every row. Raises RequestError for a condition that this version does not
    understand: another version deployed it.
    """
    if not entry.rows:
        return None
    condition = expressions.condition(entry.rows, {"row": ROW})

    def sees(row: Record) -> bool | None:
        return condition({"row": values(row, COLUMNS, condition.names("row"))})

    return Audience(("rows", entry.rows, entry.team_totals), sees, "filter", totals=entry.team_totals)


def undecided(found: Answers, audience: Audience | None) -> Mapping[str, int]:
    """By query, the rows of which the condition says nothing, because a value is not known; none are left out of it."""
    if audience is None:
        return {}
    counts = {
        query: sum(audience.sees(row) is None for row in records(answer.rows).values())
        for query, answer in found.snapshots.items()
        if answer.rows is not None
    }
    return {query: count for query, count in counts.items() if count}


def narrowed(
    context: DigestContext, found: Answers, past: Comparison, audience: Audience | None
) -> tuple[DigestContext, Answers, Comparison]:
    """The context of an audience's digest, and the answers and the comparison as far as they are shown in it."""
    if audience is None:
        return context, found, past
    cut = for_audience(context, audience)
    names = {item.id for item in cut.schedule.report}
    return (
        cut,
        Answers(cut.snapshots, cut.compared, cut.gaps),
        Comparison(
            {query: one for query, one in past.compared_with.items() if query in names},
            {query: one[1] for query, one in cut.baselines.items() if one is not None and query in past.earlier},
            {query: why for query, why in past.why_first.items() if query in names},
        ),
    )
