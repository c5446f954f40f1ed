"""What becomes of a delivery that may or may not have been accepted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import HOUR, KEY, NOW, TEAM, Emitted, FixedClock, Settled, TwoParts, reader_digest, uses
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Envelope, Part, PartState, Receipt
from worker.domain.outcome import Pending, Sent, Unknown
from worker.domain.reason import Reason
from worker.domain.schedule import OnUnknown, Subscription
from worker.errors import ClaimLost, DeliveryDeferred
from worker.flow.intervals import Intervals
from worker.flow.run.resolve_unknown import resolve_unknown, wait_if_unclear

TIMES = Intervals(lookup_after=30.0, resend_after=600.0, backoff=60.0)
SENT, UNCLEAR = PartState(DeliveryState.SENT, "00", "receipt 0"), PartState(DeliveryState.UNKNOWN, "11")
LAST = Delivery(KEY, DeliveryState.UNKNOWN, 2, date=NOW - HOUR, parts=(SENT, UNCLEAR), sentence="no reply")
FIRST = replace(LAST, parts=(UNCLEAR, PartState()))
MOVED = {"deals": Baseline("now", NOW, NOW)}


class CanBeAsked(TwoParts):
    """The receiver knows every part, none, or cannot say."""

    def __init__(self, said: Receipt | DeliveryDeferred | None) -> None:
        self.said, self.asked = said, list[tuple[int, Envelope]]()

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        self.asked.append((part.number, envelope))
        if isinstance(self.said, DeliveryDeferred):
            raise self.said
        return self.said


class TakesOnce(TwoParts):
    def idempotency_key(self, part: Part, envelope: Envelope) -> str:
        return "key"


class Ledger(Settled):
    handed: tuple[int, int, str] | None = None

    async def handed_over(self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: object) -> None:
        self.handed = attempt, part, receipt


FOUND = Receipt("found")
HOLDS = replace(TEAM, on_unknown=OnUnknown.HOLD)


async def after(channel: object, row: Delivery, ledger: Settled, entry: Subscription = TEAM) -> Delivery:
    given: Any = uses(clock=FixedClock(), deliveries=ledger, events=Emitted(), times=TIMES)
    through: Any = channel
    return await resolve_unknown(given, reader_digest(entry), through, row, MOVED)


async def test_the_last_part_was_found_and_so_the_whole_is_sent() -> None:
    ledger, channel = Ledger(), CanBeAsked(FOUND)
    row = await after(channel, LAST, ledger)
    assert channel.asked == [(1, Envelope(KEY, "team@acme.example", NOW - HOUR))]
    assert ledger.outcomes == [(2, Sent("found", MOVED))]
    assert (row.state, row.reason) == (DeliveryState.SENT, Reason.FOUND)


async def test_an_earlier_part_was_found_and_the_rest_is_still_to_be_sent() -> None:
    ledger = Ledger()
    row = await after(CanBeAsked(FOUND), FIRST, ledger)
    assert ledger.handed == (2, 0, "found")
    assert ledger.outcomes == [(2, Pending(Reason.FOUND))]
    assert row.state is DeliveryState.PENDING
    assert [part.state for part in row.parts] == [DeliveryState.SENT, DeliveryState.PENDING]
    assert row.parts[0].receipt == "found"


async def test_a_part_that_surely_did_not_arrive_is_sent_again() -> None:
    ledger = Ledger()
    row = await after(CanBeAsked(None), LAST, ledger, HOLDS)
    assert ledger.outcomes == [(2, Pending(Reason.ABSENT))]
    assert (row.state, row.resent, row.parts) == (DeliveryState.PENDING, False, LAST.parts)


@pytest.mark.parametrize(("named", "seconds"), [(None, 30.0), (5.0, 5.0)])
async def test_a_receiver_that_cannot_say_yet_is_asked_again_later(named: float | None, seconds: float) -> None:
    ledger = Ledger()
    row = await after(CanBeAsked(DeliveryDeferred("mail", "busy", retry_after=named)), LAST, ledger)
    assert ledger.outcomes == [(2, Unknown("busy", NOW + timedelta(seconds=seconds)))]
    assert (row.state, row.sentence) == (DeliveryState.UNKNOWN, "busy")


async def test_a_message_that_has_fewer_parts_by_now_is_held_and_nobody_is_asked() -> None:
    ledger, channel = Ledger(), CanBeAsked(FOUND)
    row = await after(channel, replace(LAST, parts=(SENT, SENT, UNCLEAR)), ledger)
    assert channel.asked == []
    assert ledger.outcomes == [(2, Unknown("part 3 is unclear, and the message now has 2 parts"))]
    assert (row.held, row.reason) == (True, Reason.HELD)


async def test_a_delivery_that_was_never_begun_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="was never begun"):
        await after(CanBeAsked(FOUND), replace(LAST, date=None), Ledger())


@pytest.mark.parametrize("row", [LAST, replace(LAST, resent=True)])
async def test_a_receiver_that_takes_it_once_is_sent_it_again_and_that_is_no_duplicate(row: Delivery) -> None:
    ledger = Settled()
    after_it = await after(TakesOnce(), row, ledger, HOLDS)
    assert ledger.outcomes == [(2, Pending(Reason.SAME_KEY))]
    assert (after_it.state, after_it.resent) == (DeliveryState.PENDING, row.resent)


async def test_where_nobody_can_be_asked_it_goes_out_once_more_and_says_so() -> None:
    ledger = Settled()
    row = await after(TwoParts(), LAST, ledger)
    assert ledger.outcomes == [(2, Pending(Reason.POSSIBLE_DUPLICATE))]
    assert (row.state, row.resent) == (DeliveryState.PENDING, True)


@pytest.mark.parametrize(("row", "entry"), [(replace(LAST, resent=True), TEAM), (LAST, HOLDS)])
async def test_it_is_held_where_it_went_out_twice_or_the_reader_wants_no_duplicate(
    row: Delivery, entry: Subscription
) -> None:
    ledger = Settled()
    found = await after(TwoParts(), row, ledger, entry)
    assert ledger.outcomes == [(2, Unknown("no reply"))]
    assert (found.state, found.held, found.reason) == (DeliveryState.UNKNOWN, True, Reason.HELD)


async def test_a_process_that_died_while_it_sent_is_waited_for_first() -> None:
    """The sweep, which found it, does not know how long this channel needs."""
    ledger, row = Settled(), replace(LAST, reason=Reason.LEASE_LAPSED)
    assert await after(TwoParts(), row, ledger) is row
    assert ledger.outcomes == [(2, Unknown("no reply", NOW + timedelta(minutes=10)))]


@pytest.mark.parametrize("channel", [CanBeAsked(FOUND), CanBeAsked(None), TakesOnce(), TwoParts()])
async def test_a_claim_that_somebody_else_has_by_now_is_lost_aloud(channel: TwoParts) -> None:
    with pytest.raises(ClaimLost):
        await after(channel, LAST, Ledger(lost=True))


@pytest.mark.parametrize(("channel", "seconds"), [(CanBeAsked(FOUND), 30.0), (TakesOnce(), 60.0), (TwoParts(), 600.0)])
def test_the_wait_is_as_long_as_the_channel_needs_to_find_out(channel: Any, seconds: float) -> None:
    assert wait_if_unclear(TIMES, channel) == seconds
