"""Events that services post, over a real socket: what is taken, what is refused, and which run follows."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from redis.asyncio import Redis

from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.webhook_signature import WebhookSigner
from worker.domain.run import RunState
from worker.entry.draft import checked_draft
from worker.entry.project_dir import bundle_of
from worker.flow.deploy.deploy import deploy
from worker.flow.operate.pause import pause
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick
from worker.web.hooks.app import LONGEST_BODY, hooks
from worker.web.site import SiteUses
from worker.web.site import site as whole_site

CLOSE_KEY = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
BASIC = "funnelbeat:correct-horse-battery"
STANDARD = f"whsec_{base64.b64encode(b'c' * 32).decode()}"
PROJECT = f"""
project: acme
connections:
  close: {{type: sandbox, webhook_secret: "{CLOSE_KEY}"}}
  drive: {{type: sandbox-pipedrive, webhook_secret: "{BASIC}"}}
  site: {{type: sandbox-umami, webhook_secret: "{STANDARD}"}}
  quiet: {{type: sandbox}}
  unset: {{type: sandbox, webhook_secret: "${{FUNNELBEAT_TEST_NOT_SET}}"}}
channels:
  mail: {{type: sandbox}}
  chat: {{type: sandbox}}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
"""
MOVED = """when: {event: close.opportunity.updated, filter: "event.changed.contains('status_id')", debounce: 1s}"""
WHEN = 'when: {cron: "0 9 * * MON"}'


@dataclass
class Site:
    week: InProcessRun
    client: httpx.AsyncClient

    async def post(self, connection: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(f"/{connection}", content=body, headers=dict(headers))

    async def outcome(self, connection: str, body: bytes, headers: Mapping[str, str]) -> str:
        answer = await self.post(connection, body, headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["outcome"])

    async def counts(self, connection: str) -> Mapping[str, int]:
        return (await self.week.services.source_events.counts([connection]))[connection]

    async def tick_when_due(self) -> tuple[str, ...]:
        """The runs of every window that is open, once the last of them is over."""
        claimed: tuple[str, ...] = ()
        while await self.open():
            await asyncio.sleep(0.05)
            claimed += tuple(map(str, (await tick(self.week.services)).claimed))
        return claimed

    async def open(self) -> list[str]:
        return sorted(await self.week.services.source_events.windows())


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Site]:
    async with in_process_run(empty_redis.url, tmp_path / "project") as week:
        (week.place / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
        await week.deploy(SCHEDULE.replace(WHEN, MOVED))
        config = uvicorn.Config(hooks(week.services), port=0, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        going = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield Site(week, client)
        server.should_exit = True
        await going


def of_close(number: int = 1, *changed: str, **other: Any) -> bytes:
    event = {
        "id": f"ev_{number}",
        "date_updated": "2026-11-30T02:00:00",
        "object_type": "opportunity",
        "action": "updated",
        "object_id": "oppo_1",
        "changed_fields": list(changed or ("status_id",)),
        "data": {"value": 99_999_999},
    }
    return json.dumps({"event": event | other, "subscription_id": "whsub_1"}).encode()


def by_close(body: bytes, *, late: timedelta = timedelta(0), key: str = CLOSE_KEY) -> dict[str, str]:
    stamp = str(int((datetime.now(UTC) - late).timestamp()))
    made = hmac.new(bytes.fromhex(key), stamp.encode() + body, hashlib.sha256).hexdigest()
    return {"close-sig-hash": made, "close-sig-timestamp": stamp}


def by_basic(written: str = BASIC) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(written.encode()).decode()}"}


async def test_an_event_becomes_a_run_that_fetches_what_changed(site: Site) -> None:
    body = of_close()
    assert await site.outcome("close", body, by_close(body)) == "accepted"
    (claimed,) = await site.tick_when_due()
    assert claimed.startswith("week@")
    assert "+event." in claimed
    run = await _finished(site)
    assert (run.trigger, run.state) == ("event", RunState.DELIVERED)
    mails = [item.body for item in site.week.box.outbox.items]
    assert mails
    assert not any(b"999,999" in mail for mail in mails), "no figure of the event is believed"


async def test_a_flood_of_events_becomes_one_run(site: Site, redis_client: Redis) -> None:
    await flood(site, 150, redis_client)


async def flood(site: Site, count: int, redis_client: Redis) -> None:
    """Disordered, each sent twice. The window is long enough to hold them all, and ends when they have come."""
    await site.week.deploy(SCHEDULE.replace(WHEN, MOVED.replace("1s", "5m")))
    bodies = [of_close(number) for number in range(count)]
    gate = asyncio.Semaphore(32)

    async def one(body: bytes) -> str:
        async with gate:
            return await site.outcome("close", body, by_close(body))

    outcomes = await asyncio.gather(*(one(body) for body in [*bodies[::-1], *bodies]))
    assert sorted({(name, outcomes.count(name)) for name in outcomes}) == [("accepted", count), ("duplicate", count)]
    assert await site.counts("close") == {"accepted": count, "duplicate": count}
    assert await site.open() == ["week"]
    await redis_client.zincrby("acme:windows", -300_000, "week")
    assert len(await site.tick_when_due()) == 1
    run = await _finished(site)
    assert (run.trigger, run.state) == ("event", RunState.DELIVERED)
    assert len(await site.week.services.lookups.runs(None, 10)) == 1


async def test_what_came_while_no_clock_ran_is_one_run_afterwards(site: Site) -> None:
    for number in (1, 2):
        body = of_close(number)
        await site.outcome("close", body, by_close(body))
        await asyncio.sleep(0.6)  # the second comes while the window is open, and it ends with no clock to see it
    later = of_close(3)
    await asyncio.sleep(0.6)
    assert await site.outcome("close", later, by_close(later)) == "accepted"
    assert len((await tick(site.week.services)).claimed) == 1
    assert (await tick(site.week.services)).claimed == ()
    assert await site.open() == []


async def test_two_clocks_make_one_run_of_a_window(site: Site) -> None:
    body = of_close()
    await site.outcome("close", body, by_close(body))
    await asyncio.sleep(1.1)
    ticked = await asyncio.gather(*(tick(site.week.services) for _ in range(4)))
    assert sum(len(one.claimed) for one in ticked) == 1


@pytest.mark.parametrize("other", [{"changed_fields": ["note"]}, {"action": "created"}, {"object_type": "lead"}])
async def test_an_event_that_no_schedule_waits_for_is_recorded_and_opens_nothing(
    site: Site, other: dict[str, Any]
) -> None:
    body = of_close(**other)
    assert await site.outcome("close", body, by_close(body)) == "unused"
    assert await site.open() == []


async def test_an_event_for_a_paused_schedule_ends_as_a_skipped_run(site: Site) -> None:
    await pause(site.week.services, "week", None)
    body = of_close()
    await site.outcome("close", body, by_close(body))
    await site.tick_when_due()
    run = await _finished(site)
    assert (run.state, str(run.reason)) == (RunState.SKIPPED, "paused")


async def test_a_window_ends_with_a_schedule_that_is_gone_and_is_carried_over_a_rename(site: Site) -> None:
    body = of_close()
    await site.outcome("close", body, by_close(body))
    schedules = site.week.place / "schedules"
    renamed = SCHEDULE.replace(WHEN, MOVED).replace("name:", "previously: week\nname:", 1)
    (schedules / "weekly.yaml").write_text(renamed, encoding="utf-8")
    (schedules / "week.yaml").unlink()
    await _deploy(site.week)
    (claimed,) = await site.tick_when_due()
    assert claimed.startswith("weekly@")
    other = of_close(2)
    await site.outcome("close", other, by_close(other))
    (schedules / "weekly.yaml").unlink()
    await _deploy(site.week)
    assert await site.tick_when_due() == ()


SIGNED = of_close()
REFUSED: dict[str, tuple[int, bytes, Callable[[], dict[str, str]], str]] = {
    "unsigned": (401, SIGNED, dict, "unsigned"),
    "tampered": (401, SIGNED.replace(b"oppo_1", b"oppo_2"), lambda: by_close(SIGNED), "unsigned"),
    "of another key": (401, SIGNED, lambda: by_close(SIGNED, key="00" * 32), "unsigned"),
    "unsigned and no JSON": (401, b"{", dict, "unsigned"),
    "no JSON": (400, b"{", lambda: by_close(b"{"), "malformed"),
    "a list": (400, b"[]", lambda: by_close(b"[]"), "malformed"),
    "without an event": (400, b"{}", lambda: by_close(b"{}"), "malformed"),
    "nested deeply": (400, b"[" * 100_000, lambda: by_close(b"[" * 100_000), "malformed"),
    "oversized": (413, b" " * (LONGEST_BODY + 1), lambda: by_close(b" "), "oversized"),
}
"""Signed when the test runs: a signature is too old minutes after the tests were collected."""


@pytest.mark.parametrize(("status", "body", "signed", "counted"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_refused_is_counted_and_queues_nothing(
    site: Site, status: int, body: bytes, signed: Callable[[], dict[str, str]], counted: str
) -> None:
    answer = await site.post("close", body, signed())
    assert answer.status_code == status
    assert answer.json()["problem"]
    assert await site.counts("close") == {counted: 1}
    assert await site.open() == []
    assert CLOSE_KEY not in answer.text


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
async def test_a_signature_of_another_time_is_refused(site: Site, late: timedelta) -> None:
    body = of_close()
    assert (await site.post("close", body, by_close(body, late=late))).status_code == 401
    assert await site.open() == []


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(site: Site) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b" " * 65_536

    try:
        answer = await site.client.post("/close", content=endless(), headers=by_close(b" "))
        assert answer.status_code == 413
    except httpx.TransportError:  # the server had answered and closed
        pass
    assert sent < 40 * LONGEST_BODY
    assert await site.counts("close") == {"oversized": 1}


@pytest.mark.parametrize(("connection", "status"), [("nobody", 404), ("quiet", 404), ("unset", 503)])
async def test_a_connection_that_takes_no_events(site: Site, connection: str, status: int) -> None:
    body = of_close()
    assert (await site.post(connection, body, by_close(body))).status_code == status
    assert (await site.client.get("/close")).status_code == 404


async def test_pipedrive_proves_itself_by_its_password(site: Site) -> None:
    await site.week.deploy(
        SCHEDULE.replace(WHEN, """when: {event: drive.deal.change, filter: "'stage_id' in event.changed"}""")
    )
    meta = {"id": "0a1b", "action": "change", "entity": "deal", "entity_id": "42", "attempt": 1}
    body = json.dumps({"data": {"value": 1}, "previous": {"stage_id": 427}, "meta": meta}).encode()
    assert (await site.post("drive", body, by_basic("funnelbeat:wrong-horse-battery"))).status_code == 401
    assert (await site.post("drive", body, {"authorization": "Basic !"})).status_code == 401
    assert await site.outcome("drive", body, by_basic()) == "accepted"
    again = body.replace(b'"attempt": 1', b'"attempt": 2')
    assert await site.outcome("drive", again, by_basic()) == "duplicate"


async def test_others_sign_as_standard_webhooks_has_it(site: Site) -> None:
    await site.week.deploy(SCHEDULE.replace(WHEN, "when: {every: 15m, event: site.goal.reached, debounce: 10m}"))
    body = json.dumps({"type": "goal.reached", "data": {"id": "signup"}}).encode()
    signed = WebhookSigner([STANDARD]).headers("msg_1", body, datetime.now(UTC))
    assert (await site.post("site", body, {**signed, "webhook-id": "msg_2"})).status_code == 401
    assert await site.outcome("site", body, signed) == "accepted"
    assert await site.outcome("site", body, signed) == "duplicate"
    bad = b'{"type": "goal"}'
    assert (
        await site.post("site", bad, WebhookSigner([STANDARD]).headers("msg_3", bad, datetime.now(UTC)))
    ).status_code == 400


async def test_the_site_serves_hooks_as_a_part_of_its_own(site: Site) -> None:
    services = site.week.services
    served = SiteUses(services, "acme", checked_draft)
    body, answers = of_close(), dict[tuple[str, ...], int]()
    for parts in [("hooks",), ("links",)]:
        transport = httpx.ASGITransport(whole_site(served, parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://beat.acme.example") as client:
            answers[parts] = (await client.post("/hooks/close", content=body, headers=by_close(body))).status_code
    assert answers == {("hooks",): 202, ("links",): 404}


async def _deploy(week: InProcessRun) -> None:
    await deploy(bundle_of(week.place), week.services)


async def _finished(site: Site) -> Any:
    services = site.week.services
    (run,) = await services.lookups.runs("week", 1)
    for delivery in await produce(services, run.key):
        await deliver(services, delivery)
    return await services.lookups.run(run.key)
