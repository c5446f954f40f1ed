"""A retry of an older run sends nothing to a reader whom the deployment in force does not name."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.regressions.helpers import to_its_end
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.operate.retry import Retried, retry
from worker.flow.operate.subscriptions import Author, add, remove

SALES, BOSS = "sales@acme.example", "boss@acme.example"
OWN = f"  - {{id: own, channel: mail, address: {BOSS}}}\n"
BOTH = SCHEDULE + OWN
BY = Author(Origin.CLI, "ops")


@pytest.fixture
async def story(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with two readers. Every message is refused."""
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=60.0)) as here:
        await here.deploy(BOTH)
        yield here


async def refused(story: InProcessRun) -> Run:
    for _ in range(4):
        story.box.mail.faults.refuse_data(554)
    run, rows = await story.run()
    readers = {row.key.reader: row.state for row in rows if row.notice is None}
    assert set(readers.values()) == {DeliveryState.REFUSED}
    story.box.mail.faults.clear()
    return run


async def unsubscribed(story: InProcessRun, reader: str) -> None:
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", reader, said)


async def reached(story: InProcessRun, run: Run) -> tuple[Retried, set[str]]:
    """What a retry does, and whom it sends something."""
    retried = await retry(story.services, run)
    await to_its_end(story, run.key)
    return retried, {item.meta["to"] for item in story.box.outbox.of("eml")} - {"ops@acme.example"}


@pytest.mark.parametrize("and_back", [False, True])
async def test_who_unsubscribed_and_was_removed_gets_nothing(story: InProcessRun, and_back: bool) -> None:
    """Whoever is named again is asked anew, as everywhere."""
    run = await refused(story)
    await unsubscribed(story, f"own|{BOSS}")
    await story.deploy(SCHEDULE)
    if and_back:
        await story.deploy(SCHEDULE + OWN.replace("id: own", "id: other"))
    retried, to = await reached(story, run)
    assert retried.left_out == {DeliveryKey(run.key, f"own|{BOSS}"): Reason.NOT_NAMED}
    assert to == {SALES}


async def test_where_nobody_is_left_nothing_is_queued(story: InProcessRun) -> None:
    run = await refused(story)
    await story.deploy(SCHEDULE.replace("id: team", "id: new").replace(SALES, "new@acme.example"))
    retried, to = await reached(story, run)
    assert (set(retried.left_out.values()), len(retried.left_out), to) == ({Reason.NOT_NAMED}, 2, set())


async def test_who_goes_on_under_another_id_is_sent_it(story: InProcessRun) -> None:
    run = await refused(story)
    await story.deploy(BOTH.replace("id: own", "id: boss"))
    retried, to = await reached(story, run)
    assert (retried.left_out, to) == ({}, {SALES, BOSS})


async def test_who_goes_on_under_another_id_and_unsubscribed_is_not(story: InProcessRun) -> None:
    run = await refused(story)
    await unsubscribed(story, f"own|{BOSS}")
    await story.deploy(BOTH.replace("id: own", "id: boss"))
    assert (await reached(story, run))[1] == {SALES}


async def test_the_readers_of_a_schedule_with_another_id_are_sent_it(story: InProcessRun) -> None:
    run = await refused(story)
    file = story.place / "schedules" / "week.yaml"
    file.with_name("other.yaml").write_text("previously: week\n" + file.read_text("utf-8"), encoding="utf-8")
    file.unlink()
    await story.deploy_files()
    retried, to = await reached(story, run)
    assert (retried.left_out, to) == ({}, {SALES, BOSS})


@pytest.mark.parametrize("goes", [False, True])
async def test_a_subscription_made_at_run_time_carries_a_reader_on_until_it_is_removed(
    story: InProcessRun, goes: bool
) -> None:
    await story.deploy(SCHEDULE)
    written = {"id": "guest", "channel": "mail", "address": BOSS}
    await add(story.services, "week", written, BY)
    run = await refused(story)
    if goes:
        await remove(story.services, "week", "guest")
    retried, to = await reached(story, run)
    left = {DeliveryKey(run.key, f"guest|{BOSS}"): Reason.NOT_NAMED} if goes else {}
    assert (retried.left_out, to) == (left, {SALES} if goes else {SALES, BOSS})


async def without_schedule(story: InProcessRun) -> None:
    file = story.place / "schedules" / "week.yaml"
    file.rename(file.with_name("other.yaml"))
    await story.deploy_files()


@pytest.mark.parametrize("removed", [False, True])
async def test_of_a_schedule_that_is_gone_whoever_it_named_last_is_sent_it(story: InProcessRun, removed: bool) -> None:
    """What the others stopped was forgotten before."""
    run = await refused(story)
    if removed:
        await unsubscribed(story, f"own|{BOSS}")
        await story.deploy(SCHEDULE)
    await without_schedule(story)
    retried, to = await reached(story, run)
    left = {DeliveryKey(run.key, f"own|{BOSS}"): Reason.NOT_NAMED} if removed else {}
    assert (retried.left_out, to) == (left, {SALES} if removed else {SALES, BOSS})


async def test_of_a_schedule_that_is_gone_who_unsubscribed_is_sent_nothing(story: InProcessRun) -> None:
    run = await refused(story)
    await unsubscribed(story, f"own|{BOSS}")
    await without_schedule(story)
    assert (await reached(story, run))[1] == {SALES}


@pytest.mark.parametrize("goes", [False, True])
async def test_a_subscription_made_at_run_time_that_ended_with_its_schedule_counts(
    story: InProcessRun, goes: bool
) -> None:
    await story.deploy(SCHEDULE)
    await add(story.services, "week", {"id": "guest", "channel": "mail", "address": BOSS}, BY)
    run = await refused(story)
    if goes:
        await remove(story.services, "week", "guest")
    await without_schedule(story)
    assert (await reached(story, run))[1] == ({SALES} if goes else {SALES, BOSS})
