"""Somebody resets what readers are compared with, beside workers that are delivering (semantics 5)."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.domain.delivery import Baseline, DeliveryKey, DeliveryState
from worker.domain.outcome import Deferred, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.errors import ClaimLost, RequestError
from worker.ports import DeliveryLease

OLD, NEW = baseline("old", SLOT - WEEK), baseline("new", SLOT)
NOTHING: Mapping[tuple[str, str], Baseline | None] = {(ANN, "deals"): None}


async def sent_before(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,), OLD.slot)
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": OLD}))


async def taken(story: LedgerFixture, key: DeliveryKey) -> DeliveryLease:
    lease = (await story.deliveries.hold(key, 1)).lease
    assert lease is not None
    return lease


async def decided(story: LedgerFixture, key: DeliveryKey, lease: DeliveryLease) -> int:
    """As a worker does: the date of the first intent is the instant at which it read the baselines."""
    return await story.deliveries.intend(key, 0, 1, "ab" * 32, lease.row.date or lease.now, dict(lease.current))


async def test_a_reset_leaves_nothing_to_compare_with_and_the_next_digest_says_so(story: LedgerFixture) -> None:
    await sent_before(story)
    assert await story.resets.reset(WEEKLY, NOTHING) == ()
    held = await story.baseline()
    assert held is not None
    assert held.taken_away
    (key,) = await story.delivering()
    lease = await taken(story, key)
    assert await decided(story, key, lease) == 1
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    assert await story.baseline() == NEW


async def test_it_may_be_set_back_to_an_earlier_run(story: LedgerFixture) -> None:
    await sent_before(story)
    await story.client.hset(f"{story.project}:snap:older", "header", "x")
    older = baseline("older", SLOT - 2 * WEEK)
    assert await story.resets.reset(WEEKLY, {(ANN, "deals"): older}) == ()
    assert await story.baseline() == older
    (key,) = await story.delivering()
    await decided(story, key, await taken(story, key))
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    assert await story.baseline() == NEW


async def test_an_answer_that_is_gone_changes_no_reader(story: LedgerFixture) -> None:
    await sent_before(story)
    with pytest.raises(RequestError, match="no longer stored"):
        await story.resets.reset(WEEKLY, {(ANN, "deals"): baseline("gone"), (BEN, "deals"): None})
    assert await story.baseline() == OLD
    assert await story.baseline(BEN) is None


async def test_a_digest_that_was_being_decided_is_decided_anew(story: LedgerFixture) -> None:
    """A worker has read the old baseline and not yet written what it compares with."""
    await sent_before(story)
    (key,) = await story.delivering()
    lease = await taken(story, key)
    assert await story.resets.reset(WEEKLY, NOTHING) == ()
    with pytest.raises(ClaimLost):
        await decided(story, key, lease)
    again = await taken(story, key)
    assert again.current["deals"].taken_away
    assert await decided(story, key, again) == 1


async def test_a_digest_that_was_about_to_be_left_out_is_decided_anew(story: LedgerFixture) -> None:
    await sent_before(story)
    (key,) = await story.delivering()
    await taken(story, key)
    await story.resets.reset(WEEKLY, NOTHING)
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, 0, Skipped(Reason.NO_CHANGE, {"deals": NEW}))
    held = await story.baseline()
    assert held is not None
    assert held.taken_away
    assert (await taken(story, key)).row.state is DeliveryState.PENDING


@pytest.mark.parametrize("way", ["sending", "unknown", "held", "deferred"])
async def test_a_digest_that_was_decided_before_goes_out_and_moves_nothing(story: LedgerFixture, way: str) -> None:
    await sent_before(story)
    (key,) = await story.delivering()
    lease = await taken(story, key)
    await decided(story, key, lease)
    if way in {"unknown", "held"}:
        await story.deliveries.settle(key, 1, Unknown("cut", await story.soon()))
    if way == "held":
        await story.deliveries.settle(key, 1, Unknown())
    if way == "deferred":
        await story.deliveries.settle(key, 1, Deferred(await story.soon(), Reason.BACKOFF, "busy"))
    assert await story.resets.reset(WEEKLY, NOTHING) == (key,)
    attempt = 1
    if way == "deferred":
        await story.elapse(61)
        attempt = await decided(story, key, await taken(story, key))
    await story.deliveries.settle(key, attempt, Sent("ok", {"deals": NEW, "stalled": NEW}))
    held = await story.baseline()
    assert held is not None
    assert held.taken_away
    assert await story.baseline(query="stalled") == NEW, "what nobody reset moves as ever"


async def test_a_late_proof_moves_nothing_after_the_next_digest_either(story: LedgerFixture) -> None:
    await sent_before(story)
    (key,) = await story.delivering()
    await decided(story, key, await taken(story, key))
    await story.resets.reset(WEEKLY, NOTHING)
    late, *_ = await story.delivering((ANN,), SLOT - timedelta(days=1))
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": NEW}))
    assert (await story.row(late)).key == late
    held = await story.baseline()
    assert held is not None
    assert held.taken_away


async def test_what_is_held_is_listed_with_when_it_was_reset(story: LedgerFixture) -> None:
    await sent_before(story)
    (row,) = await story.resets.held(WEEKLY)
    assert (row.reader, row.query, row.at, row.reset_at) == (ANN, "deals", OLD, None)
    before = await story.clock.now()
    await story.resets.reset(WEEKLY, {**NOTHING, (BEN, "deals"): None})
    rows = {row.reader: row for row in await story.resets.held(WEEKLY)}
    assert {reader: row.at for reader, row in rows.items()} == {ANN: None, BEN: None}
    assert all(row.reset_at is not None and row.reset_at >= before for row in rows.values())


async def test_many_readers_are_reset_in_steps(story: LedgerFixture) -> None:
    readers = {(f"team|{i}@tern.example", "deals"): None for i in range(450)}
    await story.deploy()
    assert await story.resets.reset(WEEKLY, readers) == ()
    assert len(await story.resets.held(WEEKLY)) == 450
