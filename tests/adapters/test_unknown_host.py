"""A host without an address is named, whichever library looked for it."""

import socket

import pytest

from worker.adapters.http import Http, HttpFailure
from worker.adapters.public_http import PublicHttp
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.smtp.client import Mailer
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.server import SmtpServer
from worker.errors import LedgerUnavailable

NAMED = "no address is known for the host api.clsoe.example"


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the resolver answers for a name that nobody has. No name server is asked."""

    def unknown(*_asked: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)


async def test_an_api() -> None:
    client = Http("https://api.clsoe.example/api/v1")
    with pytest.raises(HttpFailure, match=NAMED) as caught:
        await client.send("GET", "/me/", params={"key": "geheim"})
    await client.aclose()
    assert "geheim" not in str(caught.value)
    assert not caught.value.sent


async def test_a_webhook() -> None:
    client = PublicHttp("https://api.clsoe.example/hooks/geheim")
    with pytest.raises(HttpFailure, match=NAMED) as caught:
        await client.post(b"{}", {})
    await client.aclose()
    assert "geheim" not in str(caught.value)


async def test_a_mail_server() -> None:
    client = Mailer(SmtpServer("api.clsoe.example", 587, "reports", "starttls"), "geheim")
    with pytest.raises(MailFailure, match=NAMED) as caught:
        await client.check()
    await client.aclose()
    assert caught.value.phase == "connect"


async def test_a_redis() -> None:
    client = connect("redis://:geheim@api.clsoe.example:6379/0")
    with pytest.raises(LedgerUnavailable, match=NAMED) as caught:
        await check(client)
    await client.aclose()
    assert "geheim" not in str(caught.value)
