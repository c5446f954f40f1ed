"""What a person who asks in a chat may see."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import NOW, TEAM, WEEKLY, FixedClock, Subscribed, bundle_with, uses
from worker.domain.access import Door, TokenScope
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.schedule import Bundle, ChannelSpec, Each, Person
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.flow.operate.own_view import OwnView, alert_reaches, known_entries, own_deliveries, seen_schedules, view_of

ANNA = Person({"chat": "U1", "mail": "anna@acme.example"})
ROOM = replace(TEAM, id="room", channel="talk", address="C1")
OWNERS = replace(TEAM, id="owners", channel="talk", address=None, each=Each.OWNER)
PARTS = uses(clock=FixedClock(), connectors=object(), subscriptions=Subscribed())


def bundle(*entries: Any, people: Mapping[str, Person] | None = None) -> Bundle:
    made = bundle_with(replace(WEEKLY, to=entries))
    channels = {**made.channels, "talk": ChannelSpec("talk", "chat")}
    return replace(made, channels=channels, people={"crm/7": ANNA} if people is None else people)


def view(made: Bundle, place: str = "C1", address: str = "U1") -> OwnView:
    return view_of(made, "talk", address, place)


@pytest.mark.parametrize(
    ("entries", "place", "seen"),
    [
        ((ROOM,), "C1", True),
        ((ROOM,), "C2", False),
        ((TEAM,), "C1", False),
        ((replace(TEAM, address="anna@acme.example"),), "C2", True),
        ((OWNERS,), "C2", True),
        ((), "C1", False),
    ],
)
async def test_a_schedule_is_seen_where_it_brings_messages(entries: Any, place: str, seen: bool) -> None:
    assert bool(await seen_schedules(PARTS, view(bundle(*entries), place))) is seen


async def test_nobody_who_is_not_known_sees_anything() -> None:
    assert await seen_schedules(PARTS, view(bundle(ROOM, OWNERS), "C1", "U9")) == {}
    assert not view(bundle(ROOM), "C1", "U9").known


async def test_the_scope_read_shows_everything() -> None:
    people = {"boss": replace(ANNA, may=(TokenScope.READ,))}
    assert list(await seen_schedules(PARTS, view(bundle(TEAM, people=people), "C2"))) == ["weekly"]


async def test_who_subscribed_at_run_time_counts() -> None:
    record = SubscriptionRecord("weekly", replace(ROOM, id="own", address="U1"), Origin.API, "anna", NOW)
    parts = uses(clock=FixedClock(), connectors=object(), subscriptions=Subscribed(record))
    made = view(bundle(TEAM), "C2")
    assert "own|U1" in await known_entries(parts, made, made.bundle.schedules["weekly"])
    assert list(await seen_schedules(parts, made)) == ["weekly"]


def test_one_human_may_have_several_keys() -> None:
    people = {"crm/7": replace(ANNA, may=(TokenScope.TRIGGER,)), "pd/3": replace(ANNA, locale="de_DE")}
    made = view(bundle(ROOM, people=people))
    assert (made.actor.door, made.actor.who, made.actor.address) == (Door.CHAT, "crm/7 (talk U1)", "U1")
    assert made.actor.scopes == {TokenScope.TRIGGER}
    assert made.locale == "de_DE"


def row(reader: str) -> Delivery:
    return Delivery(DeliveryKey.parse(f"weekly@2026-11-23T09:00:00Z/{reader}"), DeliveryState.SENT)


def test_deliveries_and_alerts_are_those_of_the_own_readers() -> None:
    people = {"boss": replace(ANNA, may=(TokenScope.READ,))}
    rows = (row("team|sales@acme.example"), row("room|C1"))
    known = {"team|sales@acme.example": TEAM, "room|C1": ROOM}
    assert own_deliveries(PARTS, view(bundle()), known, rows) == [rows[1]]
    assert own_deliveries(PARTS, view(bundle(), "C2"), known, rows) == []
    assert own_deliveries(PARTS, view(bundle(people=people), "C2"), known, rows) == list(rows)
    for place, told in (("C1", True), ("C2", False)):
        alert: Any = uses(state=uses(readers={"alert:room|C1": "run"}))
        assert alert_reaches(PARTS, view(bundle(), place), known, alert) is told


def test_addresses_are_the_own_ones_and_the_conversation() -> None:
    made = view(bundle(ROOM), "C2")
    assert made.addresses("talk") == {"U1", "C2"}
    assert made.addresses("mail") == {"anna@acme.example"}
    assert made.addresses("gone") == frozenset()
    assert not made.everything
    assert view(bundle(people={"boss": replace(ANNA, may=(TokenScope.MANAGE,))})).everything


def test_a_reader_is_reached_through_the_channel_of_its_entry() -> None:
    """The same address in another channel is somebody else's."""
    made, known = view(bundle()), {"room|C1": ROOM, "other|C1": replace(ROOM, id="other", channel="mail")}
    assert made.reaches(PARTS.connectors, known, "room|C1")
    assert not made.reaches(PARTS.connectors, known, "other|C1")
    assert made.reads(known)
    assert not made.reads({"other|C1": known["other|C1"]})
