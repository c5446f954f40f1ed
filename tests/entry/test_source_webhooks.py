"""`source NAME webhooks add|list|remove` at the stand-ins, over real sockets, and the events that follow."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.support.command_line import PROJECT, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.entry import console
from worker.entry.local_queue import LocalQueue
from worker.web.hooks.app import hooks

KEY = base64.b64encode(b"t" * 32).decode()
BOTH = PROJECT.replace(
    "connections: {close: {type: sandbox}}",
    """
web: {base_url: "http://127.0.0.1:8080"}
connections: {close: {type: sandbox}, pd: {type: sandbox-pipedrive}, site: {type: sandbox-umami}}
""",
)
WAITING = """
when: {event: close.opportunity.updated, debounce: 1m}
report: [{id: deals, source: close, query: opportunities, params: {status_type: active}}]
to: [{id: team, channel: mail, address: sales@acme.example}]
"""
OF_PD = WAITING.replace("close.opportunity.updated", "pd.deal.change")


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", WAITING) as line:
        (line.place / "funnelbeat.yaml").write_text(BOTH, encoding="utf-8")
        (line.place / "schedules" / "pd.yaml").write_text(OF_PD, encoding="utf-8")
        line.deploy()
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", line.settings.sandbox)
        monkeypatch.setenv("FUNNELBEAT_TOKEN_KEY", KEY)
        yield line


def posted(here: CommandLine, connection: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a request to /hooks, of a `web` that has the key."""

    async def post() -> int:
        settings = replace(here.settings, token_key=KEY)
        async with open_services(settings, "acme", queue=LocalQueue(), directory=here.place, offline=True) as services:
            transport = httpx.ASGITransport(app=hooks(services))
            async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
                return (await client.post(f"/{connection}", content=body, headers=headers)).status_code

    return asyncio.run(post())


def held(here: CommandLine, name: str) -> list[dict[str, Any]]:
    """What the stand-in has."""
    assert here.box is not None
    return here.box.call(lambda box: list(getattr(box, name).webhooks.held.values()))


def signed(key: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    made = hmac.new(bytes.fromhex(key), stamp.encode() + body, hashlib.sha256).hexdigest()
    return {"close-sig-hash": made, "close-sig-timestamp": stamp}


def test_what_schedules_wait_for_is_registered_once_and_its_events_are_taken(here: CommandLine) -> None:
    assert here.document_of("source", "close", "webhooks", "add", "--yes")["new webhooks"]
    [made] = held(here, "close")
    assert made["url"] == "http://127.0.0.1:8080/hooks/close"
    assert [(one["object_type"], one["action"]) for one in made["events"]] == [("opportunity", "updated")]
    assert here.document_of("source", "close", "webhooks", "add", "--yes")["new webhooks"] == []
    assert len(held(here, "close")) == 1
    event = {"id": "ev_1", "object_type": "opportunity", "action": "updated", "object_id": "oppo_1"}
    body = json.dumps({"event": event}).encode()
    assert posted(here, "close", body, signed(made["signature_key"], body)) == 202
    assert posted(here, "close", body, signed("ab" * 32, body)) == 401
    with redis.Redis.from_url(here.redis.url) as client:
        [sealed] = client.hgetall("acme:webhook-keys:close").values()
        assert made["signature_key"].encode() not in sealed


def test_each_event_of_pipedrive_is_a_webhook_with_a_password_of_its_own(here: CommandLine) -> None:
    shown = here.document_of("source", "pd", "webhooks", "add", "deal.change,deal.create", "--yes")
    assert [one["events"] for one in shown["new webhooks"]] == ["deal.change", "deal.create"]
    first, second = held(here, "pipedrive")
    assert first["http_auth_password"] != second["http_auth_password"]
    assert first["http_auth_password"] not in json.dumps(shown)
    meta = {"action": "change", "entity": "deal", "entity_id": "1", "id": "u-1"}
    body = json.dumps({"data": {}, "previous": {"stage_id": 1}, "meta": meta}).encode()
    for one in (first, second):
        proof = base64.b64encode(f"{one['http_auth_user']}:{one['http_auth_password']}".encode()).decode()
        assert posted(here, "pd", body, {"authorization": f"Basic {proof}"}) == 202
    assert posted(here, "pd", body, {"authorization": "Basic eDp5"}) == 401


def test_one_is_removed_by_its_id_and_its_events_are_refused_from_then_on(here: CommandLine) -> None:
    here.document_of("source", "close", "webhooks", "add", "--yes")
    [made] = held(here, "close")
    here.document_of("source", "close", "webhooks", "remove", made["id"], "--yes")
    assert held(here, "close") == []
    assert posted(here, "close", b"{}", signed(made["signature_key"], b"{}")) == 404
    gone = here.call("source", "close", "webhooks", "remove", made["id"], "--yes")
    assert gone.exit_code == console.WRONG
    acts = [one["act"] for one in here.document_of("audit")]
    assert acts[:2] == ["source webhooks remove", "source webhooks add"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close", "webhooks", "drop", "1"), "found 'drop', expected one of list, add, remove"),
        (("close", "webhooks", "remove"), "write the id"),
        (("close", "webhooks", "add", "deal.won"), "posts no 'deal.won'"),
        (("site", "webhooks", "add", "goal.reached"), "no webhook can be registered"),
        (("site", "webhooks", "add"), "no schedule waits for an event of site"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    here: CommandLine, words: tuple[str, ...], said: str
) -> None:
    seen = here.call("source", *words, "--yes")
    assert seen.exit_code == console.WRONG
    assert said in seen.stderr
    assert held(here, "close") == []


def test_without_an_address_or_a_key_nothing_is_registered(here: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUNNELBEAT_TOKEN_KEY")
    assert "FUNNELBEAT_TOKEN_KEY is not set" in here.call("source", "close", "webhooks", "add", "--yes").stderr
    bare = BOTH.replace('web: {base_url: "http://127.0.0.1:8080"}', "")
    (here.place / "funnelbeat.yaml").write_text(bare, encoding="utf-8")
    assert "`web: {base_url: …}`" in here.call("source", "close", "webhooks", "add", "--yes").stderr
    plain = BOTH.replace("http://127.0.0.1:8080", "http://beat.acme.example")
    (here.place / "funnelbeat.yaml").write_text(plain, encoding="utf-8")
    assert "`base_url` with" in here.call("source", "close", "webhooks", "add", "--yes").stderr
    assert held(here, "close") == []


def test_one_of_which_the_key_was_lost_is_named(here: CommandLine) -> None:
    here.document_of("source", "close", "webhooks", "add", "--yes")
    [made] = held(here, "close")
    with redis.Redis.from_url(here.redis.url) as client:
        client.delete("acme:webhook-keys:close")
    seen = here.call("source", "close", "webhooks", "add", "--yes")
    assert f"{made['id']} posts here already, and its secret is not known" in seen.stderr


def test_doctor_and_plan_say_what_is_waited_for(here: CommandLine) -> None:
    planned = here.call("plan").stdout
    assert "asked runs when close posts opportunity.updated: one run 1m after the first." in planned
    assert "does not fire" not in planned
    [row] = [one for one in here.document_of("plan")["schedules"] if one["schedule"] == "asked"]
    assert row["event"] == {"name": "close.opportunity.updated", "filter": "", "debounce_seconds": 60}
    assert _doctor(here) == {"events of close": "warn", "events of pd": "warn"}
    here.document_of("source", "close", "webhooks", "add", "--yes")
    [made] = held(here, "close")
    event = {"id": "ev_1", "object_type": "opportunity", "action": "updated", "object_id": "oppo_1"}
    body = json.dumps({"event": event}).encode()
    assert posted(here, "close", body, signed(made["signature_key"], body)) == 202
    assert _doctor(here) == {"events of close": "ok", "events of pd": "warn"}


def _doctor(here: CommandLine) -> dict[str, str]:
    found = json.loads(here.call("doctor", "--json").stdout)
    return {one["what"]: one["level"] for one in found if one["what"].startswith("events of")}
