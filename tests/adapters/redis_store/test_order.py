"""One reader's digests of one schedule leave in the order of their slots (semantics 7)."""

from datetime import datetime, timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, SLOT, WEEK, LedgerFixture, baseline, who
from tests.support.notices import failed
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import DeliverySettled, Fact, RunEnded
from worker.domain.outcome import Deferred, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.ports import HandOver

MINUTE = timedelta(minutes=1)


async def hand_over(story: LedgerFixture, key: RunKey, attempt: int, *readers: str, supersede: bool = True) -> HandOver:
    """A run that was begun before comes to deliver."""
    until = await story.soon(6 * 3600)
    return await story.runs.deliver(
        key, attempt, {"deals": "snap"}, (), dict.fromkeys(map(who, readers), until), supersede=supersede
    )


async def asked(story: LedgerFixture, slot: datetime = SLOT + MINUTE) -> DeliveryKey:
    """ANN's delivery of a run on demand."""
    claim = story.claim(slot, kind="manual", nonce="0000000a")
    assert await story.clock.request(claim, CHILD)
    begun = (await story.runs.begin(claim.key, CHILD)).lease
    assert begun is not None
    return (await hand_over(story, claim.key, begun.attempt, ANN)).deliveries[0]


async def state(story: LedgerFixture, key: DeliveryKey) -> tuple[DeliveryState, Reason | None]:
    row = await story.row(key)
    return row.state, row.reason


SUPERSEDED = (DeliveryState.SKIPPED, Reason.SUPERSEDED)
WAITS = (DeliveryState.DEFERRED, Reason.ORDER)


async def test_a_slow_run_is_superseded_for_readers_whom_a_run_on_demand_has_reached(story: LedgerFixture) -> None:
    slow, attempt = await story.begun()
    await asked(story)
    made = await hand_over(story, slow, attempt, ANN, BEN)
    ann, ben = made.deliveries
    assert await state(story, ann) == SUPERSEDED
    assert await state(story, ben) == (DeliveryState.PENDING, None)
    assert [fact.reason for fact in made.facts if isinstance(fact, DeliverySettled)] == ["superseded"]
    assert (await story.deliveries.hold(ann, CHILD)).lease is None
    assert (await story.deliveries.hold(ben, CHILD)).lease is not None


async def test_a_run_that_comes_behind_a_newer_one_for_every_reader_is_skipped(story: LedgerFixture) -> None:
    slow, attempt = await story.begun()
    await story.delivering((ANN,), SLOT + WEEK)
    made = await hand_over(story, slow, attempt, ANN)
    run = await story.run(slow)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.SUPERSEDED)
    assert [fact.state for fact in made.facts if isinstance(fact, RunEnded)] == ["skipped"]
    await story.elapse(99999)
    assert slow not in (await story.clock.sweep(10)).runs


async def test_a_worker_that_died_while_fetching_leaves_a_run_that_is_superseded(story: LedgerFixture) -> None:
    """Its lease lapses, the next slot is delivered meanwhile, and it is fetched again."""
    slow, _ = await story.begun()
    newer, *_ = await story.delivering((ANN,), SLOT + WEEK)
    await story.finish(newer, "sent")
    await story.elapse(70)
    await story.clock.sweep(10)
    again = (await story.runs.begin(slow, CHILD)).lease
    assert again is not None
    (late,) = (await hand_over(story, slow, again.attempt, ANN)).deliveries
    assert await state(story, late) == SUPERSEDED


@pytest.mark.parametrize("outcome", ["sent", "skipped", "unknown", ""])
async def test_a_reader_is_reached_by_what_was_sent_may_have_been_or_is_about_to_be(
    story: LedgerFixture, outcome: str
) -> None:
    slow, attempt = await story.begun()
    newer, *_ = await story.delivering((ANN,), SLOT + WEEK)
    if outcome:
        await story.finish(newer, outcome)
    (late,) = (await hand_over(story, slow, attempt, ANN)).deliveries
    assert await state(story, late) == SUPERSEDED


@pytest.mark.parametrize("outcome", ["refused", "failed", "suspended"])
async def test_a_reader_is_not_reached_by_what_did_not_arrive(story: LedgerFixture, outcome: str) -> None:
    slow, attempt = await story.begun()
    newer, *_ = await story.delivering((ANN,), SLOT + WEEK)
    if outcome == "suspended":
        await story.deliveries.settle(newer, 0, Skipped(Reason.SUSPENDED))
    else:
        await story.finish(newer, outcome)
    (late,) = (await hand_over(story, slow, attempt, ANN)).deliveries
    assert (await story.deliveries.hold(late, CHILD)).lease is not None


async def test_an_older_slot_that_somebody_asks_for_is_delivered_behind_a_newer_one(story: LedgerFixture) -> None:
    newer, *_ = await story.delivering((ANN,), SLOT + WEEK)
    await story.finish(newer, "sent")
    wanted = await asked(story, SLOT)
    assert (await story.deliveries.hold(wanted, CHILD)).lease is not None


async def test_an_older_slot_that_somebody_asked_for_gives_way_to_one_that_comes_later(story: LedgerFixture) -> None:
    await story.delivering((ANN,), SLOT + WEEK)
    claim = story.claim(SLOT, kind="manual", nonce="0000000b")
    await story.clock.request(claim, CHILD)
    begun = (await story.runs.begin(claim.key, CHILD)).lease
    assert begun is not None
    await story.delivering((ANN,), SLOT + 2 * WEEK)
    (late,) = (await hand_over(story, claim.key, begun.attempt, ANN)).deliveries
    assert await state(story, late) == SUPERSEDED


async def test_a_newer_delivery_waits_while_an_older_one_is_being_sent(story: LedgerFixture) -> None:
    old = await story.sending()
    new, *_ = await story.delivering((ANN,), SLOT + WEEK)
    held = await story.deliveries.hold(new, CHILD)
    assert held.lease is None
    assert [(fact.state, fact.reason) for fact in held.facts if isinstance(fact, DeliverySettled)] == [
        ("deferred", "order")
    ]
    row = await story.row(new)
    assert (row.state, row.reason) == WAITS
    assert row.not_before is not None
    assert row.not_before <= await story.soon(60)
    await story.deliveries.settle(old, 1, Sent("250 ok", {"deals": baseline("old")}))
    lease = (await story.deliveries.hold(new, CHILD)).lease
    assert lease is not None, "it need not wait any longer"
    assert lease.current == {"deals": baseline("old")}, "and compares with what was sent meanwhile"


async def test_the_tick_publishes_what_waited_as_soon_as_the_older_one_is_out(story: LedgerFixture) -> None:
    old = await story.sending()
    new, *_ = await story.delivering((ANN,), SLOT + WEEK)
    await story.deliveries.hold(new, CHILD)
    assert (await story.clock.sweep(10)).deliveries == ()
    await story.deliveries.settle(old, 1, Sent("250 ok", {}))
    assert (await story.clock.sweep(10)).deliveries == (new,)


async def test_an_older_delivery_whose_lease_lapsed_is_waited_for_no_longer_and_superseded(
    story: LedgerFixture,
) -> None:
    old = await story.sending()
    new, *_ = await story.delivering((ANN,), SLOT + WEEK)
    await story.deliveries.hold(new, CHILD)
    await story.elapse(61)
    assert new in (await story.clock.sweep(10)).deliveries
    assert (await story.row(old)).state is DeliveryState.UNKNOWN
    held = await story.deliveries.hold(new, CHILD)
    assert held.lease is not None
    row = await story.row(old)
    assert (row.state, row.reason, row.may_have_arrived) == (*SUPERSEDED, True)
    assert [fact.delivery for fact in held.facts if isinstance(fact, DeliverySettled)] == [old]


@pytest.mark.parametrize("outcome", ["deferred", "unknown"])
async def test_an_older_delivery_that_has_to_be_tried_again_is_superseded_when_it_is_taken(
    story: LedgerFixture, outcome: str
) -> None:
    old = await story.sending()
    await story.delivering((ANN,), SLOT + WEEK)
    now = await story.soon(0)
    again = Deferred(now, Reason.BACKOFF, "451") if outcome == "deferred" else Unknown("cut", now)
    await story.deliveries.settle(old, 1, again)
    held = await story.deliveries.hold(old, CHILD)
    row = await story.row(old)
    assert held.lease is None
    assert (row.state, row.reason, row.may_have_arrived) == (*SUPERSEDED, outcome == "unknown")


async def test_another_readers_sending_is_waited_for_by_nobody(story: LedgerFixture) -> None:
    await story.sending((ANN, BEN))
    new, *_ = await story.delivering((BEN,), SLOT + WEEK)
    assert (await story.deliveries.hold(new, CHILD)).lease is not None


@pytest.mark.parametrize("older", ["pending", "deferred", "sending", "unknown"])
async def test_under_catch_up_all_a_delivery_waits_for_every_older_one(story: LedgerFixture, older: str) -> None:
    old, *_ = await story.delivering((ANN,), supersede=False)
    new, *_ = await story.delivering((ANN,), SLOT + WEEK, supersede=False)
    if older == "deferred":
        await story.deliveries.settle(old, 0, Deferred(await story.soon(), Reason.PACE, ""))
    if older in {"sending", "unknown"}:
        await story.intend(old)
    if older == "unknown":
        await story.deliveries.settle(old, 1, Unknown("cut", await story.soon()))
    assert (await story.deliveries.hold(new, CHILD)).lease is None
    assert await state(story, new) == WAITS
    if older == "deferred":
        await story.elapse(61)
        assert (await story.deliveries.hold(old, CHILD)).lease is not None
    attempt = (await story.row(old)).attempt or await story.intend(old)
    await story.deliveries.settle(old, attempt, Sent("250 ok", {"deals": baseline("old")}))
    lease = (await story.deliveries.hold(new, CHILD)).lease
    assert lease is not None
    assert lease.current == {"deals": baseline("old")}


async def test_under_catch_up_all_a_delivery_waits_for_an_older_run_that_is_yet_to_be_fetched(
    story: LedgerFixture,
) -> None:
    old, attempt = await story.begun()
    new, *_ = await story.delivering((ANN,), SLOT + WEEK, supersede=False)
    assert (await story.deliveries.hold(new, CHILD)).lease is None
    assert await state(story, new) == WAITS
    (first,) = (await hand_over(story, old, attempt, ANN, supersede=False)).deliveries
    assert (await story.deliveries.hold(first, CHILD)).lease is not None, "the older one is not superseded"
    await story.finish(first, "sent")
    assert (await story.deliveries.hold(new, CHILD)).lease is not None


async def test_under_catch_up_all_what_is_held_is_not_waited_for(story: LedgerFixture) -> None:
    old, *_ = await story.delivering((ANN,), supersede=False)
    await story.finish(old, "unknown")
    new, *_ = await story.delivering((ANN,), SLOT + WEEK, supersede=False)
    assert (await story.deliveries.hold(new, CHILD)).lease is not None


async def test_a_long_row_of_digests_leaves_one_after_the_other_and_none_expires_in_it(story: LedgerFixture) -> None:
    """Each settles one minute after the one before it; every one has five minutes, from when it is its turn."""
    keys = [
        (await story.delivering((ANN,), SLOT + week * WEEK, expires=timedelta(minutes=5), supersede=False))[0]
        for week in range(12)
    ]
    left: list[DeliveryKey] = []
    for _ in range(40):
        for key in (await story.clock.sweep(100)).deliveries:
            if (await story.deliveries.hold(key, CHILD)).lease is not None:
                await story.finish(key, "sent")
                left.append(key)
        await story.elapse(30)
    assert left == keys


async def test_a_word_to_the_operator_waits_for_nobody_and_is_superseded_by_none(story: LedgerFixture) -> None:
    notice = "operator|ops@tern.example"
    told = []
    for week in range(2):
        run, attempt = await story.begun(SLOT + week * WEEK)
        await story.runs.fail(run, attempt, Reason.SOURCE, "down", (), failed(run, f"2026-11-{16 + week}", notice))
        told.append(DeliveryKey(run, notice))
    for key in told:
        assert (await story.deliveries.hold(key, CHILD)).lease is not None


async def test_what_a_newer_digest_followed_is_not_tried_again(story: LedgerFixture) -> None:
    old, *_ = await story.delivering()
    await story.finish(old, "refused")
    new, *_ = await story.delivering((ANN,), SLOT + WEEK)
    assert await story.deliveries.retry(old.run, {ANN: await story.soon()}) == ()
    assert (await story.row(old)).state is DeliveryState.REFUSED
    await story.finish(new, "refused")
    assert await story.deliveries.retry(old.run, {ANN: await story.soon()}) == (old,), "nothing newer arrived"
    assert (await story.deliveries.hold(old, CHILD)).lease is not None


async def test_workers_that_die_over_every_run_are_told_of_although_each_run_gives_way(story: LedgerFixture) -> None:
    """A crash in every run, on a schedule that comes more often than a run is given up."""
    told: list[Fact] = []
    for week in range(6):
        await story.begun(SLOT + week * WEEK)
        await story.elapse(61)
        told += (await story.clock.sweep(10)).facts
    assert [fact.reason for fact in told if isinstance(fact, RunEnded)] == ["abandoned"]


async def test_a_run_that_steps_aside_hands_on_the_tries_that_workers_died_over(story: LedgerFixture) -> None:
    old, _ = await story.begun()
    newer = await story.claimed(SLOT + WEEK, latest=False)
    for _ in range(3):
        await story.elapse(61)
        await story.clock.sweep(10)
        assert (await story.runs.begin(old, CHILD)).lease is not None
    await story.runs.skip_run(old, 4, Reason.SUPERSEDED)
    for _ in range(2):
        assert (await story.runs.begin(newer, CHILD)).lease is not None
        await story.elapse(61)
    result = await story.runs.begin(newer, CHILD)
    assert result.lease is None
    assert (await story.run(newer)).reason is Reason.ABANDONED
