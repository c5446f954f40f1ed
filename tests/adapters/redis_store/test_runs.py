"""A run from claimed to delivering, or to its end without deliveries (semantics 6)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, FAR, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, who
from tests.support.notices import OPERATOR, failed
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import RunEnded
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.errors import ClaimLost
from worker.ports import FailResult

NONE = RunKey.parse("none@2026-11-16T14:00:00Z")
GAP = Gap("funnel", GapReason.UNAVAILABLE, 'Close: "no answer" came in time')

Step = Callable[[LedgerFixture, RunKey, int], Awaitable[object]]

STEPS: dict[str, Step] = {
    "beat": lambda s, key, attempt: s.runs.beat(key, attempt),
    "deliver": lambda s, key, attempt: s.runs.deliver(key, attempt, {"deals": "x"}, (), {who(ANN): SLOT + FAR}),
    "postpone": lambda s, key, attempt: s.runs.postpone(key, attempt, SLOT, ()),
    "fail": lambda s, key, attempt: s.runs.fail(key, attempt, Reason.SOURCE, "no", (), failed(key)),
    "skip": lambda s, key, attempt: s.runs.skip_run(key, attempt, Reason.NO_READERS),
}


@pytest.mark.parametrize("step", STEPS)
async def test_an_attempt_that_lost_its_claim_writes_nothing(story: LedgerFixture, step: str) -> None:
    key, old = await story.begun()
    await story.elapse(61)
    await story.clock.sweep(10)
    begun = (await story.runs.begin(key, CHILD)).lease
    assert begun is not None
    before = await story.client.hgetall(f"{PROJECT}:run:{key}")
    with pytest.raises(ClaimLost):
        await STEPS[step](story, key, old)
    assert await story.client.hgetall(f"{PROJECT}:run:{key}") == before
    assert await story.lookups.deliveries(key) == ()
    await STEPS[step](story, key, begun.attempt)


@pytest.mark.parametrize("step", STEPS)
async def test_a_closed_run_takes_no_step(story: LedgerFixture, step: str) -> None:
    key, attempt = await story.begun()
    await story.runs.skip_run(key, attempt, Reason.NO_READERS)
    with pytest.raises(ClaimLost):
        await STEPS[step](story, key, attempt)


@pytest.mark.parametrize("step", STEPS)
async def test_a_run_that_never_was_takes_no_step(story: LedgerFixture, step: str) -> None:
    with pytest.raises(ClaimLost):
        await STEPS[step](story, NONE, 1)


async def test_begin_gives_the_run_to_one_worker_and_its_process_is_written_down(story: LedgerFixture) -> None:
    key = await story.claimed()
    taken = await asyncio.gather(*(story.runs.begin(key, pid) for pid in (1, 2, 3)))
    (begun,) = [one.lease for one in taken if one.lease is not None]
    assert begun.attempt == begun.run.attempt == 1
    assert begun.run.state is RunState.FETCHING
    assert (await story.run(key)).executed_by_pid == [one.lease for one in taken].index(begun) + 1
    assert abs(begun.now - await story.clock.now()) < timedelta(seconds=5)


async def test_begin_refuses_a_run_that_nobody_claimed(story: LedgerFixture) -> None:
    assert (await story.runs.begin(NONE, 1)).lease is None


async def test_a_beat_keeps_the_run_from_being_given_away(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.elapse(50)
    await story.runs.beat(key, attempt)
    await story.elapse(50)
    assert (await story.clock.sweep(10)).runs == ()
    assert (await story.runs.begin(key, 9)).lease is None


async def test_a_beat_after_the_hand_over_finds_nothing_to_renew_and_nothing_lost(story: LedgerFixture) -> None:
    """What follows the hand-over, as the queueing of its deliveries, would be cancelled otherwise."""
    key, attempt = await story.begun()
    assert await story.runs.beat(key, attempt)
    await story.runs.deliver(key, attempt, {"deals": "x"}, (), {who(ANN): SLOT + FAR})
    assert not await story.runs.beat(key, attempt)
    with pytest.raises(ClaimLost):
        await story.runs.beat(key, attempt + 1)


@pytest.mark.parametrize("outcome", ["sent", "skipped", "refused"])
async def test_nothing_is_lost_either_where_others_have_closed_all_deliveries_by_then(
    story: LedgerFixture, outcome: str
) -> None:
    """Notices about sources, which come last, would be cancelled otherwise."""
    key, attempt = await story.begun()
    (delivery,) = (await story.runs.deliver(key, attempt, {"deals": "x"}, (), {who(ANN): SLOT + FAR})).deliveries
    await story.finish(delivery, outcome)
    assert (await story.run(key)).state is not RunState.DELIVERING
    assert not await story.runs.beat(key, attempt)
    with pytest.raises(ClaimLost):
        await story.runs.beat(key, attempt + 1)


async def test_a_lapsed_run_can_be_begun_before_any_tick_has_looked(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.elapse(61)
    begun = (await story.runs.begin(key, 9)).lease
    assert begun is not None
    assert begun.attempt == attempt + 1
    with pytest.raises(ClaimLost):
        await story.runs.beat(key, attempt)


async def test_a_postponed_run_waits_for_its_instant_and_loses_no_try(story: LedgerFixture) -> None:
    key = await story.claimed()
    for attempt in range(1, 9):
        begun = (await story.runs.begin(key, CHILD)).lease
        assert begun is not None
        assert begun.attempt == attempt
        assert begun.run.not_before is None
        await story.runs.postpone(key, attempt, await story.soon(90), ())
        assert (await story.runs.begin(key, CHILD)).lease is None
        assert (await story.run(key)).not_before is not None
        await story.elapse(60)
        assert (await story.clock.sweep(10)).runs == ()
        await story.elapse(31)
        assert (await story.clock.sweep(10)).runs == (key,)


async def test_words_of_a_service_with_half_a_pair_can_be_read_again(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    gap = replace(GAP, sentence="Close: \ud83d")
    await story.runs.deliver(key, attempt, {"deals": "s"}, (gap,), {})
    ((query, why, sentence),) = (await story.run(key)).gaps
    assert (query, why) == ("funnel", "unavailable")
    assert sentence.startswith("Close: ")


async def test_handing_over_writes_answers_gaps_and_one_delivery_per_reader_at_once(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    until = await story.soon(3600)
    stored = {"deals": "one", "deals:compared": "two"}
    made = (
        await story.runs.deliver(key, attempt, stored, (GAP,), {who(ANN): until, who(BEN): until + timedelta(hours=1)})
    ).deliveries
    assert made == (DeliveryKey(key, ANN), DeliveryKey(key, BEN))
    run = await story.run(key)
    assert run.state is RunState.DELIVERING
    assert dict(run.snapshots) == await story.lookups.snapshots_of(key) == stored
    assert run.gaps == (("funnel", "unavailable", GAP.sentence),)
    assert run.incomplete == 1
    rows = await story.lookups.deliveries(key)
    assert [(row.key, row.state, row.attempt, row.expires) for row in rows] == [
        (made[0], DeliveryState.PENDING, 0, until),
        (made[1], DeliveryState.PENDING, 0, until + timedelta(hours=1)),
    ]


async def test_a_run_without_readers_is_skipped_and_its_answers_are_kept(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    assert (await story.runs.deliver(key, attempt, {"deals": "one"}, (), {})).deliveries == ()
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.NO_READERS)
    assert await story.runs.chain(WEEKLY, "deals", None) == ("one",)


async def test_a_chain_goes_back_to_the_answer_that_the_oldest_baseline_saw(story: LedgerFixture) -> None:
    for week in (0, 1, 2, 3):
        slot = SLOT + week * WEEK
        await story.delivering((ANN,), slot, snapshots={"deals": f"s{week}", "deals:compared": f"c{week}"})
    assert await story.runs.chain(WEEKLY, "deals", None) == ("s3",)
    assert await story.runs.chain(WEEKLY, "deals", SLOT + WEEK) == ("s3", "s2", "s1")
    assert await story.runs.chain(WEEKLY, "deals", SLOT + 1.5 * WEEK) == ("s3", "s2", "s1")
    assert await story.runs.chain(WEEKLY, "deals", SLOT - WEEK) == ("s3", "s2", "s1", "s0")
    assert await story.runs.chain(WEEKLY, "deals:compared", None) == ()
    assert await story.runs.chain("other", "deals", SLOT) == ()


async def test_a_run_that_got_nothing_fails_and_tells_the_operator(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    told = await story.runs.fail(key, attempt, Reason.SOURCE, "Close is down", (GAP,), failed(key))
    run = await story.run(key)
    assert (run.state, run.reason, run.sentence) == (RunState.FAILED, Reason.SOURCE, "Close is down")
    assert run.gaps == (("funnel", "unavailable", GAP.sentence),)
    assert told == FailResult((RunEnded(key, "failed", "source"),), noticed=True)
    await story.elapse(31)
    assert (await story.clock.sweep(10)).deliveries == (DeliveryKey(key, OPERATOR),)


@pytest.mark.parametrize("outcome", ["sent", "skipped", "refused", "unknown"])
async def test_what_becomes_of_the_notice_does_not_change_the_failed_run(story: LedgerFixture, outcome: str) -> None:
    key, attempt = await story.begun()
    await story.runs.fail(key, attempt, Reason.SOURCE, "down", (), failed(key))
    before = await story.run(key)
    await story.finish(DeliveryKey(key, OPERATOR), outcome)
    assert await story.run(key) == before


async def test_nobody_to_tell_means_no_delivery(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.runs.fail(key, attempt, Reason.SOURCE, "down", (), None)
    assert await story.lookups.deliveries(key) == ()


async def test_a_claimed_run_is_skipped_by_whoever_knows_its_attempt(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.runs.postpone(key, attempt, await story.soon(), ())
    with pytest.raises(ClaimLost):
        await story.runs.skip_run(key, attempt - 1, Reason.DELETED)
    await story.runs.skip_run(key, attempt, Reason.DELETED)
    run = await story.run(key)
    assert (run.state, run.reason, run.not_before) == (RunState.SKIPPED, Reason.DELETED, None)


async def test_a_run_that_ended_without_deliveries_leaves_nothing_to_look_at(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    assert await story.client.zcard(f"{PROJECT}:open:{WEEKLY}") == 1
    await story.runs.fail(key, attempt, Reason.SOURCE, "down", (), None)
    for name in ("attention:runs", f"open:{WEEKLY}"):
        assert await story.client.zcard(f"{PROJECT}:{name}") == 0, name


async def test_a_run_that_is_postponed_keeps_why(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.runs.postpone(key, attempt, await story.soon(90), (GAP,))
    assert (await story.run(key)).gaps == ((GAP.query_id, str(GAP.reason), GAP.sentence),)
