"""A digest that follows one which may have arrived says that it may repeat it."""

import pytest

from tests.support.ledger_fixture import ANN, CHILD, SLOT, WEEK, LedgerFixture
from worker.domain.delivery import Delivery, DeliveryKey

LATE = 6 * 3600 + 1


async def taken(story: LedgerFixture, week: int) -> tuple[DeliveryKey, Delivery]:
    key, *_ = await story.delivering((ANN,), SLOT + week * WEEK)
    lease = (await story.deliveries.hold(key, CHILD)).lease
    assert lease is not None
    return key, lease.row


@pytest.mark.parametrize("ended", ["superseded", "held", "expired"])
async def test_the_next_digest_knows_which_older_one_may_have_arrived(story: LedgerFixture, ended: str) -> None:
    await (story.held() if ended == "held" else story.unknown())
    if ended == "expired":
        await story.elapse(LATE)
        await story.clock.sweep(10)
    key, row = await taken(story, 1)
    assert row.may_repeat == SLOT
    await story.finish(key, "sent")
    assert (await story.row(key)).may_repeat == SLOT, "a replay says the same"
    _, later = await taken(story, 2)
    assert later.may_repeat is None


async def test_the_oldest_counts_until_one_surely_arrived(story: LedgerFixture) -> None:
    await story.unknown()
    key, _ = await taken(story, 1)
    await story.finish(key, "unknown")
    _, row = await taken(story, 2)
    assert row.may_repeat == SLOT


async def test_what_did_not_leave_is_not_said_to_have_arrived(story: LedgerFixture) -> None:
    await story.delivering((ANN,))
    _, row = await taken(story, 1)
    assert row.may_repeat is None


async def test_what_a_digest_says_of_an_older_one_stays_as_it_was_first_said(story: LedgerFixture) -> None:
    key, row = await taken(story, 1)
    await story.finish(key, "unknown")
    await story.client.hset("tern:unclear:sales/weekly", ANN, 1)
    assert (await story.row(key)).may_repeat is row.may_repeat is None
