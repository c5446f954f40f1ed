"""Bounces come to a real mailbox: on a real Redis and over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.imap_server import PASSWORD, ImapRoom, imap_server
from tests.support.in_process import InProcessRun
from tests.support.returned import ADDRESS, SECRETS, SUBJECT, asks_to_stop, dsn, returning, sent_to
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.domain.subscription import Choice
from worker.entry.project_dir import bundle_of, refuse_unset_secrets
from worker.flow.operate.bounces import Followed
from worker.flow.operate.doctor import Level, mailboxes
from worker.flow.operate.read_mailbox import MailFollowed, read_mailbox
from worker.flow.operate.subscriptions import State, listed
from worker.flow.run.deliver import deliver
from worker.flow.run.tick import tick


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ImapRoom]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    async with imap_server() as made:
        yield made


@pytest.fixture
async def week(empty_redis: EmbeddedRedis, tmp_path: Path, room: ImapRoom) -> AsyncIterator[InProcessRun]:
    async with returning(empty_redis.url, tmp_path / "project", room) as made:
        yield made


async def test_a_bounce_stops_the_address_and_the_operator_hears_it_once(week: InProcessRun, room: ImapRoom) -> None:
    run, rows = await week.run()
    for _ in range(2):
        room.add(dsn(rows[0]))
    assert await read_mailbox(week.services, "mail") == {Followed.SUSPENDED: 1, Followed.ALREADY: 1}
    assert room.seen == [1, 2]
    (row,) = [row for row in await listed(week.services) if row.reader.address == ADDRESS]
    assert row.state is State.SUSPENDED
    notices = [row for row in await week.services.lookups.deliveries(run.key) if row.notice is not None]
    assert [row.key.address for row in notices] == ["ops@acme.example"]
    assert (await deliver(week.services, notices[0].key)) is not None
    week.step()
    _, rows = await week.run()
    assert [(row.state, row.reason) for row in rows if row.key.address == ADDRESS] == [
        (DeliveryState.SKIPPED, Reason.SUSPENDED)
    ]


async def test_a_worker_needs_no_secret_of_the_webhook(
    week: InProcessRun, room: ImapRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOUNCE_SECRET")
    refuse_unset_secrets(week.place, bundle_of(week.place))
    _, rows = await week.run()
    assert [row.state for row in rows] == [DeliveryState.SENT]
    assert await read_mailbox(week.services, "mail") == {}


async def test_mails_that_prove_nothing_are_left_to_people_and_counted(week: InProcessRun, room: ImapRoom) -> None:
    _, rows = await week.run()
    stranger = replace(rows[0], key=replace(rows[0].key, reader="team|stranger@acme.example"))
    own = sent_to(week, ADDRESS)
    hostile = {
        "no report": b"Subject: I am on holiday\r\n\r\nUntil Monday.",
        "nothing": b"",
        "no mail": b"\0\xff\xfe\r\n" * 1000,
        "unknown message": dsn(rows[0]).replace(rows[0].key.digest.encode(), b"f" * 32),
        "another's address": dsn(stranger).replace(stranger.key.digest.encode(), rows[0].key.digest.encode()),
        "our domain's fault": dsn(rows[0], "550 5.7.26 Unauthenticated email from acme.example", "5.7.1"),
        "our host's fault": dsn(rows[0], "554 5.7.1 Client host blocked using zen.spamhaus.org", "5.7.1"),
        "full": dsn(rows[0], "552 5.2.2 Mailbox full", "5.2.2"),
        "our own mail in a loop": own,
        "an answer to it": b"Subject: Re: Weekly\r\nAuto-Submitted: auto-replied\r\n\r\n" + own,
        "a large one": b"Subject: all our photos\r\n\r\n" + b"x" * 10_000_000,
        "parts within parts": b"".join(
            b'Content-Type: multipart/report; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)
        ),
        "a forged token": b"Subject: unsubscribe d841c914.WyJ1IiwiZXUiXQ.c2ln\r\n\r\n",
    }
    for raw in hostile.values():
        room.add(raw)
    found = await read_mailbox(week.services, "mail")
    assert found == {
        Followed.NOT_OURS: 2,
        Followed.OTHER_FAULT: 3,
        MailFollowed.NO_LINK: 1,
        MailFollowed.NO_REPORT: len(hostile) - 6,
    }
    assert (room.seen, room.sent < 1_500_000) == ([], True)
    assert await week.services.deliveries.suspended([SUBJECT]) == {}
    fetched = room.commands.count("FETCH")
    assert await read_mailbox(week.services, "mail") == {}
    assert room.commands.count("FETCH") == fetched
    assert (await week.services.mailboxes.state("mail")).counts == found


async def test_a_reader_stops_a_digest_by_a_mail_as_by_the_link(week: InProcessRun, room: ImapRoom) -> None:
    _, rows = await week.run()
    number = room.add(asks_to_stop(sent_to(week, ADDRESS)))
    assert await read_mailbox(week.services, "mail") == {MailFollowed.UNSUBSCRIBED: 1}
    said = await week.services.subscriptions.preferences("week")
    assert [(reader, one.choice) for reader, one in said.items()] == [(rows[0].key.reader, Choice.UNSUBSCRIBED)]
    assert room.seen == [number]


async def test_the_clock_asks_for_a_look_and_two_workers_do_not_look_at_once(
    week: InProcessRun, room: ImapRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def read_mailboxes(channels: list[str]) -> None:
        asked.extend(channels)

    monkeypatch.setattr(week.services.queue, "read_mailboxes", read_mailboxes)
    await tick(week.services)
    assert asked == ["mail"]
    _, rows = await week.run()
    room.add(dsn(rows[0]))
    found = await asyncio.gather(*(read_mailbox(week.services, "mail") for _ in range(3)))
    assert [one for one in found if one is not None] == [{Followed.SUSPENDED: 1}]


async def test_a_mailbox_that_cannot_be_read_is_named_by_doctor_and_read_later(
    week: InProcessRun, room: ImapRoom
) -> None:
    deployed = await week.services.deployments.deployed()
    assert deployed is not None
    bundle = await week.services.deployments.bundle(deployed.bundle)
    assert bundle is not None

    async def looked() -> tuple[Level, str]:
        (found,) = await mailboxes(week.services.connectors, week.services.mailboxes, bundle)
        assert found.what == "mailbox of mail"
        return found.level, found.sentence

    assert await looked() == (Level.OK, "logged in; 0 mails are there; no worker has read it yet")
    room.faults["AUTHENTICATE"] = f"wrong password {PASSWORD}"
    assert await read_mailbox(week.services, "mail") is None
    level, sentence = await looked()
    assert level is Level.FAIL
    assert "wrong password ***" in sentence
    assert PASSWORD not in sentence
    room.faults.clear()
    assert await read_mailbox(week.services, "mail") == {}
    level, sentence = await looked()
    assert (level, "no mail so far" in sentence) == (Level.OK, True)
