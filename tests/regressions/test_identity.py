"""Bugs of others about who is who: keys by attempt, keys without the target, a state written too late."""

import asyncio

from tests.regressions.helpers import mails, posts, row_of, to_its_end
from tests.support.in_process import SCHEDULE, InProcessRun
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunState
from worker.flow.operate.on_demand import request
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce


async def test_a_run_that_a_dead_worker_had_begun_is_the_same_run_for_the_next_one(three: InProcessRun) -> None:
    """getsentry/sentry#76031: the key held the attempt's own id, so that a restart mailed everybody again."""
    key = await request(three.services, "week", None, None)
    assert (await three.services.runs.begin(key, 1)).lease is not None
    while key not in (await three.services.clock.sweep(50)).runs:  # noqa: ASYNC110  # a lease's end tells nobody
        await asyncio.sleep(0.05)
    for delivery in await produce(three.services, key):
        await deliver(three.services, delivery)
    assert await produce(three.services, key) == ()
    run = await three.services.lookups.run(key)
    assert run is not None
    assert (run.attempt, run.state) == (2, RunState.DELIVERED)
    assert set(mails(three).values()) == {1}
    assert set(posts(three).values()) == {1}


async def test_a_mail_that_is_sent_once_more_is_the_same_mail_byte_for_byte(three: InProcessRun) -> None:
    """The same, for one message: a second copy that the reader's program can know as one."""
    three.box.mail.faults.drop(to="boss@acme.example")
    run, rows = await three.run()
    assert row_of(rows, "boss").state is DeliveryState.UNKNOWN
    ended = row_of(await to_its_end(three, run.key), "boss")
    assert (ended.state, ended.resent) == (DeliveryState.SENT, True)
    copies = [item for item in three.box.outbox.of("eml") if item.meta["to"] == "boss@acme.example"]
    assert len(copies) == 2
    assert {item.sha256 for item in copies} == {ended.parts[0].sha256}
    assert ended.key.digest.encode() in copies[0].body


async def test_every_target_of_a_run_is_reached_even_where_two_entries_share_an_address(three: InProcessRun) -> None:
    """lightdash/lightdash#17916: the key forgot the target, so that only one of several was delivered."""
    twice = "  - {id: again, channel: mail, address: sales@acme.example}\n"
    await three.deploy(SCHEDULE + twice + "  - {id: boss, channel: mail, address: boss@acme.example}\n")
    run, rows = await three.run()
    assert run.state is RunState.DELIVERED
    assert len({row.key.digest for row in rows}) == len(rows) == 3
    assert mails(three) == {"sales@acme.example": 2, "boss@acme.example": 1}


async def test_a_delivery_is_marked_as_being_sent_before_the_mail_server_hears_of_it(three: InProcessRun) -> None:
    """apache/superset, execute.py: a slow send left its report unmarked, and the next tick sent it as well."""
    key = await request(three.services, "week", None, None)
    delivery = next(d for d in await produce(three.services, key) if d.reader.startswith("team|"))
    three.box.mail.faults.delay(0.5)
    sending = asyncio.create_task(deliver(three.services, delivery))
    while not three.box.outbox.of("eml"):  # noqa: ASYNC110  # the stand-in tells nobody
        await asyncio.sleep(0.01)
    row = await three.services.lookups.delivery(delivery)
    assert row is not None
    assert (row.state, row.attempt) == (DeliveryState.SENDING, 1)
    assert await deliver(three.services, delivery) is None
    assert await sending is DeliveryState.SENT
    assert mails(three)["sales@acme.example"] == 1
