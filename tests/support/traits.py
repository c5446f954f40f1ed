"""What the shipped sources say of queries, for tests that build a digest or a bridge without a run."""

from worker.domain.diff.bridge import Bridge, bridge
from worker.domain.diff.diff import TableDiff
from worker.domain.diff.stock import Basis
from worker.domain.schedule import Query, Schedule
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.snapshot.traits import QueryTraits
from worker.plugins import SOURCES


def traits(item: Query) -> QueryTraits:
    """By the query's name alone."""
    return next(kind.queries[item.query] for kind in SOURCES if item.query in kind.queries).traits(item.params)


def traits_of(schedule: Schedule) -> dict[str, QueryTraits]:
    return {item.id: traits(item) for item in schedule.report}


def bridged(
    before: Snapshot | None,
    after: Snapshot | None,
    item: Query,
    *,
    basis: Basis = Basis.ANNUAL,
    changes: TableDiff | None = None,
) -> Bridge | None:
    """The bridge of a query's two answers."""
    return bridge(before, after, item.follow, traits(item).scope, basis=basis, changes=changes)
