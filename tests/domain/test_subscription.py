"""Subscriptions made at run time: when they end, and which addresses pass."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.fakes import HOUR, NOW, READER, TEAM, WEEKLY, bundle_with
from worker.domain.delivery import Reader
from worker.domain.schedule import ChannelSpec, Person
from worker.domain.subscription import (
    Choice,
    End,
    Origin,
    Preference,
    SubscriptionRecord,
    allowed_by_default,
    is_allowed,
    is_shared,
    may_be_sent,
)

RECORD = SubscriptionRecord("weekly", replace(TEAM, id="extra"), Origin.CLI, "ops", NOW)


@pytest.mark.parametrize(
    ("pattern", "channel", "address", "passes"),
    [
        ("acme.example", "mail", "ada@acme.example", True),
        ("ACME.example", "mail", "ada@acme.example", True),
        ("acme.example", "mail", "ada@eu.acme.example", False),
        ("acme.example", "mail", "ada@notacme.example", False),
        ("acme.example", "mail", "acme.example@evil.example", False),
        ("acme.example", "slack", "acme.example", False),
        ("ada@acme.example", "mail", "Ada@acme.example", True),
        ("ada@acme.example", "mail", "ben@acme.example", False),
        ("slack:*", "slack", "C0123456789", True),
        ("slack:*", "room", "C0123456789", False),
        ("slack:C0123456789", "slack", "C0123456780", False),
        ("mail:*@eu.acme.example", "mail", "ada@eu.acme.example", True),
    ],
)
def test_what_a_pattern_lets_pass(pattern: str, channel: str, address: str, passes: bool) -> None:
    assert is_allowed((pattern,), channel, address) is passes
    assert not is_allowed((), channel, address)


def test_without_a_pattern_the_addresses_of_the_definitions_pass() -> None:
    room = replace(TEAM, id="room", channel="slack", address="C1")
    hook = replace(TEAM, id="hook", channel="hook", address=None)
    schedules = {"weekly": replace(WEEKLY, to=(TEAM, room, hook))}
    assert allowed_by_default(schedules, {}, {}) == ("acme.example", "slack:C1")


def test_the_addresses_of_people_pass_alone() -> None:
    """A domain that only an address of `people` has is not open to everybody in it."""
    people = {"anna": Person({"chat": "U1", "mail": "anna@other.example"})}
    channels = {"room": ChannelSpec("room", "chat"), "mail": ChannelSpec("mail", "email")}
    assert allowed_by_default({}, people, channels) == ("anna@other.example", "room:U1")


def test_what_a_definition_names_is_refused_only_by_written_patterns() -> None:
    hook = replace(TEAM, id="hook", channel="hook", address=None)
    schedule = replace(WEEKLY, to=(TEAM, hook))
    derived, written = bundle_with(schedule), replace(bundle_with(schedule), allow=("x.example",), allow_written=True)
    webhook, stranger = Reader("weekly", "hook", "webhook"), Reader("weekly", "extra", "eve@x.example")
    assert may_be_sent(derived, schedule, READER, "mail")
    assert not may_be_sent(written, schedule, READER, "mail")
    assert may_be_sent(written, schedule, webhook, "hook")
    assert may_be_sent(written, schedule, stranger, "mail")
    assert not may_be_sent(derived, schedule, stranger, "mail")


def test_a_record_ends_by_its_own_date_or_with_its_schedule() -> None:
    assert RECORD.ended(NOW) is None
    assert replace(RECORD, expires=NOW + HOUR).ended(NOW) is None
    assert replace(RECORD, expires=NOW).ended(NOW) is End.EXPIRED
    assert replace(RECORD, expires=NOW, ended_at=NOW).ended(NOW) is End.SCHEDULE_GONE


def test_a_pause_ends_at_its_instant_and_an_unsubscription_never() -> None:
    pause = Preference(Choice.PAUSED, Origin.LINK, "the reader", NOW, NOW + HOUR)
    assert pause.reason(NOW) is not None
    assert pause.reason(NOW + HOUR) is None
    assert replace(pause, until=None).reason(NOW + timedelta(days=999)) is not None
    stop = replace(pause, choice=Choice.UNSUBSCRIBED)
    assert stop.reason(NOW + 2 * HOUR) is not None


def test_an_address_that_several_people_read_is_known_in_any_spelling() -> None:
    bundle = replace(bundle_with(), shared_addresses=("Sales@acme.example",))
    assert is_shared(bundle, "sales@acme.example")
    assert not is_shared(bundle, "ada@acme.example")
