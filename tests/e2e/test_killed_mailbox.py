"""A real clock has a real worker read the mailbox of bounces. A worker that is killed leaves its mails to the next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.child_processes import send_signal
from tests.support.imap_server import ImapRoom, imap_thread
from tests.support.installation import SCHEDULE, Installation, installation
from tests.support.returned import ADDRESS, SECRETS, SUBJECT, dsn
from worker.domain.delivery import Delivery, DeliveryState
from worker.flow.operate.on_demand import request
from worker.flow.operate.subscriptions import State, listed
from worker.flow.services import Services
from worker.ports.bounces import MailboxState

PROJECT = """
project: acme
connections: {close: {type: sandbox}}
channels:
  mail:
    type: email
    url: SMTP
    from: reports@acme.example
    bounces: {mailbox: "MAILBOX", password: "${BOUNCES}", every: 1s}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""
TEAM_ALONE = SCHEDULE.rpartition("  - {id: room")[0]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapRoom]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with imap_thread() as made:
        yield made


@pytest.fixture
def here(room: ImapRoom, tmp_path: Path) -> Iterator[Installation]:
    project = PROJECT.replace("MAILBOX", room.url)
    with installation(tmp_path / "acme", project=project, schedules={"asked": TEAM_ALONE}) as everything:
        yield everything


def sent(here: Installation) -> Delivery:
    async def ask(services: Services) -> str:
        key = await request(services, "asked", None, None)
        await services.queue.produce([key], on_demand=True)
        return str(key)

    asked = here.ask(ask, queue=True)

    async def look(services: Services) -> Delivery | None:
        for run in await services.lookups.runs("asked", 1):
            for row in await services.lookups.deliveries(run.key):
                if str(run.key) == asked and row.state is DeliveryState.SENT:
                    return row
        return None

    return here.until(lambda: here.ask(look))


def state(here: Installation) -> MailboxState:
    async def look(services: Services) -> MailboxState:
        return await services.mailboxes.state("mail")

    return here.ask(look)


def suspended(here: Installation) -> bool:
    async def look(services: Services) -> bool:
        return bool(await services.deliveries.suspended([SUBJECT]))

    return here.ask(look)


def test_a_worker_that_is_killed_over_a_bounce_leaves_it_to_the_next(here: Installation, room: ImapRoom) -> None:
    """It is killed after the suspension was written, and before the mail was marked."""
    room.faults["STORE"] = "silence"
    room.add(dsn(sent(here)))
    here.until(lambda: "STORE" in room.commands or None)
    assert suspended(here)
    assert room.seen == []
    for pid in here.processes.pids("worker"):
        send_signal(pid, group=True)
    room.faults.clear()
    with redis.Redis.from_url(here.redis.url) as client:
        client.hset("acme:mailbox:mail", "until", 1)  # the turn of the dead lapses; Redis's clock cannot be set
    here.until(lambda: room.seen or None)
    here.until(lambda: state(here).counts or None)
    assert state(here).counts == {"already suspended": 1}

    async def look(services: Services) -> tuple[list[State], int]:
        rows = [row for row in await listed(services) if row.reader.address == ADDRESS]
        (run,) = await services.lookups.runs("asked", 9)
        notices = [row for row in await services.lookups.deliveries(run.key) if row.notice is not None]
        return [row.state for row in rows], len(notices)

    assert here.ask(look) == ([State.SUSPENDED], 1)
    subjects = [item.body for item in here.box.call(lambda box: box.outbox.of("eml")) if b"Suspended: " in item.body]
    assert len(subjects) <= 1
