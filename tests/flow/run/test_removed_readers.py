"""A message that waits while a deployment removes its reader, and what does not stop it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.domain.builders import deal
from tests.regressions.helpers import to_its_end
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT
from tests.support.watched import SCHEDULE as WATCHED
from tests.support.watched import TEAM, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.documents.explained import explained_document
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import SENTENCES, Reason
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.operate.explain import explain
from worker.flow.operate.on_demand import request
from worker.flow.operate.subscriptions import Author, add, remove
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce

SALES, BOSS = "sales@acme.example", "boss@acme.example"
OWN = f"  - {{id: own, channel: mail, address: {BOSS}}}\n"
BOTH = SCHEDULE + OWN
BY = Author(Origin.CLI, "ops")
WEEK = "week"


@pytest.fixture
async def story(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with two readers."""
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=60.0)) as here:
        await here.deploy(BOTH)
        yield here


async def waiting(story: InProcessRun) -> dict[str, DeliveryKey]:
    """The deliveries of a run that nobody has begun yet, by address."""
    key = await request(story.services, WEEK, None, None)
    return {one.address: one for one in await produce(story.services, key)}


async def sent(story: InProcessRun, keys: dict[str, DeliveryKey]) -> dict[str, Delivery]:
    """Every delivery after it was taken, and whom the mail server was given something for."""
    for key in keys.values():
        await deliver(story.services, key)
    (run,) = {key.run for key in keys.values()}
    return {row.key.address: row for row in await story.services.lookups.deliveries(run) if row.notice is None}


def reached(story: InProcessRun) -> set[str]:
    return {item.meta["to"] for item in story.box.outbox.of("eml")} - {"ops@acme.example"}


async def unsubscribed(story: InProcessRun, reader: str) -> None:
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer(WEEK, reader, said)


async def without_schedule(story: InProcessRun) -> None:
    file = story.place / "schedules" / "week.yaml"
    file.rename(file.with_name("other.yaml"))
    await story.deploy_files()


@pytest.mark.parametrize("unsubscribes", [False, True])
async def test_a_reader_who_is_removed_is_sent_nothing_more_and_explain_says_why(
    story: InProcessRun, unsubscribes: bool
) -> None:
    """The deployment forgets that the reader unsubscribed."""
    keys = await waiting(story)
    if unsubscribes:
        await unsubscribed(story, f"own|{BOSS}")
    await story.deploy(SCHEDULE)
    rows = await sent(story, keys)
    assert (rows[BOSS].state, rows[BOSS].reason) == (DeliveryState.SKIPPED, Reason.NOT_NAMED)
    assert (rows[SALES].state, reached(story)) == (DeliveryState.SENT, {SALES})
    found = await explain(story.services, str(keys[BOSS].run))
    assert isinstance(found, tuple)
    (shown,) = [one for one in explained_document(*found, ())["deliveries"] if one["reader"] == f"own|{BOSS}"]
    assert (shown["reason"], SENTENCES[Reason.NOT_NAMED]) == (
        "not_named",
        "The deployed definition no longer names the address.",
    )


async def test_a_later_try_is_not_sent_either(story: InProcessRun) -> None:
    keys = await waiting(story)
    story.box.mail.faults.refuse(BOSS, 450)
    rows = await sent(story, keys)
    assert rows[BOSS].state is DeliveryState.DEFERRED
    await story.deploy(SCHEDULE)
    story.box.mail.faults.clear()
    rows = {row.key.address: row for row in await to_its_end(story, keys[BOSS].run)}
    assert (rows[BOSS].state, rows[BOSS].reason, reached(story)) == (DeliveryState.SKIPPED, Reason.NOT_NAMED, {SALES})


async def test_a_reader_whose_entry_has_another_id_is_sent_it(story: InProcessRun) -> None:
    keys = await waiting(story)
    await story.deploy(BOTH.replace("id: own", "id: boss"))
    rows = await sent(story, keys)
    assert ({row.state for row in rows.values()}, reached(story)) == ({DeliveryState.SENT}, {SALES, BOSS})


async def test_the_readers_of_a_schedule_with_another_id_are_sent_it(story: InProcessRun) -> None:
    keys = await waiting(story)
    file = story.place / "schedules" / "week.yaml"
    file.with_name("other.yaml").write_text("previously: week\n" + file.read_text("utf-8"), encoding="utf-8")
    file.unlink()
    await story.deploy_files()
    assert {row.state for row in (await sent(story, keys)).values()} == {DeliveryState.SENT}


async def test_what_a_run_has_handed_over_is_sent_although_its_schedule_is_removed(story: InProcessRun) -> None:
    """As long as the schedule named its reader, and the reader did not stop it: that is kept until it comes back."""
    keys = await waiting(story)
    await unsubscribed(story, f"own|{BOSS}")
    await without_schedule(story)
    rows = await sent(story, keys)
    assert (rows[BOSS].reason, rows[SALES].state) == (Reason.UNSUBSCRIBED, DeliveryState.SENT)
    assert reached(story) == {SALES}


async def test_who_was_removed_before_the_schedule_is_not_sent_it(story: InProcessRun) -> None:
    keys = await waiting(story)
    await unsubscribed(story, f"own|{BOSS}")
    await story.deploy(SCHEDULE)
    await without_schedule(story)
    assert (await sent(story, keys))[BOSS].reason is Reason.NOT_NAMED


@pytest.mark.parametrize("goes", ["nobody", "subscription", "schedule", "both", "schedule and back"])
async def test_a_subscription_made_at_run_time_counts_until_it_is_removed(story: InProcessRun, goes: str) -> None:
    """With its schedule it ends, and it does not come back with it."""
    await story.deploy(SCHEDULE)
    await add(story.services, WEEK, {"id": "guest", "channel": "mail", "address": BOSS}, BY)
    keys = await waiting(story)
    if goes in {"subscription", "both"}:
        await remove(story.services, WEEK, "guest")
    if goes in {"schedule", "both", "schedule and back"}:
        await without_schedule(story)
    if goes == "schedule and back":
        await story.deploy(SCHEDULE)
    rows = await sent(story, keys)
    assert (rows[BOSS].state is DeliveryState.SENT) == (goes in {"nobody", "schedule"})


async def test_a_notification_of_alerts_is_not_sent_to_whom_no_definition_names(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with watched(empty_redis.url, tmp_path / "p") as watch:
        told = await notified(watch)
        await watch.deploy(WATCHED.format(to=TEAM.replace("sales@", "others@"), rule=""))
        await watch.work([], [told])
        (row,) = [one for one in await watch.services.lookups.deliveries(told.run) if one.key == told]
        assert (row.state, row.reason, watch.left[told]) == (DeliveryState.SKIPPED, Reason.NOT_NAMED, 0)


async def notified(watch: Watched) -> DeliveryKey:
    """A notification that waits."""
    watch.rows = [deal("a", 100_000)]
    keys = await produce(watch.services, await watch.claimed())
    return next(key for key in keys if key.reader.startswith("alert:"))
