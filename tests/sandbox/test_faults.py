"""Every armed fault reaches the client as what it says, and the stand-in goes on after it."""

import asyncio
import json

import httpx
import pytest

from tests.support.patience import PATIENCE
from worker.sandbox.server import Sandbox


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_status_comes_with_an_empty_body(close: httpx.AsyncClient, box: Sandbox, status: int) -> None:
    box.faults.arm("GET */me/", "status", status=status, retry_after="3")
    answer = await close.get("/me/")
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["retry-after"] == "3"
    assert (await close.get("/me/")).status_code == 200


async def test_a_fault_strikes_as_often_and_as_late_as_it_was_armed(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.faults.arm("GET */me/", "status", status=500, times=2, after=1)
    assert [(await close.get("/me/")).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert (await close.get("/user/")).status_code == 200
    assert box.faults.met == {"status": 2}


@pytest.mark.parametrize("kind", ["cut", "drop"])
async def test_a_connection_that_breaks_gives_no_answer(close: httpx.AsyncClient, box: Sandbox, kind: str) -> None:
    box.faults.arm("GET */opportunity/", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        await close.get("/opportunity/")
    assert (await close.get("/opportunity/")).status_code == 200
    assert [served.status for served in box.log] == [0, 200]


@pytest.mark.parametrize("kind", ["malformed", "truncated", "html"])
async def test_a_spoilt_body_comes_as_200_and_is_no_json(close: httpx.AsyncClient, box: Sandbox, kind: str) -> None:
    box.faults.arm("*", kind)
    answer = await close.get("/opportunity/")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()


async def test_a_redirect_leads_elsewhere(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.faults.arm("*", "redirect")
    answer = await close.get("/me/")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.invalid/")


async def test_a_slow_answer_is_late_and_whole(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.faults.arm("*", "slow", seconds=0.2)
    with pytest.raises(httpx.ReadTimeout):
        await close.get("/me/", timeout=0.05)
    box.faults.arm("*", "slow", seconds=0.05)
    assert (await close.get("/me/")).json()["id"]


async def test_latency_holds_for_every_request_to_close(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.front.latency = 1.0
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(close.get("/me/") for _ in range(5)))
    assert 1.0 <= loop.time() - began < 5.0, "one after another they would take 5 s"


async def test_a_post_may_be_applied_and_its_answer_lost(slack: httpx.AsyncClient, box: Sandbox) -> None:
    box.faults.arm("POST */chat.postMessage", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        await slack.post("/chat.postMessage", json={"channel": "C0123456789", "text": "once"})
    assert [post.body["text"] for post in box.room.posts] == ["once"]


async def test_a_refusal_may_hide_that_the_post_was_applied(slack: httpx.AsyncClient, box: Sandbox) -> None:
    told = json.dumps({"ok": False, "error": "fatal_error"})
    box.faults.arm("POST */chat.postMessage", "status", status=200, body=told, applied=True)
    answer = await slack.post("/chat.postMessage", json={"channel": "C0123456789", "text": "once"})
    assert answer.json() == {"ok": False, "error": "fatal_error"}
    assert len(box.room.posts) == 1


async def test_a_post_is_applied_after_the_client_gave_up(slack: httpx.AsyncClient, box: Sandbox) -> None:
    """Looked up at once it is absent, a little later it is there."""
    box.faults.arm("POST */chat.postMessage", "late_apply", seconds=1.5)
    with pytest.raises(httpx.ReadTimeout):
        await slack.post("/chat.postMessage", json={"channel": "C0123456789", "text": "late"}, timeout=0.1)
    seen: list[list[str]] = []
    async with asyncio.timeout(PATIENCE):
        while not seen or not seen[-1]:
            found = await slack.get("/conversations.history", params={"channel": "C0123456789"})
            seen.append([message["text"] for message in found.json()["messages"]])
    assert seen[0] == []
    assert seen[-1] == ["late"]


async def test_an_unknown_kind_is_refused(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="expected one of status, slow"):
        box.faults.arm("*", "explode")
