"""Whether a digest goes to a reader, and which baselines its delivery moves; pure, so it may be asked again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from worker.domain.delivery import Baseline, Decision
from worker.domain.digest.model import Digest, Standing
from worker.domain.reason import Reason
from worker.domain.schedule import Send
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Snapshot, Table

EXPIRES = timedelta(days=400)
"""A baseline older than this is treated as none: nobody remembers that digest, and snapshots are not kept longer."""


def decide(send: Send, digest: Digest, *, on_demand: bool = False, suspended: bool = False) -> Decision:
    """The first rule that matches. An address that refused for good is left alone whoever asks."""
    if suspended:
        return Decision(send=False, reason=Reason.SUSPENDED)
    if on_demand:
        return Decision(send=True, reason=Reason.REQUESTED)
    if digest.standing is Standing.FIRST:
        return Decision(send=True, reason=Reason.FIRST)
    if send is Send.ALWAYS:
        return Decision(send=True, reason=Reason.ALWAYS)
    if digest.changed:
        return Decision(send=True, reason=Reason.CHANGED)
    return Decision(send=False, reason=Reason.EMPTY if digest.empty else Reason.NO_CHANGE)


def why_unusable(
    baseline: Baseline | None, before: Snapshot | None, after: Snapshot | None, now: datetime
) -> Reason | None:
    """Why this reader's query is treated as if nothing was ever sent; None where the baseline can be compared with.

    `before` is the baseline's snapshot as far as it is still kept, `after` the answer of this run (None: a gap).
    """
    if baseline is None:
        return Reason.FIRST
    if before is None or now - baseline.slot > EXPIRES:
        return Reason.BASELINE_EXPIRED
    if after is not None and after.fingerprint != before.fingerprint:
        return Reason.QUERY_CHANGED
    return None


def sent_baselines(slot: datetime, ids: Mapping[str, str], snapshots: Mapping[str, Snapshot]) -> dict[str, Baseline]:
    """What a sent delivery of the run for `slot` moves: every query that was answered (a gap is in neither mapping).
    `ids` and `snapshots` go by query id. The ledger, which knows where a baseline stands, lets none go back.
    """
    return {query: Baseline(ids[query], slot, snapshot.as_of[0]) for query, snapshot in snapshots.items()}


def skipped_baselines(
    slot: datetime,
    ids: Mapping[str, str],
    snapshots: Mapping[str, Snapshot],
    current: Mapping[str, Baseline],
    before: Mapping[str, Snapshot],
) -> dict[str, Baseline]:
    """What a delivery skipped as `no_change` moves: only queries whose answer is equal in every cell to the one this
    reader was sent (`before`). Anything else would let small changes that do not count add up unseen.
    """
    equal = {
        query: snapshot
        for query, snapshot in snapshots.items()
        if query in current and (known := before.get(query)) is not None and same_answer(known, snapshot)
    }
    return sent_baselines(slot, ids, equal)


def same_answer(before: Snapshot, after: Snapshot) -> bool:
    """Equal rows and numbers; when they were read, and over which window, may differ."""
    return (
        before.fingerprint == after.fingerprint
        and before.members == after.members
        and _compared_tables(before) == _compared_tables(after)
        and before.measures == after.measures
    )


def _compared_tables(answer: Snapshot) -> tuple[Table, ...]:
    """All but how many requests it took."""
    return tuple(table for table in answer.tables if table.id != REQUESTS)
