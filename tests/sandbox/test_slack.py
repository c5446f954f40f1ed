"""The Slack stand-in: what it refuses, what it remembers, and what it never forgets to say."""

import json
from typing import Any

import httpx
import pytest

from worker.sandbox.server import Sandbox

ROOM = "C0123456789"
META = {"event_type": "funnel_digest", "event_payload": {"delivery_id": "abc.0"}}

Json = dict[str, Any]


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def table(rows: int, columns: int, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]}


async def post(slack: httpx.AsyncClient, **body: Any) -> Json:
    answer = await slack.post("/chat.postMessage", json={"channel": ROOM, "text": "fallback", **body})
    assert answer.status_code == 200
    told: Json = answer.json()
    return told


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"channel": "general"}, "channel_not_found"),
        ({"channel": "C0UNKNOWN"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"blocks": {}}, "no_text"),
        ({"blocks": "x", "text": "y"}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "markdown", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "block_id": "a"}, {**section("y"), "block_id": "a"}]}, "invalid_blocks"),
        ({"blocks": [table(101, 2)]}, "invalid_blocks"),
        ({"blocks": [table(2, 21)]}, "invalid_blocks"),
        ({"blocks": [table(2, 2, "")]}, "invalid_blocks"),
        ({"blocks": [table(10, 10, "x" * 101)]}, "invalid_blocks"),
        ({"blocks": [table(2, 2), table(2, 2)]}, "invalid_attachments"),
        ({"blocks": [section("x" * 2_990)] * 5}, "msg_blocks_too_long"),
    ],
)
async def test_what_is_past_a_limit_is_refused_and_not_posted(
    slack: httpx.AsyncClient, box: Sandbox, body: Json, error: str
) -> None:
    box.slack.unknown.add("C0UNKNOWN")
    if body == {"blocks": {}}:
        body = {"blocks": {}, "text": ""}
    told = await post(slack, **body)
    assert (told["ok"], told["error"]) == (False, error)
    assert box.room.posts == []
    assert box.outbox.items == []


async def test_what_is_just_within_the_limits_is_posted(slack: httpx.AsyncClient) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "🦄" * 150}},
        section("x" * 3_000),
        table(100, 2),
        {"type": "divider"},
    ]
    assert (await post(slack, blocks=blocks))["ok"] is True


@pytest.mark.parametrize(
    ("header", "error"), [({}, "not_authed"), ({"authorization": "Bearer xoxb-x"}, "invalid_auth")]
)
async def test_a_wrong_token_is_told_with_200(box: Sandbox, header: dict[str, str], error: str) -> None:
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.post(f"{box.slack_url}/auth.test", headers=header)
    assert (answer.status_code, answer.json()["error"]) == (200, error)


@pytest.mark.parametrize(
    ("raw", "kind", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
        (b"a=b", "text/plain", "invalid_post_type"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    slack: httpx.AsyncClient, raw: bytes, kind: str, error: str
) -> None:
    answer = await slack.post("/chat.postMessage", content=raw, headers={"content-type": kind})
    assert answer.json() == {"ok": False, "error": error} | (
        {"response_metadata": answer.json()["response_metadata"]} if kind == "text/plain" else {}
    )


async def test_ids_grow_although_the_clock_stands_still(slack: httpx.AsyncClient) -> None:
    stamps = [(await post(slack, text=str(n)))["ts"] for n in range(5)]
    assert stamps == sorted(set(stamps))


async def test_duplicates_are_seen(slack: httpx.AsyncClient, box: Sandbox) -> None:
    for _ in range(2):
        await post(slack, text="same", metadata=META)
    assert [p.body["metadata"] for p in box.room.posts] == [META, META]
    assert len({item.sha256 for item in box.outbox.of("slack")}) == 1


async def test_history_is_newest_first_and_shows_metadata_only_when_asked(slack: httpx.AsyncClient) -> None:
    first = await post(slack, text="one", metadata=META)
    await post(slack, text="two")
    await post(slack, text="reply", thread_ts=first["ts"])
    plain = (await slack.get("/conversations.history", params={"channel": ROOM})).json()
    assert [m["text"] for m in plain["messages"]] == ["two", "one"]
    assert all("metadata" not in m for m in plain["messages"])
    asked = {"channel": ROOM, "include_all_metadata": "true", "oldest": first["ts"], "inclusive": "true"}
    full = (await slack.get("/conversations.history", params=asked)).json()
    assert full["messages"][-1]["metadata"] == META
    after = (await slack.get("/conversations.history", params=asked | {"inclusive": "false"})).json()
    assert [m["text"] for m in after["messages"]] == ["two"]


async def test_history_comes_in_pages_by_cursor(slack: httpx.AsyncClient) -> None:
    for number in range(5):
        await post(slack, text=str(number))
    texts: list[str] = []
    cursor = ""
    for expected in (True, True, False):
        params = {"channel": ROOM, "limit": "2", "cursor": cursor}
        page = (await slack.get("/conversations.history", params=params)).json()
        texts += [m["text"] for m in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        assert page["has_more"] is bool(cursor) is expected
    assert texts == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("name", ["cursor", "limit", "oldest", "latest"])
async def test_a_history_is_not_asked_for_by_nonsense(slack: httpx.AsyncClient, name: str) -> None:
    for nonsense in ("abc", "-1", "1e9", "nan", "٣"):
        answer = await slack.get("/conversations.history", params={"channel": ROOM, name: nonsense})
        assert answer.json()["error"].startswith("invalid_")


async def test_a_post_may_be_told_to_come_back_later(slack: httpx.AsyncClient, box: Sandbox) -> None:
    told = json.dumps({"ok": False, "error": "ratelimited"})
    box.faults.arm("POST */chat.postMessage", "status", status=429, retry_after="2", body=told)
    answer = await slack.post("/chat.postMessage", json={"channel": ROOM, "text": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"] == "ratelimited"
    assert box.room.posts == []


async def test_a_thread_starts_with_its_parent(slack: httpx.AsyncClient, box: Sandbox) -> None:
    parent = await post(slack, text="digest")
    await post(slack, text="more", thread_ts=parent["ts"])
    asked = {"channel": ROOM, "ts": parent["ts"]}
    found = (await slack.get("/conversations.replies", params=asked)).json()
    assert [m["text"] for m in found["messages"]] == ["digest", "more"]
    box.slack.bot_reads_threads = False
    assert (await slack.get("/conversations.replies", params=asked)).json()["error"] == "missing_scope"


async def test_a_post_to_a_person_lies_in_their_conversation(slack: httpx.AsyncClient) -> None:
    told = await post(slack, channel="U012ABCDEF")
    opened = (await slack.get("/conversations.open", params={"users": "U012ABCDEF"})).json()
    assert told["channel"] == opened["channel"]["id"] == "D012ABCDEF"


async def test_a_file_is_seen_only_once_it_is_completed(slack: httpx.AsyncClient, box: Sandbox) -> None:
    parent = await post(slack, text="digest")
    body = b"user,count\n\xc3\x89milie,3\n"
    params = {"filename": "../../etc/Fünnel totals.csv", "length": str(len(body))}
    asked = (await slack.get("/files.getUploadURLExternal", params=params)).json()
    early = {"files": [{"id": asked["file_id"]}], "channel_id": ROOM}
    assert (await slack.post("/files.completeUploadExternal", json=early)).json()["error"] == "file_not_found"
    assert (await slack.post(asked["upload_url"], content=body + b"!")).status_code == 400
    assert (await slack.post(asked["upload_url"], content=body)).status_code == 200
    assert box.outbox.of("upload") == []
    done = {"files": [{"id": asked["file_id"], "title": "Totals"}], "channel_id": ROOM, "thread_ts": parent["ts"]}
    assert (await slack.post("/files.completeUploadExternal", json=done)).json()["ok"] is True
    (upload,) = box.outbox.of("upload")
    assert upload.body == body
    assert upload.name == f"0002-etc-funnel-totals-{upload.sha256[:8]}.csv"
    thread = (await slack.get("/conversations.replies", params={"channel": ROOM, "ts": parent["ts"]})).json()
    assert thread["messages"][-1]["files"][0]["title"] == "Totals"


async def test_an_empty_file_is_refused(slack: httpx.AsyncClient) -> None:
    params = {"filename": "a.csv", "length": "0"}
    answer = await slack.get("/files.getUploadURLExternal", params=params)
    assert answer.json()["error"] == "missing_argument"


async def test_the_webhook_says_ok_and_nothing_else(box: Sandbox, slack: httpx.AsyncClient) -> None:
    raw = json.dumps({"text": "hello", "blocks": [section("x")]}).encode()
    answer = await slack.post(box.webhook_url, content=raw)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert box.outbox.items[0].body == raw


@pytest.mark.parametrize(
    ("raw", "status", "text"),
    [
        (b"{", 400, "invalid_payload"),
        (b"{}", 400, "no_text"),
        (b'{"blocks": [{"type": "marquee"}]}', 400, "invalid_blocks"),
    ],
)
async def test_a_webhooks_refusal_is_text_with_a_status(
    box: Sandbox, slack: httpx.AsyncClient, raw: bytes, status: int, text: str
) -> None:
    answer = await slack.post(box.webhook_url, content=raw)
    assert (answer.status_code, answer.text) == (status, text)
    assert box.outbox.items == []


async def test_a_webhook_that_is_gone_says_so(box: Sandbox, slack: httpx.AsyncClient) -> None:
    wrong = await slack.post(box.webhook_url + "x", json={"text": "hello"})
    assert (wrong.status_code, wrong.text) == (404, "no_service")
    box.slack.webhook_error = "channel_is_archived"
    archived = await slack.post(box.webhook_url, json={"text": "hello"})
    assert (archived.status_code, archived.text) == (410, "channel_is_archived")
