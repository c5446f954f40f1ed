"""Everything that differs between two answers to one query, for a person who asks for it. Neither the marks of columns
nor `watch` limit what counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.domain.diff.bridge import Bridge, NoBridge, bridge, why_no_bridge
from worker.domain.diff.diff import MeasureChange, TableDiff, diff, diff_measures
from worker.domain.schedule import Follow
from worker.domain.snapshot.currencies import written_as_in
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.opportunity import FOLLOWED
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, table

KEPT_BESIDE = frozenset({REQUESTS, HISTORY})
"""Tables that Funnelbeat stores with an answer; they are not part of the answer itself."""


class NotCompared(StrEnum):
    """Why two runs' answers to one query say nothing about each other."""

    NO_ANSWER_BEFORE = "no_answer_before"
    NO_ANSWER_AFTER = "no_answer_after"
    QUERY_CHANGED = "query_changed"


@dataclass(frozen=True, slots=True)
class QueryComparison:
    """`not_compared`: if it gives a reason, everything else is empty. `no_bridge`: why there is none. `new_period`: the
    windows begin at different instants, so that `measures` are of two periods. `sliced`: tables that the user cut; they
    are not compared.
    """

    query: str
    before: Snapshot | None
    after: Snapshot | None
    not_compared: NotCompared | None = None
    bridge: Bridge | None = None
    no_bridge: NoBridge | None = None
    measures: tuple[MeasureChange, ...] = ()
    tables: tuple[TableDiff, ...] = ()
    sliced: tuple[str, ...] = ()
    new_period: bool = False

    def __bool__(self) -> bool:
        """Whether anything moved."""
        return bool(self.measures or any(self.tables))


def between(
    query: str, before: Snapshot | None, after: Snapshot | None, follow: Follow, scope: Scope
) -> QueryComparison:
    """`follow` and `scope` are the query's, as for a bridge."""
    why = _why_not(before, after)
    if why is not None or before is None or after is None:
        return QueryComparison(query, before, after, why)
    was = written_as_in(before, after)
    pairs = [(was.table(new.id), new) for new in after.tables if new.id not in KEPT_BESIDE]
    comparable = [(old, new) for old, new in pairs if old is not None and not old.sliced and not new.sliced]
    return QueryComparison(
        query,
        was,
        after,
        bridge=bridge(was, after, follow, scope),
        no_bridge=why_no_bridge(was, after, follow),
        measures=diff_measures(was.measures, after.measures),
        tables=tuple(diff(old, new) for old, new in comparable),
        sliced=tuple(new.id for old, new in pairs if (old is not None and old.sliced) or new.sliced),
        new_period=was.window is not None and (after.window is None or was.window.start != after.window.start),
    )


def departed(before: Snapshot, after: Snapshot) -> frozenset[str]:
    """Rows that left the list between two answers, and for which the newer one has no reason."""
    if before.rows is None or after.rows is None:
        return frozenset()
    followed = after.followed.by_key() if after.followed is not None else {}
    return before.members - after.members - followed.keys()


def with_followed(after: Snapshot, found: Mapping[str, Row]) -> Snapshot:
    """`found`: rows that answers in between had looked up, in the columns of the newer answer's list."""
    if not found or after.rows is None:
        return after
    known = after.followed.rows if after.followed is not None else ()
    columns = after.followed.columns if after.followed is not None else after.rows.columns
    return replace(after, followed=table(FOLLOWED, columns, (*known, *found.values())))


def _why_not(before: Snapshot | None, after: Snapshot | None) -> NotCompared | None:
    if before is None:
        return NotCompared.NO_ANSWER_BEFORE
    if after is None:
        return NotCompared.NO_ANSWER_AFTER
    return NotCompared.QUERY_CHANGED if before.fingerprint != after.fingerprint else None
