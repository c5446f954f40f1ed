"""A digest in parts whose main part was accepted was sent, whatever becomes of the rest."""

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, LedgerFixture, baseline
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.outcome import Deferred, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunState

MOVED = {"deals": baseline("snap-1116")}
LATE = 6 * 3600 + 1


async def posted(story: LedgerFixture, readers: tuple[str, ...] = (ANN,), *, unclear: bool = False) -> DeliveryKey:
    """The first of three parts is in the room, the second was put off or is unclear."""
    key = await story.sending(readers, parts=3)
    await story.deliveries.handed_over(key, 1, 0, "C1 100.1", MOVED)
    await story.intend(key, part=1, parts=3, attempt=1)
    later = await story.soon(9999999)
    outcome = Unknown("cut", later) if unclear else Deferred(later, Reason.RATE_LIMITED, "slow down")
    await story.deliveries.settle(key, 1, outcome)
    return key


@pytest.mark.parametrize("unclear", [False, True])
async def test_a_digest_whose_time_is_over_before_its_last_part_was_sent_and_is_compared_with(
    story: LedgerFixture, unclear: bool
) -> None:
    """It failed as exhausted, and the next digest told the same movement again."""
    key = await posted(story, unclear=unclear)
    await story.elapse(LATE)
    await story.clock.sweep(10)
    row = await story.row(key)
    assert (row.state, row.reason) == (DeliveryState.SENT, Reason.PARTS_MISSING)
    assert row.sentence.startswith("2 of 3 parts were missing when its time was over: ")
    assert [part.state for part in row.parts] == [DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.PENDING]
    assert (await story.run(key)).state is RunState.DELIVERED
    assert await story.baseline() == MOVED["deals"]


@pytest.mark.parametrize("unclear", [False, True])
async def test_a_newer_digest_that_takes_the_place_of_the_rest_compares_with_what_was_posted(
    story: LedgerFixture, unclear: bool
) -> None:
    key = await posted(story, (ANN, BEN), unclear=unclear)
    other = DeliveryKey(key.run, BEN)
    await story.delivering((ANN, BEN), SLOT + WEEK)
    row = await story.row(key)
    assert (row.state, row.reason, row.may_have_arrived) == (DeliveryState.SENT, Reason.PARTS_MISSING, False)
    assert row.sentence.startswith("2 of 3 parts were missing when a newer digest took its place: ")
    assert (await story.row(other)).reason is Reason.SUPERSEDED
    assert (await story.run(key)).state is RunState.DELIVERED
    assert await story.baseline() == MOVED["deals"]
    assert await story.baseline(BEN) is None


async def test_a_digest_whose_main_part_is_unclear_moves_no_baseline(story: LedgerFixture) -> None:
    key = await story.sending(parts=3)
    await story.deliveries.settle(key, 1, Unknown("cut", await story.soon()))
    await story.elapse(LATE)
    await story.clock.sweep(10)
    row = await story.row(key)
    assert (row.state, row.reason, row.may_have_arrived) == (DeliveryState.SKIPPED, Reason.EXPIRED, True)
    assert await story.baseline() is None
