"""A person acts on closed deliveries: tries one again, or says whether an unknown one arrived."""

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.outcome import Pending, Refused, Sent
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.errors import ClaimLost

RUN = RunKey(WEEKLY, SLOT)


async def again(story: LedgerFixture, *readers: str) -> tuple[DeliveryKey, ...]:
    return await story.deliveries.retry(RUN, dict.fromkeys(readers, await story.soon(3600)))


@pytest.mark.parametrize("outcome", ["refused", "failed"])
async def test_what_failed_is_tried_again_and_the_run_closes_anew(story: LedgerFixture, outcome: str) -> None:
    key, other = await story.delivering((ANN, BEN))
    await story.finish(key, outcome)
    await story.finish(other, "sent")
    assert await again(story, ANN, BEN) == (key,)
    row, run = await story.row(key), await story.run(key)
    assert (row.state, row.reason, run.state) == (DeliveryState.PENDING, Reason.RETRIED, RunState.PARTIAL)
    assert (await story.deliveries.hold(key, 1)).lease is not None
    await story.finish(key, "sent")
    assert (await story.run(key)).state is RunState.DELIVERED
    assert (await story.row(key)).attempt == 2


async def test_a_second_failure_leaves_the_run_as_it_was(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, "refused")
    await again(story, ANN)
    await story.finish(key, "refused")
    assert (await story.run(key)).state is RunState.FAILED


async def test_what_expired_unsent_is_tried_again_and_its_run_is_no_longer_skipped(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.elapse(99999)
    await story.clock.sweep(10)
    assert ((await story.row(key)).reason, (await story.run(key)).state) == (Reason.EXPIRED, RunState.SKIPPED)
    assert await again(story, ANN) == (key,)
    await story.finish(key, "sent")
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.DELIVERED, None)


@pytest.mark.parametrize("outcome", ["sent", "skipped", "unknown"])
async def test_what_was_sent_or_left_out_by_a_rule_is_not_tried_again(story: LedgerFixture, outcome: str) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, outcome)
    before = await story.row(key)
    assert await again(story, ANN) == ()
    assert await story.row(key) == before


async def test_a_newer_run_supersedes_what_is_tried_again(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, "failed")
    await again(story, ANN)
    await story.delivering((ANN,), SLOT + WEEK)
    assert (await story.row(key)).reason is Reason.SUPERSEDED


async def test_a_retry_that_nobody_publishes_is_found_by_the_sweep(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, "failed")
    await again(story, ANN)
    await story.elapse(40)
    assert key in (await story.clock.sweep(10)).deliveries


async def test_lifting_a_suspension_leaves_the_others(story: LedgerFixture) -> None:
    await story.suspend("address mail a@tern.example", "550 no")
    await story.suspend("channel mail", "535 no")
    await story.deliveries.lift(["address mail a@tern.example"])
    await story.deliveries.lift([])
    assert set(await story.deliveries.suspended(["address mail a@tern.example", "channel mail"])) == {"channel mail"}


@pytest.mark.parametrize("held", [True, False])
async def test_an_unknown_delivery_that_somebody_saw_counts_as_sent_with_its_baseline(
    story: LedgerFixture, held: bool
) -> None:
    key = await (story.held() if held else story.unknown())
    await story.deliveries.settle(key, 1, Sent("settled by hand", {"deals": baseline("new")}, Reason.SETTLED))
    row = await story.row(key)
    assert (row.state, row.reason, row.held) == (DeliveryState.SENT, Reason.SETTLED, False)
    assert await story.baseline() == baseline("new")
    assert (await story.run(key)).state is RunState.DELIVERED


@pytest.mark.parametrize("held", [True, False])
async def test_an_unknown_delivery_that_did_not_arrive_is_sent_again_as_the_same(
    story: LedgerFixture, held: bool
) -> None:
    key = await (story.held() if held else story.unknown())
    before = await story.row(key)
    await story.deliveries.settle(key, 1, Pending(Reason.SETTLED, await story.soon(7 * 3600)))
    row = await story.row(key)
    assert (row.state, row.reason, row.date, row.compared_with) == (
        DeliveryState.PENDING,
        Reason.SETTLED,
        before.date,
        before.compared_with,
    )
    assert row.expires is not None
    assert before.expires is not None
    assert row.expires > before.expires
    await story.finish(key, "sent")
    assert (await story.run(key)).state is RunState.DELIVERED


@pytest.mark.parametrize("state", ["pending", "sending", "sent"])
async def test_nobody_can_say_of_another_delivery_that_it_did_not_arrive(story: LedgerFixture, state: str) -> None:
    key, *_ = await story.delivering((ANN,))
    if state == "sending":
        await story.intend(key)
    if state == "sent":
        await story.finish(key, "sent")
    attempt = (await story.row(key)).attempt
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, attempt, Pending(Reason.SETTLED, await story.soon()))


async def test_the_ledger_keeps_why_there_was_no_baseline_and_what_rendered_each_try(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    why = {"deals": Reason.QUERY_CHANGED}
    await story.deliveries.intend(key, 0, 1, "aa", SLOT, {"deals": None}, why_first=why, version="1.0+aa")
    row = await story.row(key)
    assert (row.why_first, row.compared_with, row.version) == (why, {"deals": None}, "1.0+aa")
    await story.deliveries.settle(key, 1, Refused(Reason.REFUSED, "550"))
    await again(story, ANN)
    await story.deliveries.intend(
        key, 0, 1, "bb", SLOT, {"deals": None}, why_first={"deals": Reason.FIRST}, version="1.1+bb"
    )
    row = await story.row(key)
    assert (row.why_first, row.version) == (why, "1.1+bb")
    assert (await story.lookups.deliveries(RUN))[0] == row
