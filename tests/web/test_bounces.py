"""Bounces that a mail service posts, over a real socket: what is taken, and what is refused and writes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.support.imap_server import ImapRoom
from tests.support.in_process import InProcessRun
from tests.support.returned import ADDRESS, SECRET, SECRETS, SUBJECT, returning
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.webhook_signature import WebhookSigner
from worker.domain.delivery import Delivery
from worker.web.bounces import LONGEST_BODY
from worker.web.links import application

OTHER = "whsec_" + SECRET.removeprefix("whsec_")[::-1].replace("=", "") + "="


@dataclass
class Site:
    week: InProcessRun
    client: httpx.AsyncClient
    row: Delivery

    def report(self, **other: Any) -> bytes:
        given = {
            "address": ADDRESS,
            "status": "5.1.1",
            "diagnostic": "550 5.1.1 User unknown",
            "message_id": f"<{self.row.key.digest}@acme.example>",
        }
        return json.dumps(given | other).encode()

    async def post(self, body: bytes, headers: Mapping[str, str], channel: str = "mail") -> httpx.Response:
        return await self.client.post(f"/bounces/{channel}", content=body, headers=dict(headers))

    async def suspended(self) -> bool:
        return bool(await self.week.services.deliveries.suspended([SUBJECT]))


def signed(body: bytes, *, secret: str = SECRET, late: timedelta = timedelta(0)) -> dict[str, str]:
    return dict(WebhookSigner([secret]).headers("msg_1", body, datetime.now(UTC) - late))


@contextmanager
def secrets() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Site]:
    with secrets():
        async with returning(empty_redis.url, tmp_path / "project", ImapRoom(port=9)) as week:
            _, rows = await week.run()
            config = uvicorn.Config(
                application(week.services), port=0, lifespan="off", log_config=None, access_log=False
            )
            server = uvicorn.Server(config)
            going = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield Site(week, client, rows[0])
            server.should_exit = True
            await going


async def test_a_signed_report_suspends_the_address_and_its_repeat_is_harmless(site: Site) -> None:
    body = site.report()
    headers = signed(body)
    answers = [await site.post(body, headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["followed"] for answer in answers] == ["suspended", "already suspended"]
    assert await site.suspended()
    rows = await site.week.services.lookups.deliveries(site.row.key.run)
    assert len([row for row in rows if row.notice is not None]) == 1


BLAMES_NOBODY: tuple[tuple[dict[str, str], str], ...] = (
    ({"status": "5.7.26", "diagnostic": "550 5.7.26 Unauthenticated"}, "the address is not at fault"),
    ({"status": "4.2.2", "diagnostic": "452 4.2.2 Mailbox full"}, "the address is not at fault"),
    ({"status": "", "diagnostic": ""}, "the address is not at fault"),
    ({"address": "boss@acme.example"}, "no message that was sent to this address"),
    ({"message_id": "<nobody@acme.example>"}, "no message that was sent to this address"),
)


async def test_a_report_that_blames_no_address_of_ours_changes_nothing(site: Site) -> None:
    for other, followed in BLAMES_NOBODY:
        body = site.report(**other)
        answer = await site.post(body, signed(body))
        assert (other, answer.status_code, answer.json()["followed"]) == (other, 200, f"nothing: {followed}")
        assert not await site.suspended()


async def refused(site: Site, status: int, body: bytes, headers: Mapping[str, str], channel: str = "mail") -> str:
    answer = await site.post(body, headers, channel)
    assert answer.status_code == status, answer.text
    assert not await site.suspended()
    return str(answer.json()["problem"]) if answer.headers["content-type"] == "application/json" else ""


async def test_what_is_not_signed_by_the_service_is_refused(site: Site) -> None:
    body = site.report()
    assert "not signed" in await refused(site, 401, body, {})
    await refused(site, 401, body, signed(body, secret=OTHER))
    await refused(site, 401, body + b" ", signed(body))
    await refused(site, 401, body, signed(body) | {"webhook-id": "msg_2"})
    assert "five minutes" in await refused(site, 401, body, signed(body, late=timedelta(minutes=6)))
    await refused(site, 401, body, signed(body, late=timedelta(minutes=-6)))


async def test_what_is_too_long_is_refused_before_it_is_read(site: Site) -> None:
    body = site.report(more="x" * LONGEST_BODY)
    assert str(LONGEST_BODY) in await refused(site, 413, body, signed(body))


async def test_a_service_with_message_ids_of_its_own_names_the_address_alone(site: Site) -> None:
    for other, followed in (
        ({"message_id": "", "address": "boss@acme.example"}, "nothing: no message that was sent to this address"),
        ({"message_id": "", "address": ADDRESS.upper()}, "suspended"),
    ):
        body = site.report(**other)
        answer = await site.post(body, signed(body))
        assert (answer.status_code, answer.json()["followed"]) == (200, followed)
    assert await site.suspended()


UNUSABLE = (
    b"", b"{", b"[]", b"1", b"null", b'{"address": 1}', b"{}", b"[" * 60_000,
    b'{"address": "", "message_id": "<a@b>"}', b'{"address": "a@acme.example", "message_id": ["a"]}',
)  # fmt: skip


async def test_a_body_that_cannot_be_used_gets_one_sentence(site: Site) -> None:
    for body in UNUSABLE:
        assert "expected {" in await refused(site, 400, body, signed(body))


async def test_no_other_channel_method_or_place_takes_reports(site: Site) -> None:
    body = site.report()
    await refused(site, 404, body, signed(body), "nowhere")
    assert (await site.client.get("/bounces/mail")).status_code == 404
    assert (await site.client.post("/bounces/mail/more", content=body, headers=signed(body))).status_code == 404


async def test_a_secret_that_is_not_set_here_tells_the_service_to_come_again_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOUNCE_SECRET")
    body = site.report()
    assert "BOUNCE_SECRET" not in await refused(site, 503, body, signed(body))
