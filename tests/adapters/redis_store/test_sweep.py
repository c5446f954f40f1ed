"""What nobody looks after any more is found: the guarantee that a lost message or a killed process loses nothing."""

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, PROJECT, SLOT, WEEK, LedgerFixture
from tests.support.notices import failed
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import RunEnded
from worker.domain.outcome import Deferred, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.errors import ClaimLost


async def test_nothing_is_swept_before_its_time(story: LedgerFixture) -> None:
    await story.claimed()
    await story.sending((ANN, BEN), SLOT + WEEK)
    await story.elapse(25)
    swept = await story.clock.sweep(100)
    assert (swept.runs, swept.deliveries) == ((), ())


async def test_a_claim_that_was_not_published_is_published_again_ever_more_rarely(story: LedgerFixture) -> None:
    key = await story.claimed()
    gaps = []
    for _ in range(6):
        waited = 0
        while not (await story.clock.sweep(10)).runs:
            await story.elapse(15)
            waited += 15
        gaps.append(waited)
    assert gaps == [30, 60, 120, 240, 480, 900]
    assert (await story.runs.begin(key, 1)).lease is not None


async def test_a_lapsed_run_is_free_again_and_not_busy_for_ever(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.elapse(61)
    assert (await story.clock.sweep(10)).runs == (key,)
    run = await story.run(key)
    assert (run.state, run.executed_by_pid) == (RunState.CLAIMED, None)
    begun = (await story.runs.begin(key, CHILD)).lease
    assert begun is not None
    with pytest.raises(ClaimLost):
        await story.runs.deliver(key, attempt, {}, (), {})
    await story.runs.beat(key, begun.attempt)


async def test_the_fifth_lapse_ends_a_run_that_kills_its_workers(story: LedgerFixture) -> None:
    key = await story.claimed()
    for lapse in range(1, 6):
        assert (await story.runs.begin(key, CHILD)).lease is not None, lapse
        await story.elapse(61)
        assert (await story.clock.sweep(10)).runs == ((key,) if lapse < 5 else ())
    run = await story.run(key)
    assert (run.state, run.reason, run.attempt) == (RunState.FAILED, Reason.ABANDONED, 5)
    assert (await story.runs.begin(key, CHILD)).lease is None


@pytest.mark.parametrize("told", [True, False])
async def test_an_abandoned_run_is_published_until_somebody_has_told_the_operator(
    story: LedgerFixture, told: bool
) -> None:
    key = await story.claimed()
    notice = failed(key) if told else None
    await story.client.hset(f"{PROJECT}:run:{key}", "tries", "5")
    assert (await story.runs.begin(key, CHILD)).facts == (RunEnded(key, "failed", "abandoned"),)
    for _ in range(2):
        await story.elapse(999)
        assert (await story.clock.sweep(10)).runs == (key,)
    assert (await story.runs.notify(key, (), notice)).noticed is told
    assert not (await story.runs.notify(key, (), notice)).noticed, "once"
    await story.elapse(999)
    swept = await story.clock.sweep(10)
    assert (swept.runs, swept.deliveries) == ((), (DeliveryKey(key, notice.reader),) if notice else ())
    assert (await story.run(key)).state is RunState.FAILED


async def test_a_run_that_ended_otherwise_has_nobody_to_tell(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.runs.skip_run(key, attempt, Reason.NO_READERS)
    assert not (await story.runs.notify(key, (), failed(key))).noticed


async def test_a_sixth_begin_before_the_tick_ends_it_too(story: LedgerFixture) -> None:
    key = await story.claimed()
    for _ in range(5):
        assert (await story.runs.begin(key, CHILD)).lease is not None
        await story.elapse(61)
    assert (await story.runs.begin(key, CHILD)).lease is None
    assert (await story.run(key)).reason is Reason.ABANDONED


async def test_a_delivery_that_was_not_published_is_published_again(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    await story.elapse(31)
    assert (await story.clock.sweep(10)).deliveries == (key,)
    assert (await story.clock.sweep(10)).deliveries == ()
    await story.elapse(61)
    assert (await story.clock.sweep(10)).deliveries == (key,)


async def test_a_delivery_whose_holder_died_comes_back_after_the_lease(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    assert (await story.deliveries.hold(key, 1)).lease is not None
    await story.elapse(50)
    assert (await story.clock.sweep(10)).deliveries == ()
    await story.elapse(11)
    assert (await story.clock.sweep(10)).deliveries == (key,)
    assert (await story.deliveries.hold(key, 2)).lease is not None


async def test_a_deferred_delivery_is_pending_and_published_when_its_instant_comes(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    await story.deliveries.settle(key, 0, Deferred(await story.soon(300), Reason.RATE_LIMITED, "later"))
    await story.elapse(299)
    assert (await story.clock.sweep(10)).deliveries == ()
    await story.elapse(2)
    assert (await story.clock.sweep(10)).deliveries == (key,)
    assert (await story.row(key)).state is DeliveryState.PENDING


async def test_a_sender_that_died_leaves_an_unknown_and_never_a_second_sending(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.elapse(61)
    assert (await story.clock.sweep(10)).deliveries == ()
    row = await story.row(key)
    assert (row.state, row.reason) == (DeliveryState.UNKNOWN, Reason.LEASE_LAPSED)
    with pytest.raises(ClaimLost):
        await story.deliveries.check(key, 1)
    with pytest.raises(ClaimLost):
        await story.intend(key)
    assert (await story.deliveries.hold(key, 2)).lease is None
    await story.elapse(31)
    assert (await story.clock.sweep(10)).deliveries == (key,)
    assert (await story.deliveries.hold(key, 2)).lease is not None


async def test_what_was_never_tried_expires_as_skipped(story: LedgerFixture) -> None:
    pending, deferred = await story.delivering((ANN, BEN))
    await story.deliveries.settle(deferred, 0, Deferred(await story.soon(9999999), Reason.PACE, ""))
    await story.elapse(6 * 3600 + 1)
    assert (await story.clock.sweep(10)).deliveries == ()
    for key in (pending, deferred):
        row = await story.row(key)
        assert (row.state, row.reason) == (DeliveryState.SKIPPED, Reason.EXPIRED)
    run = await story.run(pending)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.EXPIRED)


async def test_what_was_tried_until_its_time_was_over_failed(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.deliveries.settle(key, 1, Deferred(await story.soon(9999999), Reason.BACKOFF, "421 busy"))
    await story.elapse(6 * 3600 + 1)
    await story.clock.sweep(10)
    row = await story.row(key)
    assert (row.state, row.reason, row.sentence) == (DeliveryState.FAILED, Reason.EXHAUSTED, "421 busy")
    assert (await story.run(key)).state is RunState.FAILED


async def test_a_worker_does_not_take_what_has_expired(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    await story.elapse(6 * 3600 + 1)
    assert (await story.deliveries.hold(key, 1)).lease is None
    assert (await story.row(key)).reason is Reason.EXPIRED


async def test_an_unknown_that_is_held_waits_for_somebody_without_end(story: LedgerFixture) -> None:
    key = await story.held()
    await story.elapse(7 * 3600)
    assert (await story.clock.sweep(10)).deliveries == ()
    assert (await story.row(key)).state is DeliveryState.UNKNOWN


@pytest.mark.parametrize("who", ["sweep", "worker"])
async def test_an_unknown_that_nobody_could_settle_expires_and_says_that_it_may_have_arrived(
    story: LedgerFixture, who: str
) -> None:
    key = await story.unknown()
    await story.elapse(6 * 3600 + 1)
    assert (
        (await story.deliveries.hold(key, 1)).lease is None
        if who == "worker"
        else not (await story.clock.sweep(10)).deliveries
    )
    row, run = await story.row(key), await story.run(key)
    assert (row.state, row.reason, row.may_have_arrived) == (DeliveryState.SKIPPED, Reason.EXPIRED, True)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.EXPIRED)


async def test_an_unknown_that_waits_longer_than_it_has_time_is_looked_at_when_its_time_is_over(
    story: LedgerFixture,
) -> None:
    key = await story.sending()
    await story.deliveries.settle(key, 1, Unknown("cut", await story.soon(9999999)))
    await story.elapse(6 * 3600 + 1)
    await story.clock.sweep(10)
    assert (await story.row(key)).reason is Reason.EXPIRED


async def test_what_may_have_arrived_and_is_tried_again_is_a_possible_duplicate(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.elapse(6 * 3600 + 1)
    await story.clock.sweep(10)
    assert await story.deliveries.retry(key.run, {ANN: await story.soon(3600)}) == (key,)
    row = await story.row(key)
    assert (row.state, row.resent, row.may_have_arrived) == (DeliveryState.PENDING, True, False)


async def test_a_wrong_count_is_mended(story: LedgerFixture) -> None:
    first, second = await story.delivering((ANN, BEN))
    run = first.run
    await story.finish(first, "sent")
    await story.client.hset(f"{PROJECT}:run:{run}", mapping={"n:open": "7", "n:sent": "0"})
    await story.finish(second, "skipped")
    assert (await story.run(first)).state is RunState.DELIVERING
    await story.elapse(61)
    await story.clock.sweep(10)
    assert (await story.run(first)).state is RunState.DELIVERED


async def test_a_sweep_takes_no_more_than_it_was_allowed_and_the_oldest_first(story: LedgerFixture) -> None:
    keys = [await story.claimed(SLOT + n * WEEK, latest=False) for n in range(3)]
    await story.elapse(40)
    assert len((await story.clock.sweep(2)).runs) == 2
    assert len((await story.clock.sweep(2)).runs) == 1
    assert {run.key for run in await story.lookups.runs(None, 9)} == set(keys)


async def test_what_is_left_in_the_lists_without_a_row_is_dropped(story: LedgerFixture) -> None:
    ghost = "none@2026-11-16T14:00:00Z"
    await story.client.zadd(f"{PROJECT}:attention:runs", {ghost: 1})
    await story.client.zadd(f"{PROJECT}:attention:deliveries", {f"{ghost}/{ANN}": 1})
    swept = await story.clock.sweep(10)
    assert (swept.runs, swept.deliveries) == ((), ())
    assert await story.client.zcard(f"{PROJECT}:attention:deliveries") == 0
