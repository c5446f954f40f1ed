"""Whether a digest is sent to a reader, and which baselines its delivery moves. The functions are pure, so that a
decision can be made again later.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from worker.domain.delivery import Baseline, Decision
from worker.domain.digest.model import Digest, Standing
from worker.domain.reason import Reason
from worker.domain.schedule import Send
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Snapshot, Table

EXPIRES = timedelta(days=400)
"""An older baseline counts as none: nobody remembers that digest, and snapshots are not stored longer."""


def decide(
    send: Send,
    digest: Digest,
    *,
    on_demand: bool = False,
    suspended: bool = False,
    skip_if_empty: bool = False,
    alerted: bool = False,
) -> Decision:
    """The first rule that matches decides. An address that refused permanently is skipped, also on request. A digest
    that reports something missing is not empty. `alerted`: the run notifies somebody of an alert.
    """
    on_alert = send is Send.ON_ALERT
    rules = (
        (suspended, False, Reason.SUSPENDED),
        (on_demand, True, Reason.REQUESTED),
        (on_alert and not alerted, False, Reason.NO_ALERT),
        (skip_if_empty and digest.empty, False, Reason.EMPTY),
        (on_alert, True, Reason.ALERT),
        (digest.standing is Standing.FIRST, True, Reason.FIRST),
        (send is Send.ALWAYS, True, Reason.ALWAYS),
        (digest.changed, True, Reason.CHANGED),
    )
    for holds, sends, reason in rules:
        if holds:
            return Decision(send=sends, reason=reason)
    return Decision(send=False, reason=Reason.EMPTY if digest.empty else Reason.NO_CHANGE)


def why_unusable(
    baseline: Baseline | None, before: Snapshot | None, after: Snapshot | None, now: datetime
) -> Reason | None:
    """Why this reader's query is treated as if nothing was ever sent; None if the baseline can be used.

    `before` is the baseline's snapshot if it is still kept. `after` is the answer of this run; None stands for a gap.
    """
    if baseline is None:
        return Reason.FIRST
    if baseline.taken_away:
        return Reason.RESET
    if before is None or now - baseline.slot > EXPIRES:
        return Reason.BASELINE_EXPIRED
    if after is not None and after.fingerprint != before.fingerprint:
        return Reason.QUERY_CHANGED
    return None


def sent_baselines(slot: datetime, ids: Mapping[str, str], snapshots: Mapping[str, Snapshot]) -> dict[str, Baseline]:
    """The baselines that a sent delivery of the run for `slot` moves: one for each query that was answered. `ids` and
    `snapshots` go by query id; a gap is in neither. The ledger knows the present baseline and never moves one back.
    """
    return {query: Baseline(ids[query], slot, snapshot.as_of[0]) for query, snapshot in snapshots.items()}


def skipped_baselines(
    slot: datetime,
    ids: Mapping[str, str],
    snapshots: Mapping[str, Snapshot],
    current: Mapping[str, Baseline],
    before: Mapping[str, Snapshot],
) -> dict[str, Baseline]:
    """The baselines that a delivery skipped as `no_change` moves: only those of queries whose answer equals in every
    cell the one that the reader was sent (`before`). Otherwise small changes that do not count would add up unseen.
    """
    equal = {
        query: snapshot
        for query, snapshot in snapshots.items()
        if query in current and (known := before.get(query)) is not None and same_answer(known, snapshot)
    }
    return sent_baselines(slot, ids, equal)


def same_answer(before: Snapshot, after: Snapshot) -> bool:
    """Whether rows and numbers are equal. The time of reading and the window may differ."""
    return (
        before.fingerprint == after.fingerprint
        and before.members == after.members
        and _compared_tables(before) == _compared_tables(after)
        and before.measures == after.measures
    )


def _compared_tables(answer: Snapshot) -> tuple[Table, ...]:
    """All tables except the count of requests."""
    return tuple(table for table in answer.tables if table.id not in (REQUESTS, HISTORY))
