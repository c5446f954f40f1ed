"""Held digests that a message leaves out: of readers who were removed, or who stopped them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.alert_fakes import Ids
from tests.support.fakes import KEY, NOW, WEEKLY, Deployed, FixedClock, Takes, bundle_with, uses
from worker.domain.cap import HeldDigest
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.run.untold import remaining, untold
from worker.ports.subscriptions import Said

READER = "team|team@acme.example"
KEPT = HeldDigest("Weekly pipeline", NOW, 1, schedule="weekly", reader=READER)
REMOVED = replace(KEPT, reader="team|gone@acme.example")
OLD = HeldDigest("Weekly pipeline", NOW, 1)
PENDING = Delivery(KEY, DeliveryState.PENDING)


class Stops(Ids):
    """`said`: by reader's id."""

    def __init__(self, said: Mapping[str, Preference]) -> None:
        self.said = said

    async def said_of(self, schedule: str, readers: Sequence[str]) -> Said:
        return Said({one: self.said[one] for one in readers if one in self.said})


async def left_out(row: Delivery, *held: HeldDigest, said: Mapping[str, Preference] | None = None) -> tuple[int, ...]:
    given: Any = uses(
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes),
        deployments=Deployed(bundle_with(WEEKLY)),
        subscriptions=Stops(said or {}),
    )
    return await untold(given, row, held, NOW)


async def test_a_reader_who_is_not_named_any_more_is_left_out_and_what_an_earlier_version_held_is_not() -> None:
    assert await left_out(PENDING, KEPT, REMOVED, OLD) == (1,)
    assert await left_out(PENDING) == ()


async def test_a_reader_who_stopped_the_schedule_is_left_out() -> None:
    stop = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "", NOW)
    assert await left_out(PENDING, OLD, KEPT, said={READER: stop}) == (1,)


async def test_a_pause_that_is_over_leaves_out_nothing() -> None:
    over = Preference(Choice.PAUSED, Origin.LINK, "", NOW, until=NOW)
    assert await left_out(PENDING, KEPT, said={READER: over}) == ()


async def test_what_the_first_try_left_out_stays() -> None:
    assert await left_out(replace(PENDING, date=NOW, untold=(0,)), KEPT, REMOVED) == (0,)


def test_what_is_left_keeps_its_order() -> None:
    assert remaining("abcd", (1, 3)) == ("a", "c")
    assert remaining("ab", ()) == ("a", "b")
