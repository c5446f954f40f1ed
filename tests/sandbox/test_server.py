"""The sandbox as a whole: start and end, the gate, the log, the control interface, the thread."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.patience import PATIENCE
from worker.sandbox.close_api import API_KEY
from worker.sandbox.outbox import Outbox, slug
from worker.sandbox.server import Sandbox, SandboxThread

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


async def until(condition: Callable[[], bool]) -> None:
    """What happens on the other side of a socket tells nobody here."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_its_addresses_are_on_loopback_and_fit_into_an_environment(box: Sandbox) -> None:
    told = json.loads(json.dumps(box.describe()))
    assert set(told) == {"close", "pipedrive", "umami", "slack", "webhook", "receiver", "smtp", "control"}
    assert told["close"].startswith("http://127.0.0.1:")
    assert told["smtp"] == f"smtp://127.0.0.1:{box.mail.port}?tls=never"


async def test_a_closed_gate_holds_requests_until_it_opens(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.front.latency = 0.05
    inside = asyncio.create_task(close.get("/me/"))
    await until(lambda: box.gate.inside == 1)
    box.gate.shut()
    waiting = asyncio.create_task(close.get("/opportunity/"))
    await box.gate.idle()
    assert (await inside).status_code == 200
    await until(lambda: box.gate.waiting == 1)
    assert not waiting.done()
    happened = box.pipeline.step(box.now())
    box.gate.open()
    rows = {row["id"] for row in (await waiting).json()["data"]}
    assert {e.deal for e in happened if type(e).__name__ == "Created"} <= rows


async def test_the_log_tells_every_request_once(close: httpx.AsyncClient, box: Sandbox) -> None:
    await close.get("/me/")
    await close.get("/opportunity/oppo_nobody/")
    assert [(served.route, served.status) for served in box.log] == [
        ("GET /close/api/v1/me/", 200),
        ("GET /close/api/v1/opportunity/oppo_nobody/", 404),
    ]


async def test_everything_can_be_asked_for_by_http(
    close: httpx.AsyncClient, control: httpx.AsyncClient, box: Sandbox
) -> None:
    answer = await control.post("/fault", json={"pattern": "GET */me/", "kind": "status", "status": 503})
    assert answer.json()["ok"] is True
    assert (await close.get("/me/")).status_code == 503
    await control.post("/limit", json={"count": 1, "seconds": 60, "dialect": "old"})
    assert [(await close.get("/me/")).status_code for _ in range(2)] == [200, 429]
    stepped = (await control.post("/step")).json()["result"]
    assert {"Won", "Lost", "Created"} <= set(stepped)
    await control.post("/mail", json={"kind": "refuse", "recipient": "a@acme.example", "code": 550})
    assert list(box.mail.faults.recipients) == ["a@acme.example"]
    await control.post("/clear")
    assert box.mail.faults.recipients == {}
    await control.post("/shift", json={"kind": "delete"})
    await control.post("/latency", json={"seconds": 0.01})
    await control.post("/gate", json={"shut": True, "idle": True})
    waiting = asyncio.create_task(close.get("/me/"))
    await control.post("/gate", json={"shut": False})
    assert (await waiting).status_code == 429
    state = (await control.get("/state")).json()
    assert state["steps"] == 1
    assert state["refused"] == 2
    assert state["faults"] == {"status": 1}
    assert state["requests"] == {"GET /close/api/v1/me/": 4}


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("fault", {"pattern": "*", "kind": "explode"}, 400),
        ("fault", {"kind": "cut"}, 400),
        ("mail", {"kind": "burn"}, 400),
        ("shift", {"kind": "sideways"}, 400),
        ("limit", {}, 400),
        ("unheard", {}, 404),
    ],
)
async def test_a_wrong_word_to_control_is_one_sentence(
    control: httpx.AsyncClient, verb: str, body: dict[str, str], status: int
) -> None:
    answer = await control.post(f"/{verb}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_it_ends_although_a_request_is_being_held() -> None:
    async with Sandbox(now=lambda: NOW) as box, httpx.AsyncClient(auth=(API_KEY, "")) as client:
        box.faults.arm("*", "slow", seconds=60)
        held = asyncio.create_task(client.get(f"{box.close_url}/me/"))
        await until(lambda: box.gate.inside == 1)
        box.front.closing.set()
        assert (await held).status_code == 200
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", box.mail.port)


def test_a_thread_of_its_own_serves_callers_without_a_loop(tmp_path: Path) -> None:
    before = threading.active_count()
    with SandboxThread(seed=4, out=tmp_path, now=lambda: NOW) as box:
        url = json.loads(box.describe_json())["close"]
        assert httpx.get(f"{url}/me/", auth=(API_KEY, "")).status_code == 200
        assert box.call(lambda inner: len(inner.pipeline.open_deals())) == 40
        box.run(lambda inner: inner.gate.idle())
        with pytest.raises(ValueError, match="expected one of"):
            box.call(lambda inner: inner.faults.arm("*", "explode"))
    assert threading.active_count() == before


def test_a_thread_that_cannot_open_says_why() -> None:
    def no_clock() -> None:
        raise RuntimeError("no clock")

    with pytest.raises(RuntimeError, match="no clock"):
        SandboxThread(now=no_clock).__enter__()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name"),
    [("sales@acme.example", "sales-acme-example"), ("../..", "unnamed"), ("שלום", "unnamed"), ("É" * 90, "e" * 40)],
)
def test_a_slug_is_never_a_path(text: str, name: str) -> None:
    assert slug(text) == name


def test_an_uploads_suffix_is_kept_only_where_it_is_plain() -> None:
    outbox = Outbox()
    kept = [outbox.keep("upload", name, b"", NOW, {}).name for name in ("a.csv", "a.csv/../x", "a.EXE;")]
    assert [name.rpartition(".")[2] for name in kept] == ["csv", "bin", "bin"]


def test_the_numbers_of_messages_go_on_after_those_in_the_folder(tmp_path: Path) -> None:
    """A restarted sandbox began with 0001 again, so that the order of names was not that of time."""
    first = Outbox(tmp_path / "out")
    names = [first.keep("eml", "a@b.example", body, NOW, {}).name for body in (b"one", b"two")]
    (tmp_path / "out" / "2026-11-30-notes.txt").touch()
    again = Outbox(tmp_path / "out")
    names += [again.keep("eml", "a@b.example", body, NOW, {}).name for body in (b"one", b"three")]
    assert [name[:5] for name in names] == ["0001-", "0002-", "0003-", "0004-"]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.eml")) == names
