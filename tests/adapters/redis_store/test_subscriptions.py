"""Subscriptions made at run time, and what readers said of theirs, on a real Redis."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from tests.support.ledger_fixture import ANN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, baseline, bundle, who
from worker.domain.choices import Choices
from worker.domain.outcome import Sent
from worker.domain.quiet import QuietHours
from worker.domain.schedule import Bundle, Schedule, Send, Subscription, Trigger
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.errors import ClaimLost

ENTRY = Subscription("extra", "mail", "eve@tern.example", "pipeline", "en_GB", "UTC", rows="row.value >= 5")
RECORD = SubscriptionRecord(WEEKLY, ENTRY, Origin.CLI, "ops@host", SLOT)
STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", SLOT)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops@host", SLOT, SLOT + WEEK)


async def test_a_record_is_read_back_as_it_was_made(story: LedgerFixture) -> None:
    assert await story.subscriptions.records(WEEKLY) == ()
    assert await story.subscriptions.add(RECORD)
    assert await story.subscriptions.records(WEEKLY) == (RECORD,)
    assert await story.subscriptions.schedules() == (WEEKLY,)


async def test_an_id_is_taken_once_until_its_record_has_expired(story: LedgerFixture) -> None:
    assert await story.subscriptions.add(replace(RECORD, expires=SLOT - WEEK))
    other = replace(RECORD, entry=replace(ENTRY, address="fay@tern.example"))
    assert await story.subscriptions.add(other)
    assert await story.subscriptions.records(WEEKLY) == (other,)
    assert not await story.subscriptions.add(RECORD)


async def test_who_subscribes_again_begins_anew(story: LedgerFixture) -> None:
    key, *_ = await story.delivering(("extra|eve@tern.example",))
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("ok", {"deals": baseline("a")}))
    await story.subscriptions.add(RECORD)
    assert await story.baseline(RECORD.reader.id) is None


async def test_what_is_removed_leaves_nothing(story: LedgerFixture) -> None:
    await story.subscriptions.add(RECORD)
    await story.subscriptions.prefer(WEEKLY, RECORD.reader.id, STOP)
    assert await story.subscriptions.remove(WEEKLY, "extra")
    assert not await story.subscriptions.remove(WEEKLY, "extra")
    assert await story.subscriptions.records(WEEKLY) == ()
    assert await story.subscriptions.preferences(WEEKLY) == {}
    assert await story.subscriptions.schedules() == ()


async def test_stopping_twice_is_the_same_as_once_and_the_first_word_stands(story: LedgerFixture) -> None:
    assert await story.subscriptions.prefer(WEEKLY, ANN, STOP)
    assert not await story.subscriptions.prefer(WEEKLY, ANN, replace(STOP, at=SLOT + WEEK))
    assert await story.subscriptions.preferences(WEEKLY) == {ANN: STOP}
    with pytest.raises(ClaimLost):
        await story.subscriptions.prefer(WEEKLY, ANN, PAUSE)
    assert not await story.subscriptions.clear(WEEKLY, ANN, Choice.PAUSED)
    assert await story.subscriptions.clear(WEEKLY, ANN, Choice.UNSUBSCRIBED)
    assert not await story.subscriptions.clear(WEEKLY, ANN, Choice.UNSUBSCRIBED)


async def test_a_pause_may_be_moved_and_ended_by_an_unsubscription(story: LedgerFixture) -> None:
    assert await story.subscriptions.prefer(WEEKLY, ANN, PAUSE)
    longer = replace(PAUSE, until=None)
    assert await story.subscriptions.prefer(WEEKLY, ANN, longer)
    assert await story.subscriptions.prefer(WEEKLY, ANN, STOP)
    assert await story.subscriptions.preferences(WEEKLY) == {ANN: STOP}


async def test_who_takes_a_delivery_learns_what_its_reader_said(story: LedgerFixture) -> None:
    first, second = await story.delivering((ANN, "team|ben@tern.example"))
    await story.subscriptions.prefer(WEEKLY, ANN, PAUSE)
    held = (await story.deliveries.hold(first, 1)).lease
    other = (await story.deliveries.hold(second, 1)).lease
    assert held is not None
    assert other is not None
    assert (held.preference, other.preference) == (PAUSE, None)


async def test_a_run_keeps_the_entries_of_those_who_subscribed(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    until = await story.soon()
    readers = {who(ANN): until, RECORD.reader: until}
    await story.runs.deliver(key, attempt, {"deals": "a"}, (), readers, subscribed={RECORD.reader: ENTRY})
    assert await story.lookups.subscribed(key) == {RECORD.reader.id: ENTRY}
    assert await story.client.pttl(f"{PROJECT}:run:{key}:subscribed") == -1
    await story.upkeep.forget_reader("EVE@tern.example")
    assert await story.lookups.subscribed(key) == {}


async def test_a_deployment_without_the_schedule_ends_its_records_and_they_are_still_listed(
    story: LedgerFixture,
) -> None:
    await story.deploy(WEEKLY, "other")
    await story.subscriptions.add(RECORD)
    await story.deployments.activate(bundle("other"), {}, (WEEKLY,))
    (record,) = await story.subscriptions.records(WEEKLY)
    assert record.ended_at is not None
    assert (await story.soon(-60)) < record.ended_at
    await story.deployments.activate(bundle("other", WEEKLY), {WEEKLY: SLOT}, (), fresh=(WEEKLY,))
    assert await story.subscriptions.records(WEEKLY) == (record,)
    assert await story.subscriptions.add(RECORD)
    assert await story.subscriptions.records(WEEKLY) == (RECORD,)


def renamed() -> Bundle:
    made = Schedule(Trigger("every", "UTC", seconds=60), id="new", name="New", report=(), previously=WEEKLY)
    return replace(bundle("other"), schedules={"new": made})


async def test_a_rename_carries_records_and_preferences_and_old_links_find_them(story: LedgerFixture) -> None:
    await story.deploy(WEEKLY)
    await story.subscriptions.add(RECORD)
    await story.subscriptions.prefer(WEEKLY, ANN, STOP)
    await story.deployments.activate(renamed(), {"new": SLOT}, (WEEKLY,), fresh=("new",))
    assert await story.subscriptions.records("new") == (replace(RECORD, schedule="new"),)
    assert await story.subscriptions.preferences("new") == {ANN: STOP}
    assert await story.subscriptions.preferences(WEEKLY) == {ANN: STOP}
    assert await story.subscriptions.current(WEEKLY) == "new"
    assert await story.subscriptions.clear(WEEKLY, ANN, Choice.UNSUBSCRIBED)
    assert await story.subscriptions.preferences("new") == {}


async def test_who_is_no_longer_named_is_no_longer_unsubscribed(story: LedgerFixture) -> None:
    await story.deploy(WEEKLY)
    await story.subscriptions.prefer(WEEKLY, ANN, STOP)
    await story.deployments.activate(bundle(WEEKLY), {}, (), [who(ANN)])
    assert await story.subscriptions.preferences(WEEKLY) == {}


async def test_the_entries_go_with_their_run(story: LedgerFixture) -> None:
    key, attempt = await story.begun(SLOT)
    until = await story.soon()
    await story.runs.deliver(
        key, attempt, {"deals": "a"}, (), {RECORD.reader: until}, subscribed={RECORD.reader: ENTRY}
    )
    (delivery,) = [row.key for row in await story.lookups.deliveries(key)]
    await story.finish(delivery, "sent")
    await story.delivering((ANN,), SLOT + WEEK, snapshots={"deals": "b"})
    assert await story.upkeep.drop(key, SLOT + timedelta(days=1))
    assert await story.client.exists(f"{PROJECT}:run:{key}:subscribed") == 0


CHOSEN = Choices(
    Origin.LINK, "the reader", SLOT, "de_DE", Send.ON_CHANGE, (0, 1), QuietHours(time(19), time(8)), "row.value > 5"
)


async def test_what_a_reader_chose_is_read_back_and_nothing_chosen_is_forgotten(story: LedgerFixture) -> None:
    assert await story.subscriptions.choices(WEEKLY) == {}
    await story.subscriptions.choose(WEEKLY, ANN, CHOSEN)
    assert await story.subscriptions.choices(WEEKLY) == {ANN: CHOSEN}
    assert await story.subscriptions.schedules() == (WEEKLY,)
    await story.subscriptions.choose(WEEKLY, ANN, Choices(Origin.LINK, "the reader", SLOT))
    assert await story.subscriptions.choices(WEEKLY) == {}


async def test_who_is_removed_or_subscribes_anew_has_chosen_nothing(story: LedgerFixture) -> None:
    await story.subscriptions.choose(WEEKLY, RECORD.reader.id, CHOSEN)
    await story.subscriptions.add(RECORD)
    assert await story.subscriptions.choices(WEEKLY) == {}
    await story.subscriptions.choose(WEEKLY, RECORD.reader.id, CHOSEN)
    await story.subscriptions.remove(WEEKLY, "extra")
    assert await story.subscriptions.choices(WEEKLY) == {}


async def test_everything_is_stopped_in_one_step_and_the_first_word_stands(story: LedgerFixture) -> None:
    await story.subscriptions.prefer(WEEKLY, ANN, STOP)
    later = replace(STOP, at=SLOT + WEEK)
    await story.subscriptions.stop_all([(WEEKLY, ANN), (WEEKLY, "b|ann@acme.example"), ("other", ANN)], later)
    assert await story.subscriptions.preferences(WEEKLY) == {ANN: STOP, "b|ann@acme.example": later}
    assert await story.subscriptions.preferences("other") == {ANN: later}
