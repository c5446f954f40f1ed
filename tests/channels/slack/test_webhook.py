"""Slack's incoming webhook against a scripted server on a real socket."""

import json
import logging
import traceback
from collections.abc import AsyncIterator

import pytest

from tests.support.slack_cases import ENVELOPE, MAIN, RENDERED
from tests.support.slack_server import Says, SlackServer, error, ok, slack_server
from worker.channels.slack.channel import open_slack
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.delivery import Receipt
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain, RequestError

SECRET = "T0/B0/veryverysecret"
HOOK = "veryverysecret"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with slack_server() as server:
        yield server


@pytest.fixture
async def channel(slack: SlackServer) -> AsyncIterator[SlackWebhookChannel]:
    opened = SlackWebhookChannel(f"{slack.origin}/services/{SECRET}")
    yield opened
    await opened.aclose()


async def send(channel: SlackWebhookChannel) -> Receipt:
    [part] = channel.build(RENDERED, ENVELOPE)
    return await channel.send(part, channel.seal(part, []), ENVELOPE)


async def test_only_the_main_post_goes_out_and_it_promises_no_thread(
    channel: SlackWebhookChannel, slack: SlackServer
) -> None:
    slack.on(HOOK, Says(b"ok"))
    assert await send(channel) == Receipt("ok")
    body = slack.asked[0].json
    assert body["text"] == MAIN["text"]
    assert [block["type"] for block in body["blocks"]] == ["header", "table"]
    assert set(body) == {"text", "blocks", "unfurl_links", "unfurl_media"}


async def test_a_receiver_that_says_ok_in_json_is_believed(channel: SlackWebhookChannel, slack: SlackServer) -> None:
    slack.on(HOOK, ok())
    assert await send(channel) == Receipt("ok")


REFUSED = [
    (Says(b"no_service", 404), "no_service", "channel"),
    (Says(b"no_active_hooks", 404), "no_active_hooks", "channel"),
    (Says(b"channel_is_archived", 410), "channel_is_archived", "channel"),
    (Says(b"action_prohibited\n", 403), "action_prohibited", "channel"),
    (Says(b"invalid_token", 200), "invalid_token", "channel"),
    (Says(b"invalid_payload: bad json", 400), "invalid_payload", None),
    (error("no_team", 404), "no_team", "channel"),
    (Says(b"<html>gone</html>", 404), "http_404", None),
    (Says(b"", 301, {"location": "https://elsewhere.example/"}), "http_301", None),
]


@pytest.mark.parametrize(("answer", "code", "suspend"), REFUSED)
async def test_the_body_decides_before_the_status(
    channel: SlackWebhookChannel, slack: SlackServer, answer: Says, code: str, suspend: str | None
) -> None:
    slack.on(HOOK, answer)
    with pytest.raises(DeliveryRefused) as raised:
        await send(channel)
    assert (raised.value.code, raised.value.suspend) == (code, suspend)


@pytest.mark.parametrize(
    "answer",
    [
        Says(b"rollup_error", 500),
        Says(b"upstream", 502),
        Says(b"later", 503),
        Says(b"fine, thank you", 200),
        Says(b"", 200),
        Says(breaks="reset"),
        Says(b"ok", breaks="half"),
    ],
)
async def test_what_may_have_been_posted_is_uncertain_and_not_sent_again(
    channel: SlackWebhookChannel, slack: SlackServer, answer: Says
) -> None:
    slack.on(HOOK, answer)
    with pytest.raises(DeliveryUncertain):
        await send(channel)
    assert len(slack.asked) == 1


async def test_a_webhook_that_never_answers_leaves_an_unclear_post(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.channels.slack.webhook.PATIENCE", 0.2)
    slack.on(HOOK, Says(breaks="hang"))
    channel = SlackWebhookChannel(f"{slack.origin}/services/{SECRET}")
    with pytest.raises(DeliveryUncertain, match="no answer came in time"):
        await send(channel)
    assert slack.hung.is_set()
    await channel.aclose()


async def test_a_wait_that_slack_asks_for_is_kept(channel: SlackWebhookChannel, slack: SlackServer) -> None:
    slack.on(HOOK, Says(b"rate_limited", 429, {"retry-after": "30"}))
    with pytest.raises(DeliveryDeferred) as raised:
        await send(channel)
    assert raised.value.retry_after == 30.0


@pytest.mark.parametrize("answer", [Says(b"invalid_blocks", 400), error("invalid_blocks", 404)])
async def test_refused_blocks_are_sent_plainer(channel: SlackWebhookChannel, slack: SlackServer, answer: Says) -> None:
    slack.on(HOOK, answer, Says(b"ok"))
    assert await send(channel) == Receipt("ok reduced:2")
    assert [block["type"] for block in slack.asked[1].json["blocks"]] == ["header", "rich_text"]


async def test_the_url_is_in_no_error_log_name_or_traceback(
    channel: SlackWebhookChannel, slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    slack.on(HOOK, Says(breaks="reset"), Says(f"{slack.origin}/services/{SECRET} is bad".encode(), 400), Says(b"ok"))
    shown = repr(channel) + channel.pace("")[0]
    with caplog.at_level(logging.INFO):
        for kind in (DeliveryUncertain, DeliveryRefused):
            with pytest.raises(kind) as raised:
                await send(channel)
            shown += "".join(traceback.format_exception(raised.value))
        shown += (await send(channel)).text
    assert HOOK not in shown
    assert HOOK not in caplog.text


async def test_a_nobody_listening_is_deferred() -> None:
    async with slack_server() as server:
        origin = server.origin
    channel = SlackWebhookChannel(f"{origin}/services/{SECRET}")
    with pytest.raises(DeliveryDeferred) as raised:
        await send(channel)
    assert raised.value.__cause__ is None
    await channel.aclose()


@pytest.mark.parametrize(
    "url", ["", "hooks.slack.com/services/T/B/secretpart", "http://hooks.example/secretpart", "https://h:x/secretpart"]
)
def test_a_url_that_cannot_be_one_is_refused_without_being_printed(url: str) -> None:
    with pytest.raises(RequestError) as raised:
        open_slack({"webhook_url": url})
    assert "secretpart" not in str(raised.value)


async def test_a_webhook_has_one_pace_whatever_the_address(channel: SlackWebhookChannel, slack: SlackServer) -> None:
    same = SlackWebhookChannel(f"{slack.origin}/services/{SECRET}")
    assert channel.pace("a") == channel.pace("b") == same.pace("")


async def test_what_is_sealed_is_what_was_drafted(channel: SlackWebhookChannel) -> None:
    [part] = channel.build(RENDERED, ENVELOPE)
    assert channel.seal(part, []) == part.draft
    assert json.loads(part.draft)["text"] == MAIN["text"]
