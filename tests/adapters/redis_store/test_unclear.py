"""A digest that follows one which may have arrived says that it may repeat it."""

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.schedule import Bundle, Defaults, Schedule, Trigger

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


def renamed(previously: str | None = WEEKLY) -> Bundle:
    heir = Schedule(Trigger("every", "UTC", seconds=60), id="heir", name="Heir", report=(), previously=previously)
    return Bundle(PROJECT, Defaults(), {}, {}, {heir.id: heir})


async def test_the_heir_of_a_schedule_knows_which_digest_of_it_may_have_arrived(story: LedgerFixture) -> None:
    await story.unknown()
    key, _ = await taken(story, 1)
    await story.finish(key, "unknown")
    waiting, *_ = await story.delivering((ANN,), SLOT + 2 * WEEK)
    await story.deployments.activate(renamed(), {}, (WEEKLY,), fresh=("heir",))
    lease = (await story.deliveries.hold(waiting, CHILD)).lease
    assert lease is not None
    assert lease.row.may_repeat == SLOT
    assert await story.client.exists(f"{PROJECT}:unclear:{WEEKLY}") == 0


async def test_of_two_pasts_that_join_the_oldest_digest_counts(story: LedgerFixture) -> None:
    await story.deploy(WEEKLY, "heir")
    for schedule, reader, slot in ((WEEKLY, ANN, 100), (WEEKLY, BEN, 300), ("heir", ANN, 200), ("heir", BEN, 200)):
        await story.client.hset(f"{PROJECT}:unclear:{schedule}", reader, slot)
    await story.deployments.activate(renamed(), {}, (WEEKLY,))
    assert [await story.client.hget(f"{PROJECT}:unclear:heir", reader) for reader in (ANN, BEN)] == [b"100", b"200"]


async def test_a_schedule_that_begins_anew_has_no_older_digest(story: LedgerFixture) -> None:
    await story.client.hset(f"{PROJECT}:unclear:heir", ANN, 100)
    await story.deployments.activate(renamed(None), {}, (), fresh=("heir",))
    assert await story.client.exists(f"{PROJECT}:unclear:heir") == 0
