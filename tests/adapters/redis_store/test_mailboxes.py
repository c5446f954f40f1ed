"""Who reads a mailbox of bounces, how far it was read, and when it is read next."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledger_fixture import PROJECT, LedgerFixture
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.schedule import ChannelSpec
from worker.errors import ClaimLost
from worker.ports.bounces import MailboxState, MailboxTurn, Mark


@pytest.fixture
def ledger(redis_client: Any) -> RedisLedger:
    return RedisLedger(redis_client, PROJECT)


async def test_one_process_at_a_time_reads_and_the_next_goes_on_behind_it(ledger: RedisLedger) -> None:
    boxes = ledger.mailboxes
    first = await boxes.take("mail")
    assert first == MailboxTurn(1)
    assert await boxes.take("mail") is None
    assert await boxes.take("other") == MailboxTurn(1)
    await boxes.read_to("mail", first, Mark(7, 40), {"suspended": 2})
    await boxes.read_to("mail", first, Mark(7, 50), {"suspended": 1, "unsubscribed": 1})
    await boxes.leave("mail", first)
    state = await boxes.state("mail")
    assert (state.looked_at is not None, state.counts) == (True, {"suspended": 3, "unsubscribed": 1})
    assert await boxes.take("mail") == MailboxTurn(2, Mark(7, 50))


async def test_a_process_whose_turn_lapsed_writes_nothing(ledger: RedisLedger, redis_client: Any) -> None:
    boxes = ledger.mailboxes
    killed = await boxes.take("mail")
    assert killed is not None
    await redis_client.hset(f"{PROJECT}:mailbox:mail", "until", 1)
    second = await boxes.take("mail")
    assert second == MailboxTurn(2)
    with pytest.raises(ClaimLost):
        await boxes.read_to("mail", killed, Mark(7, 1), {"suspended": 1})
    await boxes.leave("mail", killed, "too late")
    assert await boxes.take("mail") is None
    assert await boxes.state("mail") == MailboxState()


async def test_why_it_could_not_be_read_is_kept_until_it_can(ledger: RedisLedger) -> None:
    boxes = ledger.mailboxes
    for trouble in ("login refused", ""):
        turn = await boxes.take("mail")
        assert turn is not None
        await boxes.leave("mail", turn, trouble)
        state = await boxes.state("mail")
        assert (state.trouble, state.looked_at is None) == (trouble, bool(trouble))


async def test_a_mailbox_is_asked_for_at_a_deployment_and_again_each_time_while_somebody_reads(
    story: LedgerFixture, ledger: RedisLedger, redis_client: Any
) -> None:
    await story.deploy()
    deployed = await ledger.deployments.deployed()
    assert deployed is not None
    bundle = await ledger.deployments.bundle(deployed.bundle)
    assert bundle is not None
    assert (await ledger.clock.sweep(10)).mailboxes == ()
    spec = ChannelSpec("mail", "email", {"url": "smtp://mx.acme.example"}, look_every=300)
    await ledger.deployments.activate(replace(bundle, channels={"mail": spec}), {}, ())
    assert [(await ledger.clock.sweep(10)).mailboxes for _ in range(2)] == [("mail",), ()]
    await due_now(redis_client)
    assert (await ledger.clock.sweep(10)).mailboxes == ()  # the first message still waits for a worker
    await due_now(redis_client)
    turn = await ledger.mailboxes.take("mail")
    assert turn is not None
    assert (await ledger.clock.sweep(10)).mailboxes == ("mail",)
    await due_now(redis_client)
    await redis_client.hset(f"{PROJECT}:mailbox:mail", "asked", 1)  # long ago: the broker has lost it
    assert (await ledger.clock.sweep(10)).mailboxes == ("mail",)
    await ledger.deployments.activate(bundle, {}, ())
    assert (await ledger.clock.sweep(10)).mailboxes == ()


async def due_now(client: Any) -> None:
    """The clock of Redis cannot be set."""
    await client.zadd(f"{PROJECT}:mailboxes", {"mail": 1})
