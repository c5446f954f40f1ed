"""Who reads a schedule's digests, and where a word to the operator goes."""

from dataclasses import replace

import pytest

from tests.support.fakes import NOW, READER, TEAM, WEEKLY, Takes, bundle_with, uses
from worker.domain.choices import Choices
from worker.domain.delivery import Reader, plain_id
from worker.domain.operators import Operator
from worker.domain.schedule import ChannelSpec, Each
from worker.domain.subscription import Origin
from worker.flow.run.readers import (
    also_id,
    as_read,
    chosen_entries,
    entries,
    entry_of,
    is_alert,
    is_also,
    is_notice,
    operator_entries,
    operator_entry,
    readers,
    subjects,
    without,
)

HOOK = replace(TEAM, id="hook", channel="room", address=None)
BOSS = replace(TEAM, id="boss")
BOTH = replace(WEEKLY, to=(TEAM, HOOK, BOSS))


def test_one_address_in_two_entries_is_two_readers_and_a_webhook_is_its_own_address() -> None:
    assert readers(BOTH) == {
        READER: TEAM,
        Reader("weekly", "hook", "webhook"): HOOK,
        Reader("weekly", "boss", "team@acme.example"): BOSS,
    }
    assert entries(BOTH) == {
        "team|team@acme.example": TEAM,
        "hook|webhook": HOOK,
        "boss|team@acme.example": BOSS,
    }
    assert readers(replace(WEEKLY, to=())) == {}


def test_a_channel_and_an_address_in_it_are_suspended_one_by_one() -> None:
    assert subjects(TEAM, "team@acme.example") == ("channel mail", "address mail team@acme.example")
    assert subjects(TEAM, "Team@ACME.example") == subjects(TEAM, "team@acme.example"), "one mailbox"
    assert subjects(TEAM, "U012abC")[1] == "address mail U012abC", "ids of a chat are read as they are written"


@pytest.mark.parametrize(
    ("operator", "names", "channel"),
    [
        ("ops@acme.example", ("mail",), "mail"),
        ("ops@acme.example", ("room", "mail"), "room"),
        ("ops@acme.example", (), None),
        (None, ("mail", "room"), None),
    ],
)
def test_the_operator_is_told_through_the_first_channel_that_takes_the_address(
    operator: str | None, names: tuple[str, ...], channel: str | None
) -> None:
    channels = {name: ChannelSpec(name, "any") for name in ("room", "mail")}
    bundle = replace(bundle_with(WEEKLY, operator=operator), channels=channels)
    found = operator_entries(uses(takes=Takes(*names).takes), bundle)
    expected = [] if channel is None else [(channel, "operator", operator, "en_GB")]
    assert [(one.channel, one.id, one.address, one.locale) for one in found] == expected


def test_operators_are_told_apart_by_their_addresses_and_the_first_stands_for_one_that_was_dropped() -> None:
    told = (Operator("C0123456789", "room"), Operator(None, "hook"), Operator("ops@acme.example"))
    connectors, bundle = uses(takes=Takes("mail").takes), bundle_with(WEEKLY, operator=told)
    bundle = replace(bundle, channels={"mail": ChannelSpec("mail", "any")})
    found = [operator_entry(connectors, bundle, to) for to in ("webhook", "ops@acme.example", "boss@acme.example")]
    assert [one and (one.channel, one.address) for one in found] == [
        ("hook", None),
        ("mail", "ops@acme.example"),
        ("room", "C0123456789"),
    ]
    assert operator_entry(connectors, bundle_with(WEEKLY), "webhook") is None


def test_an_entry_is_found_by_its_readers_id_unless_it_was_dropped() -> None:
    nobody, bundle = uses(takes=Takes("mail").takes), bundle_with(WEEKLY, operator="ops@acme.example")
    known = entries(WEEKLY)
    assert entry_of(nobody, bundle, known, READER.id) is TEAM
    assert entry_of(nobody, bundle, known, "team|other@acme.example") is None


def test_the_operator_is_found_though_no_entry_names_it() -> None:
    connectors, bundle = uses(takes=Takes("mail").takes), bundle_with(WEEKLY, operator="ops@acme.example")
    found = entry_of(connectors, bundle, {}, "operator|ops@acme.example")
    assert found is not None
    assert found.channel == "mail"
    alone = replace(bundle, defaults=replace(bundle.defaults, operator=None))
    assert entry_of(connectors, alone, {}, "operator|ops@acme.example") is None


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("operator|ops@acme.example", True),
        ("operator/1a2b3c4d|ops@acme.example", True),
        ("operators|ops@acme.example", False),
        ("team|operator@acme.example", False),
    ],
)
def test_only_a_reader_of_the_operators_own_is_one_of_notices(reader: str, expected: bool) -> None:
    assert is_notice(reader) is expected


def test_what_tells_of_held_digests_goes_to_the_reader_and_is_no_digest() -> None:
    also = also_id(READER.id)
    assert (is_also(also), is_notice(also)) == (True, True)
    assert not is_also(READER.id)
    assert not is_also("operator|ops@acme.example")
    known = entries(replace(WEEKLY, to=(replace(TEAM, attach=("deals",)),)))
    found = entry_of(uses(), bundle_with(WEEKLY), known, also)
    assert found == replace(TEAM, template="notice")
    assert entry_of(uses(), bundle_with(WEEKLY), {}, also) is None


def test_what_tells_of_alerts_goes_to_the_entry_through_its_own_template() -> None:
    boss = replace(TEAM, id="boss", address="boss@acme.example", attach=("deals",))
    known = entries(replace(WEEKLY, notify=(boss,)))
    bundle = bundle_with(WEEKLY)
    assert entry_of(uses(), bundle, known, f"alert:{READER.id}") == replace(TEAM, template="alert")
    of_rule = entry_of(uses(), bundle, known, "alert:boss/big|boss@acme.example")
    assert of_rule == replace(boss, template="alert", attach=())
    assert entry_of(uses(), bundle, known, "also/alert:boss|boss@acme.example") == replace(
        boss, template="notice", attach=()
    )
    assert entry_of(uses(), bundle, known, "alert:gone|boss@acme.example") is None
    each = replace(TEAM, id="owners", address=None, each=Each.OWNER)
    told = entry_of(uses(), bundle, entries(replace(WEEKLY, notify=(each,))), "alert:owners/big|ann@acme.example")
    assert told == replace(each, address="ann@acme.example", template="alert")


@pytest.mark.parametrize(
    ("reader", "plain"),
    [
        ("alert:team|a@acme.example", "team|a@acme.example"),
        ("alert:team/big|a/b|c", "team|a/b|c"),
        ("team|alert:x", "team|alert:x"),
    ],
)
def test_a_reader_of_alerts_is_the_reader_that_its_preferences_name(reader: str, plain: str) -> None:
    assert plain_id(reader) == plain
    assert is_alert(reader) is reader.startswith("alert:")


def test_a_run_keeps_the_entries_of_readers_who_subscribed_or_chose_something() -> None:
    eve, owner = replace(TEAM, id="eve", address="eve@acme.example"), Reader("weekly", "owners", "ann@acme.example")
    record, owners = (
        Reader("weekly", "eve", "eve@acme.example"),
        replace(TEAM, id="owners", address=None, each=Each.OWNER),
    )
    made = Choices(Origin.LINK, "the reader", NOW, locale="de_DE")
    schedule, everybody = (
        replace(WEEKLY, to=(TEAM, BOSS, owners)),
        [READER, Reader("weekly", "boss", "b"), record, owner],
    )
    assert chosen_entries(schedule, {record: eve}, everybody, {}) == {record: eve}
    chosen = chosen_entries(schedule, {record: eve}, everybody, {one.id: made for one in (READER, record, owner)})
    assert chosen == {
        READER: replace(TEAM, locale="de_DE"),
        record: replace(eve, locale="de_DE"),
        owner: replace(owners, address="ann@acme.example", locale="de_DE"),
    }
    known = {"owners": owners, owner.id: chosen[owner]}
    assert entry_of(uses(), bundle_with(schedule), known, owner.id) == chosen[owner]


def test_a_choice_of_somebody_who_is_no_reader_is_left_alone() -> None:
    made = Choices(Origin.LINK, "the reader", NOW, locale="de_DE")
    gone = Reader("weekly", "gone", "gone@acme.example")
    assert chosen_entries(BOTH, {}, [gone], {gone.id: made}) == {}


def test_a_schedule_as_it_is_read_has_an_entry_for_each_reader_as_that_reader_chose_it() -> None:
    eve, owners = replace(TEAM, id="eve", address="eve@acme.example"), replace(TEAM, id="owners", address=None)
    owners = replace(owners, each=Each.OWNER)
    record = Reader("weekly", "eve", "eve@acme.example")
    made = {one.id: Choices(Origin.LINK, "the reader", NOW, days=(0,)) for one in (READER, record)}
    schedule = replace(WEEKLY, to=(TEAM, BOSS, owners))
    assert as_read(schedule, {}, {}) == schedule
    told = as_read(schedule, {record: eve}, made)
    assert told.to == (replace(TEAM, days=(0,)), BOSS, replace(eve, days=(0,)), owners)


def test_who_ended_it_is_left_out_and_an_entry_for_each_owner_stays() -> None:
    owners = replace(TEAM, id="owners", address=None, each=Each.OWNER)
    schedule = replace(WEEKLY, to=(TEAM, replace(TEAM, id="eve"), owners))
    assert [entry.id for entry in without(schedule, {READER.id, "owners|ann@acme.example"}).to] == ["eve", "owners"]
