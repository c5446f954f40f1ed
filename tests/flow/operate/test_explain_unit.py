"""Why a run's deliveries went or did not go, asked of what is stored."""

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    TEAM,
    TROUBLE,
    Deployed,
    KnownDeliveries,
    KnownMissed,
    Opened,
    Stored,
    reader_digest,
    uses,
)
from worker.domain.delivery import Baseline, Delivery, DeliveryState
from worker.domain.digest.model import Standing
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Send
from worker.errors import LedgerError, RequestError
from worker.flow.operate.explain import Explained, explain

BASELINE = Baseline("before", NOW - HOUR, NOW - HOUR)
SENT = Delivery(KEY, DeliveryState.SENT, date=NOW, compared_with={"deals": BASELINE})
NOW_AND_BEFORE = Stored({"now": answer([deal("a")]), "before": answer([deal("b")])})
CHANGED = reader_digest(
    replace(TEAM, send=Send.ON_CHANGE), digest=uses(standing=Standing.MOVED, changed=True, empty=False)
)
MISSED = MissedRow(NOW - 3 * HOUR, NOW - HOUR, 3, Reason.CAUGHT_UP, schedule="weekly")


class LostBundle(Opened):
    async def open(self, row: Delivery, current: object = None) -> Any:
        raise LedgerError("the deployment is gone")


def parts(*rows: Delivery, digests: Opened | None = None, snapshots: Stored = NOW_AND_BEFORE) -> Any:
    return uses(digests=digests or Opened(CHANGED), lookups=KnownDeliveries(*rows), snapshots=snapshots)


async def explained(row: Delivery, **other: Any) -> Explained:
    found = await explain(parts(row, **other), str(RUN.key))
    assert isinstance(found, tuple)
    run, [one] = found
    assert run is RUN
    return one


async def test_a_decision_is_made_again_from_what_it_was_made_of() -> None:
    assert await explained(SENT) == Explained(SENT, Reason.CHANGED, {"deals": BASELINE})


async def test_what_was_left_out_says_why_by_itself() -> None:
    skipped = replace(SENT, state=DeliveryState.SKIPPED, reason=Reason.NO_CHANGE)
    assert (await explained(skipped, snapshots=Stored())).decision is Reason.NO_CHANGE


async def test_what_was_never_begun_says_what_it_waits_for() -> None:
    waiting = Delivery(KEY, DeliveryState.DEFERRED, reason=Reason.ORDER)
    assert await explained(waiting) == Explained(waiting, Reason.ORDER, {})


async def test_a_query_without_a_baseline_says_why_it_had_none() -> None:
    pair = {"deals": None, "other": None}
    row = replace(SENT, compared_with=pair, why_first={"deals": Reason.SUBSCRIBED})
    assert (await explained(row)).compared == {"deals": Reason.SUBSCRIBED, "other": Reason.FIRST}


@pytest.mark.parametrize("kept", ["now", "before"])
async def test_nothing_is_guessed_where_an_answer_is_no_longer_stored(kept: str) -> None:
    one = await explained(SENT, snapshots=Stored({kept: answer([])}))
    assert one == Explained(SENT, None, {"deals": BASELINE})


@pytest.mark.parametrize("digests", [LostBundle(None), Opened(None)])
async def test_nothing_is_guessed_where_the_definitions_are_gone(digests: Opened) -> None:
    assert (await explained(SENT, digests=digests)).decision is None


async def test_a_notice_went_because_no_source_answered() -> None:
    notice = replace(reader_digest(digest=TROUBLE), snapshot_ids={})
    assert (await explained(replace(SENT, compared_with={}), digests=Opened(notice))).decision is Reason.SOURCE


async def test_a_run_without_deliveries_is_explained_as_itself() -> None:
    assert await explain(parts(), "weekly@latest") == (RUN, ())


@pytest.mark.parametrize("hours", [1, 2, 3])
async def test_a_slot_that_was_missed_is_explained_by_the_row_it_stands_in(hours: int) -> None:
    lookups = KnownMissed(MISSED)
    assert await explain(uses(lookups=lookups), str(RunKey("weekly", NOW - hours * HOUR))) is MISSED


async def test_what_is_neither_a_run_nor_missed_is_refused() -> None:
    with pytest.raises(RequestError, match="no run begins with it"):
        await explain(uses(lookups=KnownMissed(MISSED), deployments=Deployed(None)), str(RunKey("weekly", NOW)))
