"""Bounces as Postfix writes them, for mails that it took and could not deliver."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mta.cases import Case
from tests.mta.postfix import LATER, SENDER, Postfix, subject_of
from tests.mta.project import project, schedule
from tests.mta.verdicts import END, RCPT
from tests.support.in_process import InProcessRun, in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.smtp.client import Mailer
from worker.adapters.smtp.server import parse_url
from worker.channels.email.bounce import bounce_report, fault_of, parse_dsn
from worker.domain.delivery import DeliveryState
from worker.flow.operate.bounces import Followed, suspend_bounced
from worker.flow.run.deliver import deliver

pytestmark = pytest.mark.mta
ANSWERS = {
    "ghost": ("550 5.1.1 <ghost@later.example>... User unknown", RCPT, "address"),
    "moved": ("551 5.1.6 The recipient has moved", RCPT, "address"),
    "exchange": ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", END, "address"),
    "policy": ("554 5.7.1 Access denied", RCPT, "message"),
    "dmarc": ("550 5.7.26 Unauthenticated email from acme.example is not accepted", END, "message"),
    "listed": ("554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", RCPT, "channel"),
    "full": ("552 5.2.2 Mailbox full", RCPT, "message"),
    "spam": ("550 This looks like spam", END, "message"),
}


def mail(name: str) -> bytes:
    lines = (
        f"From: {SENDER}",
        f"To: {name}@{LATER}",
        "Subject: Week",
        f"Message-ID: <{name}.1@acme.example>",
        "",
        "Hi",
        "",
    )
    return "\r\n".join(lines).encode()


def sent(mx: Postfix, *names: str) -> None:
    async def send() -> None:
        mailer = Mailer(parse_url(f"smtp://127.0.0.1:{mx.ports['gateway']}?tls=never"), hello="acme.example")
        for name in names:
            await mailer.send(SENDER, f"{name}@{LATER}", mail(name))
        await mailer.aclose()

    asyncio.run(send())
    mx.delivered()


def test_a_bounce_says_who_was_not_reached_and_why_and_which_mail_it_was(mx: Postfix) -> None:
    for name, (answer, step, _) in ANSWERS.items():
        mx.verdicts.answer(f"{name}@{LATER}", answer, step=step)
    sent(mx, *ANSWERS)
    found = [parse_dsn(raw) for raw in mx.mails("reports")]
    bounces = {one.recipient.partition("@")[0]: one for one in found if one is not None}
    assert bounces.keys() == ANSWERS.keys()
    for name, (answer, _, fault) in ANSWERS.items():
        assert (bounces[name].diagnostic, bounces[name].message_id) == (answer, f"{name}.1@acme.example")
        assert (name, str(fault_of(bounces[name]))) == (name, fault)


@pytest.fixture
async def week(mx: Postfix, empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=60.0)) as story:
        yield story


async def test_an_address_that_is_dead_behind_a_gateway_is_stopped_by_its_bounce(
    week: InProcessRun, mx: Postfix
) -> None:
    """Two readers whose messages the gateway takes. One has no mailbox; one refuses our domain."""
    readers = tuple(
        Case(name, DeliveryState.SENT, url="smtp://127.0.0.1:{gateway}?tls=never", more="", at=LATER)
        for name in ("ghost", "dmarc")
    )
    for reader in readers:
        mx.verdicts.answer(reader.address, ANSWERS[reader.name][0], step=ANSWERS[reader.name][1])
    (week.place / "funnelbeat.yaml").write_text(project(mx, readers), encoding="utf-8")
    await week.deploy(schedule(readers))
    run, rows = await week.run()
    assert [row.state for row in rows] == [DeliveryState.SENT] * 2
    mx.delivered()
    reports = [report for raw in mx.mails("reports") if (report := bounce_report(raw)) is not None]
    found = {one.report.recipient: one.followed for one in await suspend_bounced(week.services, reports)}
    assert found == {f"ghost@{LATER}": Followed.SUSPENDED, f"dmarc@{LATER}": Followed.OTHER_FAULT}
    for row in await week.services.lookups.deliveries(run.key):
        if row.notice is not None:
            await deliver(week.services, row.key)
    mx.delivered()
    assert [subject_of(mail) for mail in mx.mails("ops")] == [f"Suspended: ghost@{LATER}"]
    week.step()
    _, rows = await week.run()
    assert {row.key.address: row.state for row in rows} == {
        f"ghost@{LATER}": DeliveryState.SKIPPED,
        f"dmarc@{LATER}": DeliveryState.SENT,
    }
