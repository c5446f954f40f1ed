"""`heartbeat_url` is called while a clock ticks: over real sockets, also by a real clock."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.event_receiver import EventReceiver, event_receiver
from tests.support.installation import PROJECT, installation
from tests.support.patience import PATIENCE
from worker.domain.outgoing import HeartbeatUrl
from worker.entry.heartbeat_url import HeartbeatCalls
from worker.outgoing import OutgoingHttp


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    with event_receiver() as made:
        yield made


async def call_each_second(seconds: int, receiver: EventReceiver, every: int = 10) -> list[str]:
    """What is logged while a clock of this many seconds ticks. Each call ends before the next second."""
    now, requests = [0.0], OutgoingHttp(Path(), patience=1)
    calls = HeartbeatCalls(requests, lambda: now[0])
    with structlog.testing.capture_logs() as logs:
        for _ in range(seconds):
            calls.ticked(HeartbeatUrl(receiver.url, every))
            if calls._going is not None:
                await calls._going
            now[0] += 1
    await requests.aclose()
    return [str(line["event"]) for line in logs]


async def test_it_is_called_at_its_interval_and_no_more_often(receiver: EventReceiver) -> None:
    assert await call_each_second(35, receiver) == []
    assert [(one.method, one.path) for one in receiver.seen] == [("GET", "/in/a-key")] * 4


async def test_a_failure_is_logged_once_and_so_is_its_end(receiver: EventReceiver) -> None:
    answers = iter([200, 503, 404, 302, 200, 200])
    receiver.answer = lambda _request: next(answers)
    assert await call_each_second(6, receiver, every=1) == ["heartbeat_url_failed", "heartbeat_url_back"]
    assert len(receiver.seen) == 6, "a redirect is not followed"


@pytest.mark.parametrize("url", ["${FUNNELBEAT_TEST_NOT_SET}", "https://169.254.169.254/x", "http://192.0.2.1/x", "::"])
async def test_what_may_not_be_called_is_a_sentence_without_the_url(url: str) -> None:
    requests = OutgoingHttp(Path())
    calls = HeartbeatCalls(requests)
    with structlog.testing.capture_logs() as logs:
        calls.ticked(HeartbeatUrl(url))
        assert calls._going is not None
        await calls._going
    assert [line["event"] for line in logs] == ["heartbeat_url_failed"]
    assert url == "::" or url not in logs[0]["sentence"]


async def test_a_silent_receiver_delays_no_tick_and_gets_one_call_at_a_time(receiver: EventReceiver) -> None:
    free = threading.Event()
    receiver.answer = lambda _request: free.wait(PATIENCE) and 200
    requests = OutgoingHttp(Path())
    calls = HeartbeatCalls(requests, lambda: float(next(count)))
    count = iter(range(1000))
    for _ in range(100):
        calls.ticked(HeartbeatUrl(receiver.url, 1))
        await asyncio.sleep(0)
    first = calls._going
    assert first is not None
    assert not first.done()
    free.set()
    await calls.end()
    assert len(receiver.seen) <= 1
    await requests.aclose()


@pytest.mark.slow
def test_a_real_clock_calls_it_and_stops_when_it_is_killed(
    tmp_path: Path, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNELBEAT_TEST_BEAT", receiver.url)
    with installation(tmp_path) as here:
        written = PROJECT + 'heartbeat_url: {url: "${FUNNELBEAT_TEST_BEAT}", every: 10s}\n'
        (here.place / "funnelbeat.yaml").write_text(written, encoding="utf-8")
        here.deploy()
        receiver.wait_for(lambda seen: len(seen) >= 1, PATIENCE)
