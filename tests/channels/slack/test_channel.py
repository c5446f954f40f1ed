"""Slack by token against a scripted server on a real socket."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.slack_cases import CSV, ENVELOPE, KEY, MAIN, RENDERED, ROOM, TOKEN, TS
from tests.support.slack_server import Says, SlackServer, error, ok, posted, slack_server
from worker.channels.slack.channel import SLACK, SlackChannel, open_slack
from worker.channels.slack.content import SlackContent
from worker.channels.slack.upload import upload_body
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.delivery import Part, Receipt
from worker.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    DeliveryUncertain,
    RenderError,
    RequestError,
)
from worker.ports.channels import Findable

MAIN_RECEIPT = Receipt(f"{ROOM} {TS}")


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with slack_server() as server:
        yield server


@pytest.fixture
async def channel(slack: SlackServer) -> AsyncIterator[SlackChannel]:
    opened = SlackChannel(TOKEN, f"{slack.origin}/api")
    yield opened
    await opened.aclose()


def parts(channel: SlackChannel, rendered: SlackContent = RENDERED) -> tuple[Part, ...]:
    return channel.build(rendered, ENVELOPE)


async def send(channel: SlackChannel, number: int = 0) -> Receipt:
    part = parts(channel)[number]
    return await channel.send(part, channel.seal(part, [MAIN_RECEIPT][:number]), ENVELOPE)


# what a message is made of


async def test_the_main_post_comes_first_then_its_thread_then_the_files(channel: SlackChannel) -> None:
    built = parts(channel)
    assert [(p.number, p.kind, p.name) for p in built] == [
        (0, "post", "main.slack.json"),
        (1, "post", "thread-1.slack.json"),
        (2, "upload", "weekly-pipeline-2026-11-16.csv"),
    ]


async def test_every_post_carries_its_delivery_id_and_unfurls_nothing(channel: SlackChannel) -> None:
    for part in parts(channel)[:2]:
        body = json.loads(part.draft)
        assert body["metadata"] == {
            "event_type": "funnel_digest",
            "event_payload": {"delivery_id": f"{KEY.digest}.{part.number}"},
        }
        assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
        assert "link_names" not in body
        assert body["channel"] == ROOM


async def test_building_twice_gives_the_same_bytes(channel: SlackChannel) -> None:
    assert parts(channel) == parts(channel)


async def test_a_post_past_a_limit_is_refused_with_its_place(channel: SlackChannel) -> None:
    long = {"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}
    with pytest.raises(RenderError, match=r"post 2: block 1 \(header\): text: 151 characters, 1 to 150"):
        parts(channel, SlackContent(posts=(MAIN, long)))


async def test_a_template_that_makes_no_post_is_refused(channel: SlackChannel) -> None:
    with pytest.raises(RenderError, match="made no post"):
        parts(channel, SlackContent())


async def test_the_thread_goes_where_the_main_post_went_even_when_the_address_is_a_person(
    channel: SlackChannel,
) -> None:
    envelope = replace(ENVELOPE, address="U0PERSON01")
    main, reply, file = channel.build(RENDERED, envelope)
    assert json.loads(channel.seal(main, []))["channel"] == "U0PERSON01"
    assert "thread_ts" not in json.loads(channel.seal(main, []))
    receipts = [Receipt("D0CONVERSE 1763370000.000100 reduced:1"), Receipt("D0CONVERSE 1763370001.000100")]
    body = json.loads(channel.seal(reply, receipts[:1]))
    assert (body["channel"], body["thread_ts"]) == ("D0CONVERSE", TS)
    head = json.loads(channel.seal(file, receipts).split(b"\n", 1)[0])
    assert (head["channel_id"], head["thread_ts"]) == ("D0CONVERSE", TS)


async def test_a_thread_without_its_main_posts_place_is_refused_before_anything_is_sent(channel: SlackChannel) -> None:
    with pytest.raises(DeliveryRefused, match="left no place"):
        channel.seal(parts(channel)[1], [Receipt("ok")])


# sending


async def test_a_post_is_sent_as_sealed_and_its_channel_and_ts_are_the_receipt(
    channel: SlackChannel, slack: SlackServer
) -> None:
    slack.on("chat.postMessage", posted(ts="1763370000.123400"))
    assert await send(channel) == Receipt(f"{ROOM} 1763370000.123400")
    [asked] = slack.asked
    assert asked.body == parts(channel)[0].draft
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert asked.path == "/api/chat.postMessage"


DEFERRED = [
    (Says(status=429, headers={"retry-after": "17"}), 17.0),
    (Says(status=429, headers={"retry-after": "soon"}), None),
    (error("ratelimited"), None),
    (error("rate_limited", retry_after=3), None),
    (error("service_unavailable"), None),
    (Says(b"<html>busy</html>", 503), None),
    (error("team_added_to_org"), 3600.0),
]


@pytest.mark.parametrize(("answer", "wait"), DEFERRED)
async def test_an_answer_that_means_later_is_deferred(
    channel: SlackChannel, slack: SlackServer, answer: Says, wait: float | None
) -> None:
    slack.on("chat.postMessage", answer)
    with pytest.raises(DeliveryDeferred) as raised:
        await send(channel)
    assert raised.value.retry_after == wait


UNCLEAR = [
    Says(breaks="reset"),
    Says(b'{"ok":true,"ts":"17', breaks="half"),
    Says(b"bad gateway", 502),
    Says(b"", 500),
    Says(b"timeout", 504),
    Says(b"<html>a captive portal</html>", 200),
    Says(b"[" * 100_000, 200),
    error("fatal_error"),
    error("internal_error", 500),
    error("request_timeout"),
    ok(),
    ok(channel=ROOM, ts="not a ts"),
]


@pytest.mark.parametrize("answer", UNCLEAR)
async def test_an_unclear_answer_is_uncertain_and_never_sent_again(
    channel: SlackChannel, slack: SlackServer, answer: Says
) -> None:
    slack.on("chat.postMessage", answer)
    with pytest.raises(DeliveryUncertain):
        await send(channel)
    assert len(slack.asked) == 1


async def test_a_port_where_nobody_listens_is_deferred(slack: SlackServer) -> None:
    unused = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = unused.sockets[0].getsockname()[1]
    unused.close()
    await unused.wait_closed()
    channel = SlackChannel(TOKEN, f"http://127.0.0.1:{port}/api")
    with pytest.raises(DeliveryDeferred, match="could not connect"):
        await send(channel)
    await channel.aclose()


async def test_a_slack_that_never_answers_leaves_an_unclear_post(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.channels.slack.api.PATIENCE", 0.2)
    slack.on("chat.postMessage", Says(breaks="hang"))
    channel = SlackChannel(TOKEN, f"{slack.origin}/api")
    with pytest.raises(DeliveryUncertain, match="no answer came in time"):
        await send(channel)
    assert slack.hung.is_set()
    await channel.aclose()


REFUSED = [
    (error("invalid_auth"), "invalid_auth", "channel"),
    (error("token_revoked"), "token_revoked", "channel"),
    (error("missing_scope", needed="chat:write"), "missing_scope", "channel"),
    (error("channel_not_found"), "channel_not_found", "address"),
    (error("is_archived"), "is_archived", "address"),
    (error("not_in_channel"), "not_in_channel", "address"),
    (error("restricted_action"), "restricted_action", "address"),
    (error("metadata_too_large"), "metadata_too_large", None),
    (error("message_limit_exceeded"), "message_limit_exceeded", None),
    (error("restricted_action_thread_locked"), "restricted_action_thread_locked", None),
    (error("never_heard_of_this"), "never_heard_of_this", None),
    (Says(b"", 302, {"location": "http://elsewhere.example/"}), "http_302", None),
    (Says(b"not found", 404), "http_404", None),
]


@pytest.mark.parametrize(("answer", "code", "suspend"), REFUSED)
async def test_a_refusal_for_good_says_whose_fault_it_is(
    channel: SlackChannel, slack: SlackServer, answer: Says, code: str, suspend: str | None
) -> None:
    slack.on("chat.postMessage", answer)
    with pytest.raises(DeliveryRefused) as raised:
        await send(channel)
    assert (raised.value.code, raised.value.suspend) == (code, suspend)
    assert len(slack.asked) == 1


async def test_slacks_own_explanation_is_kept_on_one_line_and_without_the_token(
    channel: SlackChannel, slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    said = [f"[ERROR] token {TOKEN}\nis \u202ewrong", 7]
    slack.on("chat.postMessage", error("never_heard_of_this", response_metadata={"messages": said}))
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryRefused) as raised:
        await send(channel)
    assert str(raised.value) == "slack: never_heard_of_this: [ERROR] token *** is wrong"
    assert TOKEN not in caplog.text + repr(channel) + repr(raised.value)


# plainer forms


def kinds(body: Any) -> list[str]:
    return [block["type"] for block in body.get("blocks", [])]


async def test_a_refused_chart_is_left_out_and_the_receipt_says_so(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("chat.postMessage", error("invalid_blocks"), posted(ts="1763370002.000100"))
    assert await send(channel, 1) == Receipt(f"{ROOM} 1763370002.000100 reduced:1")
    first, second = slack.asked
    assert kinds(first.json) == ["rich_text", "data_visualization"]
    assert kinds(second.json) == ["rich_text"]
    assert second.json["thread_ts"] == TS
    assert second.json["metadata"] == first.json["metadata"]


async def test_a_refused_table_becomes_preformatted_text_and_then_text_alone(
    channel: SlackChannel, slack: SlackServer
) -> None:
    slack.on("chat.postMessage", error("invalid_blocks"), error("msg_blocks_too_long"), posted())
    assert await send(channel) == Receipt(f"{ROOM} {TS} reduced:3")
    _, second, third = slack.asked
    preformatted = second.json["blocks"][1]["elements"][0]
    assert preformatted["type"] == "rich_text_preformatted"
    assert preformatted["elements"][0]["text"] == "Why it moved  Deals      Value\nNew               6  +€212,000"
    assert "blocks" not in third.json
    assert third.json["text"] == MAIN["text"]


async def test_a_post_that_no_form_gets_through_is_refused(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("chat.postMessage", *[error("invalid_blocks")] * 3)
    with pytest.raises(DeliveryRefused, match="invalid_blocks"):
        await send(channel)


async def test_a_plainer_form_whose_answer_is_lost_is_uncertain_and_ends_the_tries(
    channel: SlackChannel, slack: SlackServer
) -> None:
    slack.on("chat.postMessage", error("invalid_blocks"), Says(breaks="reset"))
    with pytest.raises(DeliveryUncertain):
        await send(channel)
    assert len(slack.asked) == 2


# files


def on_upload(slack: SlackServer) -> None:
    slack.on("files.getUploadURLExternal", ok(upload_url=f"{slack.origin}/upload/v1/ABC", file_id="F0FILE01"))


async def test_a_file_is_put_where_slack_says_and_completed_in_the_thread(
    channel: SlackChannel, slack: SlackServer
) -> None:
    on_upload(slack)
    slack.on("ABC", Says(b"OK - 30"))
    slack.on("files.completeUploadExternal", ok(files=[{"id": "F0FILE01"}]))
    assert await send(channel, 2) == Receipt(f"{ROOM} F0FILE01")
    place, put, done = slack.asked
    assert place.query == {"filename": CSV.name, "length": str(len(CSV.body))}
    assert put.body == CSV.body
    assert "authorization" not in put.headers
    assert done.json == {
        "files": [{"id": "F0FILE01", "title": f"{CSV.name} · {KEY.digest[:8]}"}],
        "channel_id": ROOM,
        "thread_ts": TS,
    }


async def test_a_file_that_nobody_can_see_yet_is_deferred_whatever_went_wrong(
    channel: SlackChannel, slack: SlackServer
) -> None:
    slack.on("files.getUploadURLExternal", Says(breaks="reset"))
    with pytest.raises(DeliveryDeferred):
        await send(channel, 2)
    for answer in (Says(breaks="reset"), Says(b"no", 500)):
        on_upload(slack)
        slack.on("ABC", answer)
        with pytest.raises(DeliveryDeferred):
            await send(channel, 2)


async def test_an_unclear_completion_is_uncertain(channel: SlackChannel, slack: SlackServer) -> None:
    on_upload(slack)
    slack.on("ABC", Says(b"OK"))
    slack.on("files.completeUploadExternal", error("fatal_error"))
    with pytest.raises(DeliveryUncertain):
        await send(channel, 2)


async def test_a_token_that_may_not_write_files_still_posts(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("files.getUploadURLExternal", error("missing_scope"))
    with pytest.raises(DeliveryRefused, match="files:write") as raised:
        await send(channel, 2)
    assert raised.value.suspend is None


@pytest.mark.parametrize("url", ["http://elsewhere.example/x", "ftp://127.0.0.1/x", "https://a b/", 7, None])
async def test_a_file_goes_to_no_strange_address(channel: SlackChannel, slack: SlackServer, url: object) -> None:
    slack.on("files.getUploadURLExternal", ok(upload_url=url, file_id="F0FILE01"))
    with pytest.raises(DeliveryDeferred, match="address"):
        await send(channel, 2)


async def test_an_empty_file_and_a_hostile_name_go_as_something_slack_takes(channel: SlackChannel) -> None:
    rendered = SlackContent(posts=(MAIN,), attachments=(replace(CSV, name="../../e\u202evil\n.csv", body=b""),))
    part = parts(channel, rendered)[1]
    assert part.name == "e-vil-.csv"
    assert upload_body(channel.seal(part, [MAIN_RECEIPT])) == b"\n"


# looking up


def message(number: int, ts: str = TS, event: str = "funnel_digest") -> dict[str, Any]:
    payload = {"delivery_id": f"{KEY.digest}.{number}"}
    return {"ts": ts, "text": "…", "metadata": {"event_type": event, "event_payload": payload}}


async def test_a_post_is_found_by_its_delivery_id_on_a_later_page(channel: SlackChannel, slack: SlackServer) -> None:
    strangers = [{"ts": "1.1"}, {"metadata": 7}, 5, message(0, event="other"), message(1)]
    slack.on("conversations.history", ok(messages=strangers, has_more=True, response_metadata={"next_cursor": "bm=="}))
    slack.on("conversations.history", ok(messages=[message(0)], has_more=False))
    assert await channel.find(parts(channel)[0], ENVELOPE) == MAIN_RECEIPT
    first, second = slack.asked
    assert first.query["channel"] == ROOM
    assert float(first.query["oldest"]) == ENVELOPE.date.timestamp() - 24 * 3600
    assert first.query["include_all_metadata"] == "true"
    assert "cursor" not in first.query
    assert second.query["cursor"] == "bm=="


async def test_a_post_that_no_page_holds_is_absent(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("conversations.history", ok(messages=[message(1), {"ts": "1.1"}]))
    assert await channel.find(parts(channel)[0], ENVELOPE) is None


async def test_a_reply_is_looked_for_in_the_thread_of_the_main_post(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("conversations.history", ok(messages=[message(0)]), ok(messages=[message(0)]))
    slack.on("conversations.replies", ok(messages=[message(0), message(1, "1763370001.000200")]), ok(messages=[]))
    assert await channel.find(parts(channel)[1], ENVELOPE) == Receipt(f"{ROOM} 1763370001.000200")
    assert await channel.find(parts(channel)[1], ENVELOPE) is None
    assert slack.of("conversations.replies")[0].query["ts"] == TS


async def test_a_file_is_known_by_its_title_in_the_thread(channel: SlackChannel, slack: SlackServer) -> None:
    part = parts(channel)[2]
    other = {"ts": "1.2", "files": [{"id": "F0OTHER", "title": CSV.name}, 3]}
    ours = {"ts": "1.3", "files": [{"id": "F0FILE01", "title": part.meta["title"]}]}
    slack.on("conversations.history", ok(messages=[message(0)]), ok(messages=[message(0)]))
    slack.on("conversations.replies", ok(messages=[other, ours]), ok(messages=[other, {"ts": "1.4", "files": None}]))
    assert await channel.find(part, ENVELOPE) == Receipt(f"{ROOM} F0FILE01")
    assert await channel.find(part, ENVELOPE) is None


async def test_a_thread_whose_main_post_is_gone_proves_nothing(channel: SlackChannel, slack: SlackServer) -> None:
    slack.on("conversations.history", ok(messages=[]))
    with pytest.raises(DeliveryDeferred, match="thread cannot be looked through"):
        await channel.find(parts(channel)[1], ENVELOPE)


async def test_a_persons_post_is_looked_for_in_the_conversation_with_them(
    channel: SlackChannel, slack: SlackServer
) -> None:
    slack.on("conversations.open", ok(channel={"id": "D0CONVERSE"}))
    slack.on("conversations.history", ok(messages=[message(0)]))
    found = await channel.find(parts(channel)[0], replace(ENVELOPE, address="U0PERSON01"))
    assert found == Receipt(f"D0CONVERSE {TS}")
    assert slack.of("conversations.history")[0].query["channel"] == "D0CONVERSE"


NO_PROOF = [
    error("missing_scope", needed="channels:history"),
    error("channel_not_found"),
    error("fatal_error"),
    Says(status=429, headers={"retry-after": "5"}),
    Says(breaks="reset"),
    Says(b"?", 500),
    ok(),
    ok(messages={}),
    ok(messages=[], has_more=True),
]


@pytest.mark.parametrize("answer", NO_PROOF)
async def test_a_history_that_cannot_be_read_proves_nothing(
    channel: SlackChannel, slack: SlackServer, answer: Says
) -> None:
    slack.on("conversations.history", answer)
    with pytest.raises(DeliveryDeferred):
        await channel.find(parts(channel)[0], ENVELOPE)


async def test_a_history_without_an_end_is_given_up(channel: SlackChannel, slack: SlackServer) -> None:
    endless = ok(messages=[], has_more=True, response_metadata={"next_cursor": "again"})
    slack.on("conversations.history", *[endless] * 50)
    with pytest.raises(DeliveryDeferred, match="more than 50 pages"):
        await channel.find(parts(channel)[0], ENVELOPE)


# options, addresses, lanes


@pytest.mark.parametrize("address", ["C0123456789", " G0123456789 ", "D0123456", "U012AB3CD", "W012AB3CD"])
def test_an_id_is_an_address(address: str) -> None:
    assert SLACK.address(address) == address.strip()


@pytest.mark.parametrize("address", ["#sales", "@tomas", "sales", "c0123456789", "", "X0123456789", "C0123456789\nC1"])
def test_a_name_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="expected the id of a channel or person"):
        SLACK.address(address)


def test_a_webhook_takes_no_address_and_a_token_needs_one() -> None:
    assert not SLACK.needs_address({"webhook_url": "${HOOK}"})
    assert SLACK.needs_address({"token": "${TOKEN}"})
    assert SLACK.one_of == (("token", "webhook_url"),)
    assert [option.name for option in SLACK.options if option.secret] == ["token", "webhook_url"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"token": "${T}", "base_url": "http://slack.example/api"}, ("base_url",)),
        ({"token": "${T}", "base_url": "https://[broken"}, ("base_url",)),
        ({"webhook_url": "ftp://hooks.example/x"}, ("webhook_url",)),
        ({"webhook_url": "${HOOK}", "base_url": "https://slack.example/api"}, ("base_url",)),
    ],
)
def test_options_that_cannot_work_are_named(options: dict[str, str], path: tuple[str, ...]) -> None:
    assert [fault.path for fault in SLACK.faults(options)] == [path]


def test_options_that_work_have_no_faults() -> None:
    assert SLACK.faults({"token": "${T}", "base_url": "http://127.0.0.1:8080/api"}) == ()
    assert SLACK.faults({"webhook_url": "${HOOK}"}) == ()


async def test_the_options_choose_the_channel() -> None:
    by_token = open_slack({"token": f"{TOKEN}\n"})
    by_webhook = open_slack({"webhook_url": "https://hooks.example/services/T/B/secret"})
    assert isinstance(by_token, SlackChannel)
    assert isinstance(by_webhook, SlackWebhookChannel)
    assert isinstance(by_token, Findable)
    assert not isinstance(by_webhook, Findable)
    await by_token.aclose()
    await by_webhook.aclose()


@pytest.mark.parametrize("token", ["", "  ", "xoxb-with space", "xoxb-\x00zero", "xoxb-ü"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_printed(token: str) -> None:
    with pytest.raises(RequestError) as raised:
        open_slack({"token": token})
    assert not token.strip() or token.strip() not in str(raised.value)


@pytest.mark.parametrize("token", ["xapp-1-A0-1-abc", " xapp-1-A0-1-abc\n"])
def test_a_secret_of_another_kind_in_place_of_the_bots_token_is_said(token: str) -> None:
    """Slack answered `invalid_auth` or `not_allowed_token_type`, at the first delivery."""
    with pytest.raises(RequestError, match="expected a bot's token, xoxb-…") as raised:
        open_slack({"token": token})
    assert "abc" not in str(raised.value)


async def test_a_pace_belongs_to_token_and_channel_and_does_not_tell_the_token(channel: SlackChannel) -> None:
    key, seconds = channel.pace(ROOM)
    assert seconds == 1.0
    assert (key, seconds) == SlackChannel(TOKEN).pace(ROOM)
    assert key not in {channel.pace("C0OTHER000")[0], SlackChannel("xoxb-other").pace(ROOM)[0]}
    assert TOKEN not in key


async def test_no_answer_ends_as_an_error_outside_the_tree(channel: SlackChannel, slack: SlackServer) -> None:
    strange = [b"null", b"7", b'"ok"', b'{"ok":"true"}', b'{"ok":false,"error":7}', b'{"ok":false}', b"\xff\xfe", b""]
    slack.on("chat.postMessage", *[Says(body) for body in strange])
    for _ in strange:
        with pytest.raises(DeliveryError):
            await send(channel)
