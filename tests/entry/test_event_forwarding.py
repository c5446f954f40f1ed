"""Webhooks of events over real sockets and a real Redis: signed, in order, at least once, and each by itself."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from tests.support.event_receiver import EventReceiver, Received, event_receiver
from tests.support.in_process import InProcessRun, in_process_run
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store import event_webhooks
from worker.adapters.webhook_signature import WebhookVerifier
from worker.domain.outgoing import EventWebhook
from worker.entry.event_forwarding import EventForwarding
from worker.outgoing import OutgoingHttp
from worker.ports.event_webhooks import WebhookState

KEY = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
OTHER = f"whsec_{base64.b64encode(b'o' * 32).decode()}"


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    with event_receiver() as made:
        yield made


@pytest.fixture
async def project(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    async with in_process_run(empty_redis.url, tmp_path / "project") as made:
        yield made


def hook(receiver: EventReceiver, name: str = "ops", *events: str, secret: str = KEY) -> EventWebhook:
    return EventWebhook(name, {"url": receiver.url, "secret": secret}, events or ("*",))


@asynccontextmanager
async def forwarding(
    project: InProcessRun, *hooks: EventWebhook, patience: float = PATIENCE
) -> AsyncIterator[EventForwarding]:
    requests = OutgoingHttp(project.place, patience=patience)
    going = EventForwarding(project.services, requests, look=0.02)
    going.ticked({one.name: one for one in hooks})
    await until(project, lambda states: len(states) == len(hooks), *hooks)
    yield going
    await going.end()
    await requests.aclose()


async def until(
    project: InProcessRun, ready: Callable[[Mapping[str, WebhookState]], bool], *hooks: EventWebhook
) -> Mapping[str, WebhookState]:
    """The states of webhooks that have a cursor, once `ready` likes them."""
    async with asyncio.timeout(PATIENCE), Redis.from_url(redis_of(project)) as client:
        while True:
            begun = [one.name for one in hooks if await client.hexists(f"acme:webhook:{one.name}", "cursor")]
            states = await project.services.event_webhooks.states(begun)
            if ready(states):
                return states
            await asyncio.sleep(0.02)


def redis_of(project: InProcessRun) -> str:
    pool = project.services.event_stream._scripts.client.connection_pool.connection_kwargs  # type: ignore[attr-defined]
    return f"unix://{pool['path']}?db={pool['db']}"


def told(request: Received) -> tuple[str, str]:
    return request.headers["webhook-id"], json.loads(request.body)["type"]


async def came(receiver: EventReceiver, count: int) -> list[Received]:
    return await asyncio.to_thread(receiver.wait_for, lambda seen: len(seen) >= count, PATIENCE)


async def test_each_event_is_told_once_signed_and_in_its_order(project: InProcessRun, receiver: EventReceiver) -> None:
    ops = hook(receiver, "ops", "run_begun", "run_ended.delivered", "run_ended.failed", "delivery_settled.sent")
    await project.run()
    async with forwarding(project, ops):
        before = await project.services.event_stream.newest()
        await project.run()
        await until(project, lambda states: states["ops"].sent == 3, ops)
    facts = (await project.services.event_stream.after(before, 100)).facts
    names = {"RunBegun": "run_begun", "RunEnded": "run_ended", "DeliverySettled": "delivery_settled"}
    wanted = [(f"evt_{one.id}", names[kind]) for one in facts if (kind := type(one.fact).__name__) in names]
    assert [told(one) for one in receiver.seen] == wanted
    assert len(wanted) == 3
    for request in receiver.seen:
        WebhookVerifier([KEY]).verify(request.headers, request.body)
        body = json.loads(request.body)
        assert body.keys() == {"type", "timestamp", "data"}
        assert f"evt_{body['data']['id']}" == request.headers["webhook-id"]


async def test_what_was_not_taken_is_tried_again_under_the_same_id(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.05,))
    answers = iter([503, 500, 302, 404])
    receiver.answer = lambda _request: next(answers, 200)
    ops = hook(receiver, "ops", "run_begun", "run_ended")
    async with forwarding(project, ops):
        await project.run()
        state = await until(project, lambda states: states["ops"].sent == 2, ops)
    ids = [told(one)[0] for one in receiver.seen]
    assert len(ids) == 6
    assert len(set(ids[:5])) == 1
    assert len(set(ids)) == 2
    assert state["ops"] == WebhookState(sent=2)


async def test_a_receiver_that_is_silent_stops_no_other(project: InProcessRun, receiver: EventReceiver) -> None:
    free = threading.Event()
    receiver.answer = lambda _request: free.wait(PATIENCE) and 200
    with event_receiver() as quick:
        hooks = hook(receiver, "slow", "run_ended"), hook(quick, "quick", "run_ended")
        async with forwarding(project, *hooks):
            for _ in range(3):
                await project.run()
            states = await until(project, lambda states: states["quick"].sent == 3, *hooks)
            assert states["slow"].sent == 0
            free.set()
            await until(project, lambda states: states["slow"].sent == 3, *hooks)
    assert len({told(one)[0] for one in receiver.seen}) == 3


async def test_what_is_refused_for_long_is_given_up_and_can_be_sent_again(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.02,))
    receiver.answer = lambda request: 422 if b"run_begun" in request.body else 200
    ops = hook(receiver, "ops", "run_begun", "run_ended")
    async with forwarding(project, ops):
        await project.run()
        await until(project, lambda states: (states["ops"].dead, states["ops"].sent) == (1, 1), ops)
        [dead] = await project.services.event_webhooks.dead("ops", 10)
        assert json.loads(dead.body)["type"] == "run_begun"
        assert "HTTP 422" in dead.sentence
        assert [told(one)[1] for one in receiver.seen] == ["run_begun"] * 5 + ["run_ended"]
        receiver.answer = lambda _request: 200
        assert await project.services.event_webhooks.retry("ops", "1-1") == 0
        assert await project.services.event_webhooks.retry("ops", "") == 1
        await until(project, lambda states: states["ops"].sent == 2, ops)
    assert told(receiver.seen[-1]) == (f"evt_{dead.id}", "run_begun")
    assert (await project.services.event_webhooks.states(["ops"]))["ops"].dead == 0


async def test_each_event_that_is_refused_has_its_own_tries(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver whose key is being set up refuses everything for a while."""
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.02,))
    answers = iter([401] * 9)
    receiver.answer = lambda _request: next(answers, 200)
    ops = hook(receiver, "ops", "run_begun", "run_ended")
    async with forwarding(project, ops):
        await project.run()
        state = await until(project, lambda states: states["ops"].sent == 1, ops)
    assert [told(one)[1] for one in receiver.seen] == ["run_begun"] * 5 + ["run_ended"] * 5
    assert state["ops"].dead == 1


async def test_a_receiver_that_was_away_for_a_day_gets_what_is_newer(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.02,))
    receiver.answer = lambda _request: 503
    ops = hook(receiver, "ops", "run_begun")
    async with forwarding(project, ops), Redis.from_url(redis_of(project)) as client:
        for minute in range(3):
            await client.xadd("acme:webhook:ops:queue", {"i": f"{60_000 * minute}-0", "b": '{"type": "old"}'})
        await project.run()
        state = (await until(project, lambda states: states["ops"].dead == 3, ops))["ops"]
        assert state.waiting == 1
        receiver.answer = lambda _request: 200
        await until(project, lambda states: states["ops"].sent == 1, ops)
    assert told(receiver.seen[-1])[1] == "run_begun"


async def test_an_event_that_is_retried_after_a_day_has_its_day_again(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.02,))
    answers = iter([503, 503, 503])
    receiver.answer = lambda _request: next(answers, 200)
    ops = hook(receiver, "ops", "run_paused")
    async with forwarding(project, ops), Redis.from_url(redis_of(project)) as client:
        await client.xadd("acme:webhook:ops:queue", {"i": "60000-0", "b": '{"type": "old"}'})
        await until(project, lambda states: states["ops"].dead == 1, ops)
        assert await project.services.event_webhooks.retry("ops", "60000-0") == 1
        state = (await until(project, lambda states: states["ops"].sent == 1 or states["ops"].dead == 1, ops))["ops"]
    assert (state.sent, state.dead) == (1, 0)
    assert [told(one) for one in receiver.seen] == [("evt_60000-0", "old")] * 4


async def test_a_fact_of_a_newer_version_stops_no_webhook(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than one page holds, and nothing else in it."""
    monkeypatch.setattr("worker.flow.operate.forward_events.PAGE", 2)
    ops = hook(receiver, "ops", "run_ended")
    async with forwarding(project, ops), Redis.from_url(redis_of(project)) as client:
        with capture_logs() as logs:
            for _ in range(5):
                await client.xadd("acme:events", {"f": json.dumps(["RunTeleported", None, "there"])})
            await project.run()
            state = (await until(project, lambda states: states["ops"].sent == 1, ops))["ops"]
    assert (state.unknown, state.waiting, state.failures) == (5, 0, 0)
    assert [told(one)[1] for one in receiver.seen] == ["run_ended"]
    warned = [one for one in logs if one["event"] == "facts_unknown"]
    assert {(one["webhook"], *one["kinds"]) for one in warned} == {("ops", "RunTeleported")}
    assert sum(one["facts"] for one in warned) == 5


async def test_a_retry_by_hand_has_all_its_tries(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures of the days before do not count against it."""
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.02,))
    answers = iter([503, *[401] * 4])
    receiver.answer = lambda _request: next(answers, 200)
    ops = hook(receiver, "ops", "run_paused")
    async with forwarding(project, ops), Redis.from_url(redis_of(project)) as client:
        await client.hset("acme:webhook:ops", "failures", 300)
        await client.xadd("acme:webhook:ops:queue", {"i": "60000-0", "b": '{"type": "old"}'})
        await until(project, lambda states: states["ops"].dead == 1, ops)
        await project.services.event_webhooks.retry("ops", "")
        state = (await until(project, lambda states: states["ops"].sent == 1 or states["ops"].dead == 1, ops))["ops"]
    assert (state.sent, state.dead) == (1, 0)


async def test_queue_and_given_up_events_are_bounded_and_what_is_lost_is_counted(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_webhooks, "LONGEST", 2)
    monkeypatch.setattr(event_webhooks, "KEPT", 3)
    receiver.answer = lambda _request: 503
    ops = hook(receiver, "ops", "run_begun")
    async with forwarding(project, ops):
        for _ in range(7):
            await project.run()
        state = (await until(project, lambda states: states["ops"].lost == 2, ops))["ops"]
    assert (state.waiting, state.dead, state.lost) == (2, 3, 2)


async def test_two_clocks_tell_each_event_once_and_one_takes_over_when_the_other_ends(
    project: InProcessRun, receiver: EventReceiver
) -> None:
    ops = hook(receiver, "ops", "run_ended")
    async with forwarding(project, ops):
        async with forwarding(project, ops):
            await project.run()
            await project.run()
            await until(project, lambda states: states["ops"].sent == 2, ops)
        await project.run()
        async with Redis.from_url(redis_of(project)) as client:
            await client.hset("acme:webhook:ops", "until", 0)  # as if a minute had passed
        await until(project, lambda states: states["ops"].sent == 3, ops)
    ids = [told(one)[0] for one in receiver.seen]
    assert len(ids) == len(set(ids)) == 3


async def test_a_clock_that_ends_leaves_its_turns_to_the_next_one(
    project: InProcessRun, receiver: EventReceiver
) -> None:
    """A restart would stop every webhook for a minute otherwise."""
    ops = hook(receiver, "ops", "run_ended")
    for count in (1, 2):
        async with forwarding(project, ops):
            await project.run()
            await came(receiver, count)
        async with Redis.from_url(redis_of(project)) as client:
            assert await client.hget("acme:webhook:ops", "who") is None


async def test_a_new_url_is_used_at_once_and_a_webhook_that_is_gone_is_told_nothing(
    project: InProcessRun, receiver: EventReceiver
) -> None:
    with event_receiver() as other:
        async with forwarding(project, hook(receiver, "ops", "run_ended")) as going:
            going.ticked({"ops": hook(other, "ops", "run_ended")})
            await project.run()
            await came(other, 1)
            going.ticked({})
            await asyncio.gather(*going._going.values())
            await project.run()
    assert (len(receiver.seen), len(other.seen)) == (0, 1)


async def test_forgetting_takes_an_address_out_of_what_waits_and_what_was_given_up(
    project: InProcessRun, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.flow.operate.forward_events.WAITS", (0.01,))
    receiver.answer = lambda request: 422 if b"delivery_settled" in request.body else 200
    ops = hook(receiver, "ops", "delivery_settled")
    async with forwarding(project, ops):
        await project.run()
        await until(project, lambda states: states["ops"].dead == 1, ops)
    async with Redis.from_url(redis_of(project)) as client:
        body = json.dumps({"type": "x", "data": {"reader": "team|Sales@acme.example"}})
        await client.xadd("acme:webhook:ops:queue", {"i": "1-0", "b": body})
        await project.services.upkeep.forget_reader("sales@acme.example")
        state = (await project.services.event_webhooks.states(["ops"]))["ops"]
        assert (state.waiting, state.dead) == (0, 0)
        assert await client.zcard("acme:webhook:ops:dead:order") == 0


@pytest.mark.parametrize("options", [{"url": "https://169.254.169.254/x", "secret": KEY}, {"url": "${NOT_SET_HERE}"}])
async def test_what_may_not_be_called_waits_and_says_why_without_the_url(
    project: InProcessRun, options: Mapping[str, str]
) -> None:
    ops = EventWebhook("ops", options, ("run_ended",))
    async with forwarding(project, ops):
        await project.run()
        state = (await until(project, lambda states: states["ops"].failures == 1, ops))["ops"]
    assert state.waiting == 1
    assert state.trouble
    assert "/x" not in state.trouble
