"""Bounces of a real Postfix, in a mailbox that a real Dovecot serves over TLS."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.mta.cases import Case
from tests.mta.postfix import LATER, SENDER, USER, Postfix
from tests.mta.project import project, schedule
from tests.mta.verdicts import END, RCPT
from tests.support.in_process import InProcessRun, in_process_run
from tests.support.installation import SHORT
from tests.support.returned import KEY, WEB, asks_to_stop
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.smtp.client import Mailer
from worker.adapters.smtp.server import parse_url
from worker.domain.delivery import DeliveryState
from worker.flow.operate.bounces import Followed
from worker.flow.operate.doctor import Level, mailboxes
from worker.flow.operate.read_mailbox import MailFollowed, read_mailbox

pytestmark = pytest.mark.mta
GATEWAY = "smtp://127.0.0.1:{gateway}?tls=never"


@pytest.fixture
async def week(mx: Postfix, empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    settings = replace(SHORT, delivery_lease=60.0, link_key=KEY)
    async with in_process_run(empty_redis.url, tmp_path / "project", settings) as story:
        yield story


def readers(mx: Postfix, *names: str, folder: str = "INBOX") -> tuple[Case, ...]:
    """Through the gateway, whose bounces come to the sender's mailbox."""
    url = f"imaps://{quote(USER, safe='')}@localhost:{mx.ports['imaps']}/{folder}"
    more = f'bounces: {{mailbox: "{url}", password: "${{MAIL_KEY}}"}}, unsubscribe_mailbox: {SENDER}'
    return tuple(Case(name, DeliveryState.SENT, url=GATEWAY, more=more, at=LATER) for name in names)


async def deployed(week: InProcessRun, mx: Postfix, cases: tuple[Case, ...]) -> str:
    """The name of the channel with the mailbox."""
    text = f"{project(mx, cases)}web: {{base_url: '{WEB}'}}\n"
    (week.place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    await week.deploy(schedule(cases))
    return cases[0].channel


def flags(mx: Postfix) -> list[str]:
    """Of the mails in the mailbox: S for those that were read. Dovecot keeps flags in the files' names."""
    folder = mx.place / "mail" / "reports"
    files = [*(folder / "cur").glob("*"), *(folder / "new").glob("*")]
    return sorted(path.name.partition(":2,")[2] for path in files)


async def test_a_dead_address_is_stopped_and_another_fault_is_not(week: InProcessRun, mx: Postfix) -> None:
    mx.verdicts.answer(f"ghost@{LATER}", "550 5.1.1 User unknown", step=RCPT)
    mx.verdicts.answer(f"dmarc@{LATER}", "550 5.7.26 Unauthenticated email is not accepted", step=END)
    channel = await deployed(week, mx, readers(mx, "ghost", "dmarc"))
    _, rows = await week.run()
    assert [row.state for row in rows] == [DeliveryState.SENT] * 2
    mx.delivered()
    assert await read_mailbox(week.services, channel) == {Followed.SUSPENDED: 1, Followed.OTHER_FAULT: 1}
    assert flags(mx) == ["", "S"]
    assert await read_mailbox(week.services, channel) == {}
    _, rows = await week.run()
    assert {row.key.address: row.state for row in rows}[f"ghost@{LATER}"] is DeliveryState.SKIPPED
    mx.delivered()


async def test_a_reader_unsubscribes_by_a_mail(week: InProcessRun, mx: Postfix) -> None:
    mx.verdicts.answer(f"ghost@{LATER}", "550 5.7.26 no", step=END)
    channel = await deployed(week, mx, readers(mx, "ghost"))
    _, rows = await week.run()
    mx.delivered()
    (back,) = mx.mails("reports")
    own = back[back.index(b"\nDate: ", back.index(b"message/rfc822")) :].lstrip(b"\n")  # the mail that came back
    mailer = Mailer(parse_url(f"smtp://127.0.0.1:{mx.ports['open']}?tls=never"), hello="acme.example")
    await mailer.send(f"ghost@{LATER}", SENDER, asks_to_stop(own))
    await mailer.aclose()
    mx.delivered()
    assert await read_mailbox(week.services, channel) == {Followed.OTHER_FAULT: 1, MailFollowed.UNSUBSCRIBED: 1}
    assert flags(mx) == ["", "S"]
    assert list(await week.services.subscriptions.preferences("week")) == [rows[0].key.reader]


@pytest.mark.parametrize(("folder", "level", "words"), [
    ("INBOX", Level.OK, "logged in; 0 mails are there"),
    ("Nowhere", Level.FAIL, "Mailbox doesn't exist"),
])  # fmt: skip
async def test_doctor_logs_in(week: InProcessRun, mx: Postfix, folder: str, level: Level, words: str) -> None:
    await deployed(week, mx, readers(mx, "ghost", folder=folder))
    now = await week.services.deployments.deployed()
    bundle = await week.services.deployments.bundle(now.bundle) if now else None
    assert bundle is not None
    (found,) = await mailboxes(week.services.connectors, week.services.mailboxes, bundle)
    assert (found.level, words in found.sentence) == (level, True), found
