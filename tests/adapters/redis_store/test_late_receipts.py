"""An attempt that was thought dead comes back with a receipt: it settles, or it is counted as a repeat."""

import pytest

from tests.support.ledger_fixture import LedgerFixture, baseline
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.outcome import Pending, Sent
from worker.domain.reason import Reason
from worker.errors import ClaimLost

NOBODY = DeliveryKey.parse("sales/weekly@2026-11-16T14:00:00Z/team|nobody@tern.example")


async def given_up(story: LedgerFixture) -> DeliveryKey:
    """Attempt 1 sent, nobody heard of it, and it is to be sent once more."""
    key = await story.unknown()
    await story.deliveries.settle(key, 1, Pending(Reason.POSSIBLE_DUPLICATE))
    return key


async def test_a_receipt_that_comes_before_the_next_try_saves_the_reader_that_try(story: LedgerFixture) -> None:
    key = await given_up(story)
    await story.deliveries.settle(key, 1, Sent("250 ok", {"deals": baseline("one")}))
    row = await story.row(key)
    assert (row.state, row.resent, row.parts[0].receipt) == (DeliveryState.SENT, True, "250 ok")
    with pytest.raises(ClaimLost):
        await story.intend(key)


async def test_a_receipt_that_comes_after_the_next_try_began_settles_nothing(story: LedgerFixture) -> None:
    key = await given_up(story)
    assert await story.intend(key) == 2
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, 1, Sent("250 ok", {}))
    assert (await story.row(key)).state is DeliveryState.SENDING


async def test_bytes_that_left_after_the_claim_was_lost_make_a_possible_duplicate_in_any_state(
    story: LedgerFixture,
) -> None:
    key = await story.sending()
    await story.deliveries.settle(key, 1, Sent("C1 100.1", {}))
    await story.deliveries.count_repeat(key, 0, "C1 200.2")
    row = await story.row(key)
    assert (row.state, row.resent, row.parts[0].receipt) == (DeliveryState.SENT, True, "C1 100.1")


async def test_the_very_message_that_a_look_up_found_is_no_repeat(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.deliveries.settle(key, 1, Sent("C1 100.1", {}))
    await story.deliveries.count_repeat(key, 0, "C1 100.1")
    assert not (await story.row(key)).resent


async def test_an_unclear_answer_that_came_too_late_is_counted_though_it_has_no_receipt(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.deliveries.count_repeat(key, 0, "")
    assert (await story.row(key)).resent


async def test_a_repeat_of_what_the_ledger_does_not_know_changes_nothing(story: LedgerFixture) -> None:
    await story.deliveries.count_repeat(NOBODY, 0, "")
    assert await story.lookups.delivery(NOBODY) is None
