"""Subscriptions, as every door lists and changes them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    NOW,
    READER,
    TEAM,
    WEEKLY,
    Deployed,
    FixedClock,
    Subscribed,
    bundle_with,
    uses,
)
from worker.domain.alert.rule import Form, Rule
from worker.domain.alert.silence import AlertFilter, Matcher
from worker.domain.schedule import Bundle, Each, Schedule
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.errors import ClaimLost, NotFound, RequestError
from worker.flow.operate.subscriptions import Author, State, add, listed, named, pause, remove, resume
from worker.ports import CheckedEntry

EVE = replace(TEAM, id="eve", address="eve@acme.example")
RECORD = SubscriptionRecord("weekly", EVE, Origin.CLI, "ops", NOW - HOUR)
STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW - HOUR)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW - HOUR)
OPS = Author(Origin.CLI, "ops@host")
ACME = replace(bundle_with(WEEKLY), allow=("acme.example",))


class Records(Subscribed):
    """`said` by reader's id; `taken`: every id is."""

    def __init__(self, *held: SubscriptionRecord, taken: bool = False, **said: Preference) -> None:
        super().__init__(*held)
        self.taken, self.said = taken, {f"{name}|{name}@acme.example": one for name, one in said.items()}

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        return self.said

    async def add(self, record: SubscriptionRecord) -> bool:
        self.held = (*self.held, record)
        return not self.taken


class Changes(Records):
    async def remove(self, schedule: str, entry: str) -> bool:
        self.held = tuple(one for one in self.held if one.entry.id != entry)
        return True

    async def prefer(self, schedule: str, reader: str, preference: Preference) -> bool:
        if self.said.get(reader) == STOP:
            raise ClaimLost(reader)
        self.said[reader] = preference
        return True

    async def clear(self, schedule: str, reader: str, choice: Choice) -> bool:
        return self.said.pop(reader, None) is not None


class Refused:
    """`words`: what receivers said, by subject."""

    def __init__(self, **words: str) -> None:
        self.words = {f"address mail {name}@acme.example": said for name, said in words.items()}

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: self.words[one] for one in subjects if one in self.words}


def checked(bundle: Bundle, schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
    return CheckedEntry(
        replace(TEAM, **written), ("no words of the language `hu`",) if "hu_HU" in written.values() else ()
    )


def parts(records: Records, bundle: Bundle | None = ACME, deliveries: Refused | None = None) -> Any:
    given = {"clock": FixedClock(), "deployments": Deployed(bundle), "deliveries": deliveries or Refused()}
    return uses(**given, subscriptions=records, check_entry=checked)


async def states(records: Records, bundle: Bundle | None = ACME, deliveries: Refused | None = None) -> dict[str, State]:
    return {row.entry.id: row.state for row in await listed(parts(records, bundle, deliveries))}


async def test_definitions_and_records_are_listed_side_by_side() -> None:
    team, eve = sorted(await listed(parts(Records(RECORD))), key=lambda row: row.entry.id, reverse=True)
    assert (team.reader, team.origin, team.state, team.at) == (READER, Origin.DEFINITION, State.ACTIVE, None)
    assert (eve.reader, eve.origin, eve.by, eve.at) == (RECORD.reader, Origin.CLI, "ops", RECORD.at)


@pytest.mark.parametrize(
    ("records", "state"),
    [
        (Records(RECORD), State.ACTIVE),
        (Records(RECORD, eve=PAUSE), State.PAUSED),
        (Records(RECORD, eve=replace(PAUSE, until=NOW)), State.ACTIVE),
        (Records(RECORD, eve=STOP), State.UNSUBSCRIBED),
        (Records(replace(RECORD, entry=replace(EVE, channel="gone"))), State.NO_CHANNEL),
        (Records(replace(RECORD, entry=replace(EVE, address="eve@evil.example"))), State.NOT_ALLOWED),
        (Records(replace(RECORD, expires=NOW), eve=STOP), State.EXPIRED),
        (Records(replace(RECORD, ended_at=NOW), eve=STOP), State.SCHEDULE_GONE),
    ],
    ids=lambda value: value if isinstance(value, State) else "",
)
async def test_what_stops_a_subscription_is_said(records: Records, state: State) -> None:
    assert (await states(records))["eve"] is state


async def test_what_a_receiver_refused_is_said_in_its_words() -> None:
    given = parts(Records(RECORD), deliveries=Refused(eve="550 no such user"))
    (row,) = [row for row in await listed(given) if row.entry.id == "eve"]
    assert (row.state, row.sentence) == (State.SUSPENDED, "550 no such user")


async def test_records_of_a_schedule_that_is_gone_are_still_listed() -> None:
    assert await states(Records(RECORD), bundle_with()) == {"eve": State.SCHEDULE_GONE}
    assert await states(Records(RECORD), None) == {"eve": State.SCHEDULE_GONE}
    with pytest.raises(RequestError, match="no schedule 'other'"):
        await listed(parts(Records()), "other")


async def test_a_new_record_says_who_made_it_and_who_else_gets_it_there() -> None:
    given = parts(Records())
    made = await add(given, "weekly", {"id": "eve", "address": "team@acme.example"}, OPS, NOW + HOUR)
    record = made.record
    assert given.subscriptions.held == (record,)
    assert (record.by, record.at, record.expires) == ("ops@host", NOW, NOW + HOUR)
    assert (made.same, made.warnings) == (("team",), ())


async def test_what_is_possible_and_hardly_meant_is_made_and_said() -> None:
    made = await add(parts(Records()), "weekly", {"id": "eve", "locale": "hu_HU"}, OPS)
    assert (made.record.entry.locale, made.warnings) == ("hu_HU", ("no words of the language `hu`",))


@pytest.mark.parametrize(
    ("records", "written", "hours", "words"),
    [
        (Records(), {"id": "hook", "address": None}, None, "write its entry into the definition"),
        (Records(), {"id": "team"}, None, "give this one another id"),
        (Records(), {"id": "eve"}, 0, "has passed"),
        (Records(taken=True), {"id": "eve"}, None, "already"),
    ],
)
async def test_what_cannot_be_added_is_refused(records: Records, written: Any, hours: int | None, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        await add(parts(records), "weekly", written, OPS, None if hours is None else NOW)


async def test_what_was_added_is_removed_by_any_of_its_names() -> None:
    for name in ("eve", "eve@acme.example", "eve|eve@acme.example"):
        given = parts(Changes(RECORD))
        assert (await remove(given, "weekly", name)).reader == RECORD.reader
        assert given.subscriptions.held == ()


async def test_an_entry_of_a_definition_is_removed_there() -> None:
    with pytest.raises(RequestError, match=r"schedules/weekly\.yaml names team"):
        await remove(parts(Changes()), "weekly", "team")
    with pytest.raises(RequestError, match="it has team"):
        await remove(parts(Changes()), "weekly", "nobody")


async def test_a_name_for_several_is_not_guessed_at() -> None:
    twin = replace(RECORD, entry=replace(EVE, address=TEAM.address))
    with pytest.raises(RequestError, match="several"):
        await pause(parts(Changes(twin)), "weekly", "team@acme.example", OPS, None)


async def test_a_reader_is_paused_and_resumed() -> None:
    given = parts(Changes())
    await pause(given, "weekly", "team", OPS, NOW + HOUR)
    assert given.subscriptions.said == {READER.id: Preference(Choice.PAUSED, Origin.CLI, "ops@host", NOW, NOW + HOUR)}
    assert [ended for _, ended in [await resume(given, "weekly", "team") for _ in range(2)]] == [True, False]
    with pytest.raises(RequestError, match="has passed"):
        await pause(given, "weekly", "team", OPS, NOW)


OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
EACH = replace(ACME, schedules={"weekly": replace(WEEKLY, to=(TEAM, OWNERS))}, allow_written=True)


async def test_readers_of_each_are_listed_when_something_is_said_of_them() -> None:
    records = Changes()
    records.said = {"owners|ada@acme.example": STOP}
    rows = await listed(parts(records, EACH))
    assert [(row.reader.id, row.state) for row in rows] == [
        ("owners|*", State.ACTIVE),
        ("owners|ada@acme.example", State.UNSUBSCRIBED),
        ("team|team@acme.example", State.ACTIVE),
    ]


async def test_one_reader_of_each_is_paused_and_not_all_at_once() -> None:
    given = parts(Changes(), EACH)
    await pause(given, "weekly", "owners|ben@acme.example", OPS, None)
    assert list(given.subscriptions.said) == ["owners|ben@acme.example"]
    with pytest.raises(RequestError, match=r"owners\|ADDRESS"):
        await pause(parts(Changes(), EACH), "weekly", "owners", OPS, None)


async def test_nobody_but_the_reader_takes_an_unsubscription_back() -> None:
    given = parts(Changes(team=STOP))
    with pytest.raises(RequestError, match="nothing to pause"):
        await pause(given, "weekly", "team", OPS, None)
    with pytest.raises(RequestError, match="only the reader"):
        await resume(given, "weekly", "team")
    assert given.subscriptions.said == {READER.id: STOP}


async def test_a_subscription_is_found_by_any_of_its_names() -> None:
    rows = await listed(parts(Records(RECORD)), "weekly")
    for name in ("eve", "eve@acme.example", RECORD.reader.id):
        assert named(rows, "weekly", name).reader == RECORD.reader
    with pytest.raises(NotFound, match="has no subscription 'nobody'"):
        named(rows, "weekly", "nobody")


WATCHED = replace(
    WEEKLY,
    alerts=(
        Rule("big", "Big", Form.ROWS, "deals", "row.value > 1"),
        Rule("few", "Few", Form.QUERY, "deals", "now.rows < 1"),
    ),
)


async def subscribed_to(**asked: Any) -> AlertFilter | None:
    records = Changes()
    given = parts(records, replace(bundle_with(WATCHED), allow=("acme.example",)))
    made = await add(given, "weekly", {"id": "eve", "address": "eve@acme.example", **asked}, OPS)
    return made.record.entry.alerts


async def test_alerts_are_subscribed_to_by_rule_and_by_label() -> None:
    assert await subscribed_to() is None
    assert await subscribed_to(alerts=["big"]) == AlertFilter(("big",))
    by_label = await subscribed_to(alert_labels=["team=north", 'owner!="Ann Lee"'])
    assert by_label == AlertFilter((), (Matcher("team", "=", "north"), Matcher("owner", "!=", "Ann Lee")))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"alerts": ["bigg"]}, "has no alert rule 'bigg'; it has big, few"),
        ({"alerts": "big"}, "expected a list of texts"),
        ({"alert_labels": ["north"]}, "is not a matcher"),
    ],
)
async def test_what_no_alert_can_match_is_refused(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        await subscribed_to(**asked)
