"""Requests of Slack over a real socket: what is refused, with which status, and that nothing follows then."""

import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from tests.support.slack_requests import BEN, FORM, SlackUser, signed
from tests.web.chat.conftest import ChatSite
from worker.channels.slack.signature import SIGNATURE, TIMESTAMP
from worker.web.chat import app
from worker.web.chat.app import LONGEST_BODY


async def nothing_happened(site: ChatSite) -> None:
    assert await site.project.services.lookups.runs(None, 10) == ()
    assert await site.project.services.audit.newest(10) == ()
    assert site.project.box.slack.answered == {}


def changed(body: bytes) -> dict[str, str]:
    return signed(body + b"x")


REFUSED = {
    "tampered": (401, changed, "unsigned"),
    "stale": (401, lambda body: signed(body, at=time.time() - 301), "unsigned"),
    "of the future": (401, lambda body: signed(body, at=time.time() + 400), "unsigned"),
    "of another secret": (401, lambda body: signed(body, secret="0" * 32), "unsigned"),
    "unsigned": (401, lambda _body: {"content-type": FORM}, "unsigned"),
    "without a time": (401, lambda body: {**signed(body), TIMESTAMP: ""}, "unsigned"),
    "with a time that is none": (401, lambda body: {**signed(body), TIMESTAMP: "soon"}, "unsigned"),
    "with a signature that is no text": (401, lambda body: {**signed(body), SIGNATURE: "v0=\xff"}, "unsigned"),
    "as JSON": (400, lambda body: {**signed(body), "content-type": "application/json"}, "malformed"),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_a_refused_request_is_counted_and_nothing_follows(site: ChatSite, how: str) -> None:
    status, headers, counted = REFUSED[how]
    user = site.user()
    body = user.command_body("run week")
    given = [(name.encode(), value.encode("latin-1")) for name, value in headers(body).items()]
    answer = await user.client.post(user.path, content=body, headers=given)
    assert (answer.status_code, set(answer.json())) == (status, {"problem"})
    assert await site.counts() == {counted: 1}
    await nothing_happened(site)


BODIES = {
    "no form": b"\xff\xfe",
    "no field that is known": b"text=run",
    "an id that is none": urlencode({"trigger_id": "1", "user_id": "<!channel>", "channel_id": "C1"}).encode(),
    "no JSON": urlencode({"payload": "{"}).encode(),
    "a list": urlencode({"payload": "[]"}).encode(),
    "very nested": urlencode({"payload": "[" * 60_000}).encode(),
    "no actions": urlencode({"payload": '{"type":"block_actions"}'}).encode(),
    "many fields": b"&".join(b"a%d=1" % number for number in range(1000)),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_cannot_be_used_is_refused(site: ChatSite, what: str) -> None:
    answer = await site.user().post(BODIES[what])
    assert answer.status_code == 400, answer.text
    assert await site.counts() == {"malformed": 1}
    await nothing_happened(site)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/commands/1",
        "http://hooks.slack.com/commands/1",
        "https://hooks.slack.com.evil.example/1",
        "https://hooks.slack.com:8443/1",
        "https://me@hooks.slack.com/1",
        "https://hooks.slack.com@evil.example/1",
        "http://127.0.0.1:1/slack/hooks/1",
        "//hooks.slack.com/1",
        "http://[::1",
    ],
)
async def test_answers_go_nowhere_else(site: ChatSite, url: str) -> None:
    user = site.user()
    answer = await user.post(user.command_body("run week", response_url=url))
    assert answer.status_code == 400
    assert "response_url" in answer.json()["problem"]
    await nothing_happened(site)


async def test_a_long_body_is_refused_unread(site: ChatSite) -> None:
    user = site.user()
    body = user.command_body("run week") + b"&pad=" + b"x" * LONGEST_BODY
    assert (await user.post(body)).status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    chunked = await user.client.post(user.path, content=pieces(), headers=signed(body))
    assert chunked.status_code == 413
    assert await site.counts() == {"oversized": 2}
    await nothing_happened(site)


async def test_a_copy_of_a_request_is_refused(site: ChatSite) -> None:
    user = site.user()
    body = user.command_body("run week")
    headers = signed(body)
    first = await user.post(body, headers)
    again = [await user.post(body, {**headers, "x-other-signature": str(number)}) for number in range(3)]
    assert [first.status_code, *(answer.status_code for answer in again)] == [200, 409, 409, 409]
    assert len(await site.project.services.lookups.runs(None, 10)) == 1
    assert await site.counts() == {"accepted": 1, "duplicate": 3}


@pytest.mark.parametrize("channel", ["quiet", "mail", "nobody", "a%2Fb"])
async def test_only_a_channel_with_a_secret_takes_requests(site: ChatSite, channel: str) -> None:
    user = site.user()
    user.path = f"/chat/{channel}"
    assert (await user.post(user.command_body("help"))).status_code == 404
    assert (await user.client.get("/chat/slack")).status_code in {404, 405}


async def test_a_probe_of_the_certificate_is_answered(site: ChatSite) -> None:
    answer = await site.user().post(b"ssl_check=1&token=x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await site.counts() == {"unused": 1}


async def test_what_takes_longer_is_answered_later(site: ChatSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "AT_ONCE", 0.0)
    user = site.user()
    assert "answer follows" in await user.ask("next")
    later = await site.replied(user)
    assert later["response_type"] == "ephemeral"
    assert "Weekly pipeline" in later["text"]
    assert "Die Antwort folgt hier." in await site.user(BEN).ask("next")


async def test_more_than_can_be_followed_is_put_off(site: ChatSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LATER", 0)
    user: SlackUser = site.user()
    assert (await user.post(user.command_body("run week"))).status_code == 503
    await nothing_happened(site)
