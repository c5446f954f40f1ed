"""Delivering asks a channel what it can do, and never which channel it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.builders import THIS_WEEK
from tests.support.many_readers import bundle, row
from tests.support.one_delivery import RecordingLedger, services_with
from tests.support.patience import PATIENCE
from tests.support.small_channels import UNCLEAR, Addressed, CanBeAsked, KeepsLess, Plain, Silent, Slow, TakesOnce
from worker.decorators.kept_messages import with_kept_messages
from worker.domain.delivery import Delivery, DeliveryState, PartState, Receipt
from worker.domain.outcome import Pending
from worker.domain.reason import Reason
from worker.domain.schedule import OnUnknown, Subscription
from worker.flow.run.deliver import deliver
from worker.flow.services import Services

ENTRY = Subscription("r", "mail", "r@acme.example", "pipeline", "en_GB", "UTC")
PENDING = row(0, ENTRY)
ONE_SENT = (PartState(DeliveryState.SENT, "00", "receipt 0"), PartState(DeliveryState.UNKNOWN, "11"))
UNKNOWN = replace(PENDING, state=DeliveryState.UNKNOWN, attempt=1, date=THIS_WEEK, parts=ONE_SENT)


async def brought(
    channel: Plain, given: Delivery = PENDING, entry: Subscription = ENTRY, wait: float = 0.0
) -> tuple[DeliveryState | None, RecordingLedger, Services]:
    shared, told = services_with(channel, given, bundle([entry]), wait)
    return await deliver(shared, given.key), told, shared


@pytest.mark.parametrize(
    ("channel", "wait"),
    [(CanBeAsked(UNCLEAR), "lookup_after"), (TakesOnce(UNCLEAR), "backoff"), (Plain(UNCLEAR), "resend_after")],
)
async def test_an_unclear_part_waits_as_long_as_the_channel_needs_to_find_out(channel: Plain, wait: str) -> None:
    state, told, shared = await brought(channel)
    assert state is DeliveryState.UNKNOWN
    assert told.calls["Unknown"][1].again_at == THIS_WEEK + timedelta(seconds=getattr(shared.times, wait))


async def test_a_receiver_that_says_nothing_is_waited_for_as_long_as_the_attempt_is_ours() -> None:
    """A worker stood still for ten minutes where the lease had ended after one."""
    channel = Silent()
    shared, told = services_with(channel, PENDING, bundle([ENTRY]))
    shared = replace(shared, times=replace(shared.times, delivery_lease=0.2))
    async with asyncio.timeout(PATIENCE):
        assert await deliver(shared, PENDING.key) is DeliveryState.UNKNOWN
    assert channel.sent == [0]
    assert "no answer" in told.calls["Unknown"][1].sentence


@pytest.mark.parametrize(("found", "sent"), [(Receipt("receipt 1"), []), (None, [1])])
async def test_a_receiver_that_can_be_asked_is_asked_before_anything_is_sent_again(
    found: Receipt | None, sent: list[int]
) -> None:
    channel = CanBeAsked(found=found)
    state, told, _ = await brought(channel, UNKNOWN)
    assert (state, channel.sent) == (DeliveryState.SENT, sent)
    assert told.calls["Sent"][1].receipt == "receipt 1"


@pytest.mark.parametrize("given", [UNKNOWN, replace(UNKNOWN, resent=True)])
async def test_a_receiver_that_takes_a_part_once_is_sent_it_again_and_nobody_calls_it_a_duplicate(
    given: Delivery,
) -> None:
    channel = TakesOnce()
    state, told, _ = await brought(channel, given, replace(ENTRY, on_unknown=OnUnknown.HOLD))
    assert (state, channel.sent) == (DeliveryState.SENT, [1])
    assert told.calls["Pending"][1] == Pending(Reason.SAME_KEY)


async def test_a_channel_without_an_ability_sends_an_unclear_part_once_more_as_a_possible_duplicate() -> None:
    channel = Plain()
    state, told, _ = await brought(channel, UNKNOWN)
    assert (state, channel.sent) == (DeliveryState.SENT, [1])
    assert told.calls["Pending"][1] == Pending(Reason.POSSIBLE_DUPLICATE)


@pytest.mark.parametrize(
    ("given", "entry"),
    [(replace(UNKNOWN, resent=True), ENTRY), (UNKNOWN, replace(ENTRY, on_unknown=OnUnknown.HOLD))],
)
async def test_nothing_more_is_sent_where_it_was_sent_twice_or_may_not_be(given: Delivery, entry: Subscription) -> None:
    channel = Plain()
    state, told, _ = await brought(channel, given, entry)
    assert (state, channel.sent) == (DeliveryState.UNKNOWN, [])
    assert told.calls["Unknown"][1].again_at is None


async def test_an_unclear_part_that_this_version_no_longer_makes_is_held_for_somebody_to_settle() -> None:
    channel = CanBeAsked(parts=1)
    state, told, _ = await brought(channel, UNKNOWN)
    assert (state, channel.sent) == (DeliveryState.UNKNOWN, [])
    assert told.calls["Unknown"][1].again_at is None


async def test_a_message_of_which_every_part_was_sent_is_settled_though_fewer_are_made_now() -> None:
    both = tuple(PartState(DeliveryState.SENT, f"{n}{n}", f"receipt {n}") for n in (0, 1))
    channel = Plain(parts=1)
    state, told, _ = await brought(channel, replace(PENDING, attempt=3, date=THIS_WEEK, parts=both))
    assert (state, channel.sent) == (DeliveryState.SENT, [])
    assert (told.calls["Sent"][0], told.calls["Sent"][1].receipt) == (3, "receipt 1")


async def test_a_paced_channel_waits_for_its_own_key_and_seconds() -> None:
    state, told, _ = await brought(Slow())
    assert state is DeliveryState.SENT
    assert told.calls["pace"] == ("pace of r@acme.example", 2.5, "weekly-pipeline/r|r@acme.example")


async def test_a_place_that_is_far_away_defers_the_delivery() -> None:
    channel = Slow()
    state, told, _ = await brought(channel, wait=60.0)
    assert (state, channel.sent) == (DeliveryState.DEFERRED, [])
    assert told.calls["Deferred"][1].reason is Reason.PACE


async def test_nobody_waits_for_a_channel_without_a_pace() -> None:
    _, told, _ = await brought(Plain(), wait=60.0)
    assert "pace" not in told.calls
    assert "Sent" in told.calls


async def test_a_content_that_many_readers_share_is_made_without_any_of_them() -> None:
    files: list[bytes] = []
    shared, _ = services_with(Addressed(), PENDING, bundle([ENTRY]))
    await deliver(with_kept_messages(shared, lambda _key, _part, saved: files.append(saved)), PENDING.key)
    assert files == [b"None", b"None"]


@pytest.mark.parametrize(("channel", "kept"), [(Plain(), str(PENDING.key.run).encode()), (KeepsLess(), b"less")])
async def test_the_file_that_is_kept_of_a_part_is_the_channels_to_choose(channel: Plain, kept: bytes) -> None:
    files: list[bytes] = []
    shared, _ = services_with(channel, PENDING, bundle([ENTRY]))
    await deliver(with_kept_messages(shared, lambda _key, _part, saved: files.append(saved)), PENDING.key)
    assert files == [kept, kept]
