"""Facts as server-sent events: each once and in order, also for a client that comes again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope
from worker.web.api import events

READ = TokenScope.READ
STATES = ["run_claimed", "run_begun", "delivery_begun", "run_ended"]


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


@asynccontextmanager
async def following(served: ServedApi, path: str, last: str = "") -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    headers = {"Authorization": f"Bearer {served.tokens[READ]}"} | ({"Last-Event-ID": last} if last else {})
    async with served.client.stream("GET", path, headers=headers, timeout=20) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield messages(answer)


async def messages(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    held: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            held[name] = value
        elif "data" in held:
            yield json.loads(held["data"]) | {"kind": held["event"], "sent_id": held.get("id")}
            held = {}


async def until_ended(found: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    seen = []
    async for one in found:
        seen.append(one)
        if one["event"] == "run_ended":
            break
    return seen


async def first(found: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    return [await anext(found) for _ in range(count)]


async def test_a_run_is_followed_from_its_claim_to_its_end(served: ServedApi) -> None:
    run, _ = await served.project.run()
    async with following(served, f"/runs/{run.key}/events") as found:
        seen = await until_ended(found)
    assert [one["event"] for one in seen if one["event"] in STATES] == STATES
    assert {one["run"] for one in seen} == {str(run.key)}
    assert (seen[-1]["state"], seen[-1]["kind"], seen[-1]["sent_id"]) == ("delivered", "run_ended", seen[-1]["id"])
    assert {"query_answered", "delivery_settled"} <= {one["event"] for one in seen}


async def test_a_client_that_comes_again_after_each_event_sees_each_once_and_in_order(served: ServedApi) -> None:
    run, _ = await served.project.run()
    await served.project.run()
    async with following(served, f"/runs/{run.key}/events") as found:
        whole = await until_ended(found)
    pieces, last = list[dict[str, Any]](), ""
    while not pieces or pieces[-1]["event"] != "run_ended":
        async with following(served, f"/runs/{run.key}/events", last) as found:
            pieces.append(await anext(found))
        last = pieces[-1]["id"]
    assert pieces == whole
    ids = [tuple(map(int, one["id"].split("-"))) for one in whole]
    assert ids == sorted(set(ids))


async def test_everything_is_followed_while_it_happens(served: ServedApi) -> None:
    await served.project.run()
    async with following(served, "/events") as found:
        going = asyncio.create_task(until_ended(found))
        await asyncio.sleep(0)
        run, _ = await served.project.run()
        seen = await going
    states = [one["event"] for one in seen if one["event"] in STATES]
    assert states == STATES
    assert seen[-1]["run"] == str(run.key), "nothing of the run before is told"


async def test_a_client_that_was_away_for_too_long_is_told_of_a_gap(served: ServedApi, redis_client: Redis) -> None:
    run, _ = await served.project.run()
    stream = served.project.services.event_stream
    oldest = (await stream.after("", 1)).last
    await redis_client.xtrim("acme:events", maxlen=2, approximate=False)
    async with following(served, "/events", oldest) as found:
        seen = await first(found, 3)
    assert seen[0]["kind"] == "gap"
    assert seen[-1]["run"] == str(run.key)


async def test_a_stream_ends_when_its_token_is_revoked(served: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CHECK", 1)
    async with following(served, "/events") as found:
        going = asyncio.create_task(anext(found, None))
        assert (await served.ask("DELETE", f"/tokens/{READ}")).status_code == 200
        seen = [await asyncio.wait_for(going, 10)]
        seen += [one async for one in found]
    assert all(one is None or one["event"] for one in seen)
    assert (await served.get("/runs", scope=READ)).status_code == 401


async def test_an_id_that_is_none_is_refused(served: ServedApi) -> None:
    answer = await served.get("/events", headers={"Last-Event-ID": "yesterday"})
    assert answer.status_code == 422
