"""A person ends a run, whatever it is doing; real Redis."""

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, SLOT, WEEK, LedgerFixture
from worker.domain.delivery import DeliveryState
from worker.domain.events import DeliverySettled, RunEnded
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.errors import ClaimLost

MANY = tuple(f"team|reader{number}@tern.example" for number in range(700))


async def test_a_claimed_run_ends_and_no_worker_begins_it(story: LedgerFixture) -> None:
    key = await story.claimed()
    ended = await story.runs.cancel(key)
    assert (ended.was, ended.deliveries) == (RunState.CLAIMED, 0)
    assert ended.facts == (RunEnded(key, "skipped", "cancelled"),)
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.CANCELLED)
    assert (await story.runs.begin(key, CHILD)).lease is None
    await story.elapse(3600)
    await story.clock.sweep(50)
    assert (await story.run(key)).state is RunState.SKIPPED


async def test_a_worker_that_is_fetching_finds_out_and_hands_nothing_over(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    assert (await story.runs.cancel(key)).was is RunState.FETCHING
    with pytest.raises(ClaimLost):
        await story.runs.beat(key, attempt)
    with pytest.raises(ClaimLost):
        await story.runs.deliver(key, attempt, {"deals": "snap"}, (), {})
    assert await story.lookups.deliveries(key) == ()


async def test_what_was_sent_stays_and_what_is_being_sent_goes_on(story: LedgerFixture) -> None:
    sent, sending, waiting = await story.delivering((ANN, BEN, "team|eve@tern.example"))
    await story.finish(sent, "sent")
    attempt = await story.intend(sending)
    ended = await story.runs.cancel(sent.run)
    assert (ended.was, ended.deliveries) == (RunState.DELIVERING, 1)
    assert [fact for fact in ended.facts if isinstance(fact, DeliverySettled)] == [
        DeliverySettled(waiting.run, waiting, DeliveryState.SKIPPED, "cancelled", "")
    ]
    rows = {key: (await story.row(key)).state for key in (sent, sending, waiting)}
    assert list(rows.values()) == [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.SKIPPED]
    await story.deliveries.settle(sending, attempt, Sent("250 ok", {}))
    run = await story.run(sent)
    assert (run.state, run.reason) == (RunState.DELIVERED, None)


async def test_a_run_of_which_nothing_was_sent_is_skipped(story: LedgerFixture) -> None:
    first, *_ = await story.delivering((ANN, BEN))
    ended = await story.runs.cancel(first.run)
    assert ended.deliveries == 2
    run = await story.run(first)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.CANCELLED)
    assert ended.facts[-1] == RunEnded(first.run, "skipped", "cancelled")


async def test_what_may_have_arrived_is_said_so(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.runs.cancel(key.run)
    row = await story.row(key)
    assert (row.state, row.reason, row.may_have_arrived) == (DeliveryState.SKIPPED, Reason.CANCELLED, True)
    later, *_ = await story.delivering(slot=SLOT + WEEK)
    lease = (await story.deliveries.hold(later, CHILD)).lease
    assert lease is not None
    assert lease.row.may_repeat == SLOT


async def test_many_deliveries_are_ended_in_steps_and_twice_is_once(story: LedgerFixture) -> None:
    first, *_ = await story.delivering(MANY)
    ended = await story.runs.cancel(first.run)
    assert ended.deliveries == len(MANY)
    assert {row.reason for row in await story.lookups.deliveries(first.run)} == {Reason.CANCELLED}
    again = await story.runs.cancel(first.run)
    assert (again.was, again.deliveries, again.facts) == (RunState.SKIPPED, 0, ())


async def test_a_run_that_is_gone_has_no_state(story: LedgerFixture) -> None:
    gone = RunKey("sales/weekly", SLOT)
    assert (await story.runs.cancel(gone)).was is None
