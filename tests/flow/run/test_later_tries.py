"""A later try of a mail with copies, by itself or by `retry`: the same bytes, and nobody who is stopped by now."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.regressions.helpers import to_its_end
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.documents.explained import explained_document
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.notice import Suspension
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.operate.explain import explain
from worker.flow.operate.on_demand import request
from worker.flow.operate.replay import replay
from worker.flow.operate.retry import retry
from worker.flow.operate.subscriptions import Author, pause, resume
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce

SALES, BOSS, CHIEF = "sales@acme.example", "boss@acme.example", "chief@acme.example"
COPIED = SCHEDULE.replace(f"address: {SALES}", f"address: {SALES}, cc: [{BOSS}, {CHIEF}]")
BY = Author(Origin.CLI, "ops")


@pytest.fixture
async def story(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with one reader and two copies. The first message is refused."""
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=60.0)) as here:
        await here.deploy(COPIED)
        here.box.mail.faults.refuse_data(552)
        yield here


async def refused(story: InProcessRun) -> Run:
    run, rows = await story.run()
    assert own(rows).state is DeliveryState.REFUSED
    return run


def own(rows: tuple[Delivery, ...]) -> Delivery:
    return next(row for row in rows if row.key.reader.endswith(f"|{SALES}"))


async def again(story: InProcessRun, run: Run) -> Delivery:
    """After a retry by hand."""
    assert (await retry(story.services, run)).again
    return own(await to_its_end(story, run.key))


def taken(story: InProcessRun) -> list[tuple[str, str]]:
    """Of each mail that the server took: its recipients, and its header Cc. Without notices to the operator."""
    mails = [(item.meta["to"], message_from_bytes(item.body)) for item in story.box.outbox.of("eml")]
    return [(to, " ".join((mail["Cc"] or "").split())) for to, mail in mails if not to.startswith("ops@")]


async def fates(story: InProcessRun, run: Run) -> dict[str, str | None]:
    found = await explain(story.services, str(run.key))
    assert isinstance(found, tuple)
    (shown,) = [one for one in explained_document(*found, ())["deliveries"] if one["reader"].endswith(f"|{SALES}")]
    return dict(shown["copies"])


async def unsubscribed(story: InProcessRun) -> None:
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", f"cc:team|{BOSS}", said)


async def paused(story: InProcessRun) -> None:
    await pause(story.services, "week", BOSS, BY, None)


async def removed(story: InProcessRun) -> None:
    await story.deploy(COPIED.replace(f"{BOSS}, ", ""))


async def unsubscribed_and_removed(story: InProcessRun) -> None:
    await unsubscribed(story)
    await removed(story)


async def unsubscribed_under_another_id(story: InProcessRun) -> None:
    await story.deploy(COPIED.replace("id: team", "id: all"))
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", f"cc:all|{BOSS}", said)


STOPS = [
    (unsubscribed, Reason.UNSUBSCRIBED, "this address is unsubscribed"),
    (paused, Reason.MUTED, "messages to this address are paused"),
    (removed, Reason.NOT_NAMED, "the definition does not name this address any more"),
    (unsubscribed_and_removed, Reason.NOT_NAMED, "the definition does not name this address any more"),
    (unsubscribed_under_another_id, Reason.UNSUBSCRIBED, "this address is unsubscribed"),
]


@pytest.mark.parametrize(("stop", "why", "words"), STOPS)
async def test_a_retry_is_the_same_mail_to_all_who_are_not_stopped_meanwhile(
    story: InProcessRun, stop: object, why: Reason, words: str
) -> None:
    run = await refused(story)
    await stop(story)  # type: ignore[operator]  # one of those above
    row = await again(story, run)
    assert taken(story) == [(f"{SALES}, {CHIEF}", f"{BOSS}, {CHIEF}")]
    assert (row.state, row.reason, row.sentence) == (DeliveryState.SENT, None, f"no copy to {BOSS}: {words}")
    assert await fates(story, run) == {BOSS: str(why), CHIEF: None}
    assert {one.equal async for one in replay(story.services, run)} == {True}


async def test_a_retry_does_not_write_to_a_copy_that_is_suspended_since(story: InProcessRun) -> None:
    """The operator repaired what stopped the reader, and nobody said that the copy's mailbox is there again."""
    run = await refused(story)
    await story.services.deliveries.suspend(run.key, Suspension(f"address mail {BOSS}", "550 5.1.1 gone"))
    row = await again(story, run)
    assert taken(story) == [(f"{SALES}, {CHIEF}", f"{BOSS}, {CHIEF}")]
    assert (row.reason, row.sentence) == (Reason.COPIES_MISSING, f"no copy to {BOSS}: this address is suspended")
    assert list(await story.services.deliveries.suspended([f"address mail {BOSS}"])) == [f"address mail {BOSS}"]


async def test_who_comes_back_is_sent_a_later_try_as_the_first_one(story: InProcessRun) -> None:
    run = await refused(story)
    await paused(story)
    await resume(story.services, "week", BOSS)
    row = await again(story, run)
    assert (taken(story), row.sentence) == ([(f"{SALES}, {BOSS}, {CHIEF}", f"{BOSS}, {CHIEF}")], "")


async def test_who_was_left_out_by_the_first_try_stays_out(story: InProcessRun) -> None:
    """The message does not name the address."""
    await paused(story)
    run = await refused(story)
    await resume(story.services, "week", BOSS)
    row = await again(story, run)
    assert (taken(story), row.left_out) == ([(f"{SALES}, {CHIEF}", CHIEF)], {0: Reason.MUTED})


async def test_a_try_by_itself_does_not_write_to_who_is_stopped_meanwhile_either(story: InProcessRun) -> None:
    story.box.mail.faults.clear()
    story.box.mail.faults.drop()
    run, rows = await story.run()
    assert own(rows).state is DeliveryState.UNKNOWN
    await unsubscribed(story)
    await to_its_end(story, run.key)
    assert [to for to, _ in taken(story)] == [f"{SALES}, {BOSS}, {CHIEF}", f"{SALES}, {CHIEF}"]
    first, second = (item.body for item in story.box.outbox.of("eml"))
    assert first == second


async def test_a_mail_of_an_older_definition_is_not_sent_to_whom_the_present_one_does_not_name(
    story: InProcessRun,
) -> None:
    """Tried before the deployment, and so with the address in its header."""
    story.box.mail.faults.clear()
    story.box.mail.faults.refuse(SALES, 450)
    run, rows = await story.run()
    assert own(rows).state is DeliveryState.DEFERRED
    await removed(story)
    row = own(await to_its_end(story, run.key))
    assert taken(story) == [(f"{SALES}, {CHIEF}", f"{BOSS}, {CHIEF}")]
    assert row.sentence == f"no copy to {BOSS}: the definition does not name this address any more"


async def test_the_first_try_of_an_older_definition_does_not_name_them(story: InProcessRun) -> None:
    story.box.mail.faults.clear()
    key = await request(story.services, "week", None, None)
    (delivery,) = await produce(story.services, key)
    await removed(story)
    await deliver(story.services, delivery)
    assert taken(story) == [(f"{SALES}, {CHIEF}", CHIEF)]
    run = await story.services.lookups.run(key)
    assert run is not None
    assert await fates(story, run) == {BOSS: "not_named", CHIEF: None}
    assert [one.equal async for one in replay(story.services, run)] == [True]


async def test_a_schedule_that_is_gone_takes_no_copies_away(story: InProcessRun) -> None:
    """Who stopped something there stays stopped, because that is kept until it comes back."""
    run = await refused(story)
    await unsubscribed(story)
    file = story.place / "schedules" / "week.yaml"
    file.rename(file.with_name("other.yaml"))
    await story.deploy_files()
    row = await again(story, run)
    assert row.state is DeliveryState.SENT
    assert taken(story) == [(f"{SALES}, {CHIEF}", f"{BOSS}, {CHIEF}")]
