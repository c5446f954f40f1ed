"""A mail server that gives up after so many refusals, as Postfix does, with as many dead copies in one mail."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.regressions.helpers import to_its_end
from tests.support.in_process import PROJECT, SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT
from tests.support.patience import PATIENCE
from tests.support.smtp_server import BREAK, POSTFIX, SILENCE, MailRoom, mail_room
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.flow.operate.on_demand import request
from worker.flow.operate.replay import replay
from worker.flow.operate.retry import retry
from worker.flow.operate.subscriptions import State, listed
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

SALES, ALIVE = "sales@acme.example", "boss@acme.example"
DEAD = tuple(f"gone.{number}@acme.example" for number in range(19))
COPIED = SCHEDULE.replace(f"address: {SALES}", f"address: {SALES}, cc: [{', '.join((*DEAD, ALIVE))}]")


@pytest.fixture
async def room() -> AsyncIterator[MailRoom]:
    async with mail_room() as made:
        made.dead, made.gives_up = set(DEAD), POSTFIX
        yield made


@pytest.fixture
def lease() -> float:
    return 60.0


@pytest.fixture
async def story(
    room: MailRoom, empty_redis: EmbeddedRedis, tmp_path: Path, lease: float
) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with one reader and twenty copies, of which one is alive, through that server."""
    mail = f'{{type: email, url: "smtp://127.0.0.1:{room.port}?tls=never", from: reports@acme.example}}'
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=lease)) as here:
        project = PROJECT.replace("mail: {type: sandbox}", f"mail: {mail}")
        (here.place / "funnelbeat.yaml").write_text(project, encoding="utf-8")
        await here.deploy(COPIED)
        yield here


def of(rows: tuple[Delivery, ...]) -> Delivery:
    return next(row for row in rows if row.key.reader == f"team|{SALES}")


def notices(story: InProcessRun) -> list[str]:
    """The text of each mail to the operator, who is reached through the sandbox."""
    mails = [message_from_bytes(item.body, policy=policy.default) for item in story.box.outbox.of("eml")]
    return [str(mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]  # they have one


@pytest.mark.parametrize("most_errors", [1, 10, 19])
async def test_who_is_alive_gets_the_mail_once_and_each_dead_address_is_told(
    story: InProcessRun, room: MailRoom, most_errors: int
) -> None:
    room.most_errors = most_errors
    run, rows = await story.run()
    row = of(rows)
    assert (run.state, row.state, row.reason) == (RunState.DELIVERED, DeliveryState.SENT, Reason.COPIES_MISSING)
    assert row.sentence.split("; ") == [f"no copy to {one}: 550 5.1.1 rcpt: no such user" for one in DEAD]
    assert room.recipients == [[SALES, ALIVE]]
    found = {one.reader.address: one.state for one in await listed(story.services, "week") if one.copy}
    assert found == dict.fromkeys(DEAD, State.SUSPENDED) | {ALIVE: State.ACTIVE}
    await to_its_end(story, run.key)
    told = [row for row in await story.services.lookups.deliveries(run.key) if row.notice is not None]
    assert {row.state for row in told} == {DeliveryState.SENT}
    assert sorted(one for mail in notices(story) for one in DEAD if f"{one} " in mail) == sorted(DEAD)
    assert {one.equal async for one in replay(story.services, run)} == {True}
    story.step()
    await story.run()
    assert room.recipients == [[SALES, ALIVE]] * 2


@pytest.mark.parametrize("lease", [3.0])
async def test_a_process_that_ends_between_two_connections_leaves_a_mail_that_is_sent_once(
    story: InProcessRun, room: MailRoom
) -> None:
    """The first connection has heard the refusals, and the second one is not answered when the process ends."""
    room.most_errors = 19
    room.replies["mail"] = ["250 OK", SILENCE]
    key = await request(story.services, "week", None, None)
    (delivery,) = await produce(story.services, key)
    task = asyncio.create_task(deliver(story.services, delivery))
    async with asyncio.timeout(PATIENCE):
        await room.reached.wait()
    task.cancel()
    await asyncio.wait([task])
    kept = await story.services.lookups.delivery(delivery)
    assert kept is not None
    assert (kept.state, room.recipients) == (DeliveryState.SENDING, [])
    while (await story.services.lookups.delivery(delivery) or kept).state is DeliveryState.SENDING:
        await tick(story.services)
    rows = await to_its_end(story, key)
    assert of(rows).state is DeliveryState.SENT
    assert room.recipients == [[SALES, ALIVE]]
    run = await story.services.lookups.run(key)
    assert run is not None
    assert {one.equal async for one in replay(story.services, run)} == {True}


@pytest.mark.parametrize("most_errors", [0, 1])
@pytest.mark.parametrize("fault", ["451 4.3.0 try later", BREAK, "554 5.6.0 no"])
async def test_copies_that_are_dead_are_not_named_to_the_server_again_whatever_becomes_of_the_try(
    story: InProcessRun, room: MailRoom, fault: str, most_errors: int
) -> None:
    """The server counts each refusal against us. `most_errors` of 1: each of them ends a connection."""
    room.most_errors, room.replies["data"] = most_errors, [fault]
    run, rows = await story.run()
    assert of(rows).state is not DeliveryState.SENT
    found = {one.reader.address: one.state for one in await listed(story.services, "week") if one.copy}
    assert found == dict.fromkeys(DEAD, State.SUSPENDED) | {ALIVE: State.ACTIVE}
    if of(rows).state is DeliveryState.REFUSED:
        await retry(story.services, run)
    heard = room.refusals
    row = of(await to_its_end(story, run.key))
    assert (row.state, row.reason, room.refusals) == (DeliveryState.SENT, Reason.COPIES_MISSING, heard)
    assert room.recipients[-1] == [SALES, ALIVE]


@pytest.mark.parametrize("where", ["mail", "rcpt"])
async def test_what_the_connections_before_have_heard_is_kept_if_the_last_one_fails(
    story: InProcessRun, room: MailRoom, where: str
) -> None:
    room.most_errors, room.replies[where] = 19, [*(["250 OK"] * (2 if where == "rcpt" else 1)), "451 4.3.0 try later"]
    _, rows = await story.run()
    assert (of(rows).state, room.refusals) == (DeliveryState.DEFERRED, 19)
    found = {one.reader.address for one in await listed(story.services, "week") if one.state is State.SUSPENDED}
    assert found == set(DEAD)
