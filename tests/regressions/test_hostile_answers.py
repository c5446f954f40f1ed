"""Services that repeat what they were sent: whoever puts their words into a sentence takes the secrets out first."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.secret_spellings import SPELLINGS, keys, shows
from tests.support.smtp_server import mail_room
from worker.adapters.http import HttpAnswer
from worker.adapters.local_quota import LocalQuota
from worker.adapters.smtp.client import Mailer
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.server import SmtpServer
from worker.channels.email.channel import classed
from worker.channels.slack.errors import by_answer
from worker.errors import DeliveryRefused, FunnelbeatError
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.common import limits
from worker.sources.common.calls import Retries
from worker.sources.common.credentials import StaticHeaders
from worker.sources.common.pace import RateLimiter
from worker.sources.common.parse import Node
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.session import Key

ONCE = Retries(tries=1)


def now() -> datetime:
    return datetime(2026, 11, 23, 8, tzinfo=UTC)


class Echo:
    """A service with one answer."""

    def __init__(self, answer: HttpAnswer) -> None:
        self._answer = answer

    async def send(self, method: str, path: str, **rest: Any) -> HttpAnswer:
        return self._answer

    async def aclose(self) -> None:
        """Nothing is open."""


async def close(secret: str, answer: HttpAnswer) -> Node:
    client = CloseClient(Echo(answer), clock=now, secrets=(secret,), retries=ONCE)
    return await client.read(CloseRequest("GET", "/me/"))


async def pipedrive(secret: str, answer: HttpAnswer) -> Node:
    client = PipedriveClient(Echo(answer), StaticHeaders({}, (secret,)), clock=now, retries=ONCE)
    return await client.read(PipedriveRequest("GET /api/v2/deals"))


async def umami(secret: str, answer: HttpAnswer) -> Node:
    pace = RateLimiter(LocalQuota(), limits.heard)
    client = UmamiClient(Echo(answer), Key(secret), pace, clock=now, retries=ONCE)
    return await client.read(UmamiRequest("GET", "/me"))


async def slack(secret: str, answer: HttpAnswer) -> Node:
    raise by_answer(answer, (secret,))


async def webhook(secret: str, answer: HttpAnswer) -> Node:
    raise by_answer(answer, (f"https://hooks.acme.example/{secret}", secret), webhook=True)


Service = Callable[[str, HttpAnswer], Awaitable[Node]]
SERVICES: Mapping[str, tuple[Service, Callable[[str], Any], int]] = {
    "close, error": (close, lambda echo: {"error": echo}, 400),
    "close, field": (close, lambda echo: {"field-errors": {"name": [echo]}}, 400),
    "close, failure": (close, lambda echo: {"errors": [echo]}, 500),
    "pipedrive, error": (pipedrive, lambda echo: {"error": echo}, 403),
    "pipedrive, limit": (pipedrive, lambda echo: {"error": echo}, 429),
    "pipedrive, no success": (pipedrive, lambda echo: {"success": False, "error": echo}, 200),
    "umami, error": (umami, lambda echo: {"error": {"message": echo}}, 403),
    "umami, fault": (umami, lambda echo: {"error": {"properties": {"name": {"errors": [echo]}}}}, 400),
    "umami, failure": (umami, lambda echo: {"error": echo}, 500),
    "slack, error": (slack, lambda echo: {"ok": False, "error": echo}, 200),
    "slack, details": (slack, lambda e: {"error": "invalid_blocks", "response_metadata": {"messages": [e]}}, 200),
    "webhook": (webhook, lambda echo: f"invalid_payload: {echo}", 400),
}


@pytest.mark.parametrize("service", SERVICES)
@settings(deadline=None)
@given(secret=keys, spelling=st.sampled_from(sorted(SPELLINGS)), before=st.integers(0, 320))
def test_what_a_service_repeats_of_a_secret_is_in_no_error(
    service: str, secret: str, spelling: str, before: int
) -> None:
    ask, shape, status = SERVICES[service]
    told = shape("é" * before + " " + SPELLINGS[spelling](secret) + " " + "é" * 99)
    body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
    with pytest.raises(FunnelbeatError) as caught:
        asyncio.run(_asked(ask, secret, HttpAnswer(status, {}, body)))
    error = caught.value
    assert not shows(str(error), secret)
    if isinstance(error, DeliveryRefused):
        assert not shows(error.code, secret)


@pytest.mark.parametrize("ask", [close, pipedrive, umami])
@settings(deadline=None)
@given(secret=keys, spelling=st.sampled_from(sorted(SPELLINGS)), before=st.integers(0, 60))
def test_a_field_that_holds_a_secret_where_a_number_is_expected_does_not_show_it(
    ask: Service, secret: str, spelling: str, before: int
) -> None:
    echo = "é" * before + SPELLINGS[spelling](secret)
    answer = HttpAnswer(200, {}, json.dumps({"success": True, "count": echo, "rows": {echo: [echo]}}).encode())
    node = asyncio.run(_asked(ask, secret, answer))
    for wrong in (node.get("count").wrong("a number"), next(node.get("rows").map())[1].wrong("a number")):
        assert not shows(str(wrong) + wrong.path, secret)
    assert not shows(str(node.wrong(f"the steps of {echo}")), secret)


async def _asked(ask: Service, secret: str, answer: HttpAnswer) -> Node:
    return await ask(secret, answer)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_what_a_mail_server_repeats_of_the_login_is_in_no_failure_and_no_receipt(spelling: str) -> None:
    secret = "f1Zq8RkT2mWx7Lp4"
    echo = SPELLINGS[spelling](secret).replace("\r\n", "")
    async with mail_room() as room:
        mailer = Mailer(SmtpServer("127.0.0.1", room.port, "", "never"), secret)
        for before in range(0, 200, 17):
            words = "!" * before + " " + echo + " " + "!" * 99
            for step in ("mail", "rcpt", "data"):
                room.replies[step] = [f"554 5.7.1 {words}"]
                with pytest.raises(MailFailure) as caught:
                    await mailer.send("reports@acme.example", "sales@acme.example", b"Subject: x\r\n\r\nx\r\n")
                told = "".join(traceback.format_exception(caught.value))
                assert not shows(told.replace("/", " "), secret)
                assert not shows(str(classed(caught.value)), secret)
            room.replies["data"] = [f"250 2.0.0 {words}"]
            receipt = await mailer.send("reports@acme.example", "sales@acme.example", b"Subject: x\r\n\r\nx\r\n")
            assert not shows(receipt.text, secret)
        await mailer.aclose()
