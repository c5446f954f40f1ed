"""What a run found, read back from what is stored."""

from worker.domain.run import Run
from worker.domain.snapshot.snapshot import Gap, GapReason, Snapshot
from worker.flow.run.collect import COMPARED
from worker.flow.run.comparison import Answers
from worker.ports import Snapshots


async def load_found(stored: Snapshots, run: Run) -> Answers:
    """A run's stored answers. A snapshot that is gone from Redis is a gap that says so, and never an empty answer."""
    snapshots: dict[str, Snapshot] = {}
    compared: dict[str, Snapshot] = {}
    gaps = [Gap(query, GapReason(reason), sentence) for query, reason, sentence in run.gaps]
    for query, snapshot_id in run.snapshots:
        snapshot = await stored.load(snapshot_id)
        if query.endswith(COMPARED):
            compared |= {query.removesuffix(COMPARED): snapshot} if snapshot else {}
        elif snapshot is None:
            gaps.append(Gap(query, GapReason.INCOMPLETE, "its stored answer is gone from Redis"))
        else:
            snapshots[query] = snapshot
    return Answers(snapshots, compared, tuple(gaps))
