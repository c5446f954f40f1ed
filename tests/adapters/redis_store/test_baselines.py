"""When a reader's baseline moves and when it stays: the table of semantics 5, row by row."""

from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.domain.delivery import Baseline, DeliveryKey, Reader
from worker.domain.outcome import Deferred, Sent, Skipped
from worker.domain.reason import Reason

OLD = baseline("old", SLOT - WEEK)
NEW = baseline("new", SLOT)


async def with_baseline(story: LedgerFixture, held: Baseline = OLD) -> DeliveryKey:
    """ANN was sent `held`; now SLOT is pending."""
    key, *_ = await story.delivering((ANN,), held.slot)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": held}))
    assert await story.baseline() == held
    return (await story.delivering())[0]


async def test_sent_moves_it(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.intend(key)
    assert await story.baseline() == OLD
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    assert await story.baseline() == NEW


async def test_a_late_or_caught_up_slot_leaves_it(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    late, *_ = await story.delivering((ANN,), SLOT - WEEK)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    await story.intend(late)
    await story.deliveries.settle(late, 1, Sent("ok", {"deals": OLD}))
    assert await story.baseline() == NEW


async def test_a_late_slot_that_is_skipped_leaves_it(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    late, *_ = await story.delivering((ANN,), SLOT - WEEK)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    await story.deliveries.settle(late, 0, Skipped(Reason.NO_CHANGE, {"deals": OLD}))
    assert await story.baseline() == NEW


async def test_the_same_slot_again_leaves_it(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": Baseline("other", OLD.slot, SLOT)}))
    assert await story.baseline() == OLD


async def test_an_older_snapshot_under_a_newer_slot_moves_it(story: LedgerFixture) -> None:
    """Two runs that overlap may read in the other order; the next digest opens with the one that was sent last."""
    key = await with_baseline(story)
    read_before = Baseline("x", SLOT, OLD.as_of - timedelta(seconds=1))
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": read_before}))
    assert await story.baseline() == read_before


async def test_a_query_that_was_a_gap_keeps_its_own(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"funnel": NEW}))
    assert await story.baseline() == OLD
    assert await story.baseline(query="funnel") == NEW


async def test_skipped_moves_it_only_where_the_answer_is_byte_equal(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.deliveries.settle(key, 0, Skipped(Reason.NO_CHANGE))
    assert await story.baseline() == OLD
    (later,) = await story.delivering((ANN,), SLOT + WEEK)
    equal = baseline("old", SLOT + WEEK)
    await story.deliveries.settle(later, 0, Skipped(Reason.NO_CHANGE, {"deals": equal}))
    assert await story.baseline() == equal


@pytest.mark.parametrize("outcome", ["skipped", "refused", "failed", "unknown"])
async def test_what_did_not_arrive_leaves_it(story: LedgerFixture, outcome: str) -> None:
    key = await with_baseline(story)
    await story.finish(key, outcome)
    assert await story.baseline() == OLD


async def test_deferred_and_superseded_leave_it(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.deliveries.settle(key, 0, Deferred(await story.soon(), Reason.PACE, ""))
    assert await story.baseline() == OLD
    await story.delivering((ANN,), SLOT + WEEK)
    assert await story.baseline() == OLD


async def test_a_later_proof_of_sending_moves_it(story: LedgerFixture) -> None:
    key = await with_baseline(story)
    await story.finish(key, "unknown")
    await story.deliveries.settle(key, 1, Sent("it is in the inbox", {"deals": NEW}))
    assert await story.baseline() == NEW


async def test_readers_have_their_own_and_one_without_has_none(story: LedgerFixture) -> None:
    first, _ = await story.delivering((ANN, BEN))
    await story.intend(first)
    await story.deliveries.settle(first, 1, Sent("ok", {"deals": NEW, "1": OLD}))
    ann, ben, other = Reader(WEEKLY, *ANN.split("|")), Reader(WEEKLY, *BEN.split("|")), Reader("x", "team", "a@b")
    assert await story.runs.baselines([ann, ben, other]) == {ann: {"deals": NEW, "1": OLD}, ben: {}, other: {}}
    assert await story.runs.baselines([]) == {}
