"""The inputs of a digest: one run's answers and gaps, and what one group of readers was sent before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.delivery import Baseline
from worker.domain.diff.diff import TableDiff
from worker.domain.reason import Reason
from worker.domain.schedule import Query, Schedule
from worker.domain.snapshot.snapshot import Gap, Snapshot
from worker.domain.snapshot.traits import QueryTraits

Compared = tuple[Baseline, Snapshot]
Diffs = Mapping[str, Mapping[str, TableDiff]]
"""What differs from the baseline: by query id, then by table id."""


@dataclass(frozen=True, slots=True)
class DigestContext:
    """`run` is the run's key as text. `traits` (what a source says about a query), `snapshots`, `compared` (answers for
    comparison windows) and `baselines` go by query id; a query has a snapshot or a gap. `why_no_baseline`: why a reader
    has none. `connections`: name → type. `late`: seconds after the slot. `may_repeat`, `narrowed`, `own` and
    `team`: as Digest has them.
    """

    schedule: Schedule
    run: str
    slot: datetime
    traits: Mapping[str, QueryTraits]
    snapshots: Mapping[str, Snapshot]
    compared: Mapping[str, Snapshot] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    baselines: Mapping[str, Compared | None] = field(default_factory=dict)
    why_no_baseline: Mapping[str, Reason] = field(default_factory=dict)
    connections: Mapping[str, str] = field(default_factory=dict)
    next_slot: datetime | None = None
    late: int = 0
    may_repeat: datetime | None = None
    narrowed: bool = False
    own: bool = False
    team: bool = False

    def baseline(self, query_id: str) -> Compared | None:
        """None also if the stored answer belongs to another question. For a gap, it is the last known answer."""
        found = self.baselines.get(query_id)
        now = self.snapshots.get(query_id)
        if found is not None and now is not None and found[1].fingerprint != now.fingerprint:
            return None
        return found

    def before(self, query_id: str) -> Snapshot | None:
        found = self.baseline(query_id)
        return None if found is None else found[1]

    def why_first(self, query_id: str) -> Reason | None:
        """Why there is nothing to compare this query with; None if there is something."""
        if self.baseline(query_id) is not None:
            return None
        edited = Reason.QUERY_CHANGED if self.baselines.get(query_id) is not None else Reason.FIRST
        return self.why_no_baseline.get(query_id, edited)

    def gap(self, query_id: str) -> Gap | None:
        return next((gap for gap in self.gaps if gap.query_id == query_id), None)

    def key_item(self) -> Query | None:
        """The list of opportunities whose total heads the digest: the one that `key` or `bridge` names, else the first;
        None where there is none, or where `key` names another query.
        """
        named = self.schedule.key or self.schedule.bridge
        if named is not None:
            return self.schedule.item(named) if self.traits[named].lists_opportunities else None
        return next((item for item in self.schedule.report if self.traits[item.id].lists_opportunities), None)
