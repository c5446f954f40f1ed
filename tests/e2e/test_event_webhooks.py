"""Webhooks of events with real clocks that are killed while a receiver has a request in its hands."""

import base64
import json
import signal
import threading
import time
from pathlib import Path

import pytest
import redis

from tests.support.child_processes import send_signal
from tests.support.event_receiver import Received, event_receiver
from tests.support.installation import PROJECT, Installation, installation
from tests.support.patience import PATIENCE
from worker.adapters.webhook_signature import WebhookVerifier
from worker.documents.events import event_name
from worker.domain.run import RunKey
from worker.flow.operate.on_demand import request
from worker.flow.services import Services

KEY = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
HOOKS = """
webhooks:
  ops: {url: "${FUNNELBEAT_TEST_HOOK}", secret: "${FUNNELBEAT_TEST_KEY}", events: [run_claimed, run_begun, run_ended]}
"""
WANTED = {"run_claimed", "run_begun", "run_ended"}


def start(here: Installation) -> RunKey:
    async def asked(services: Services) -> RunKey:
        return await request(services, "asked", None, None)

    return here.ask(asked, queue=True)


def cursor(here: Installation) -> bool | None:
    with redis.Redis.from_url(here.redis.url) as client:
        return bool(client.hexists("acme:webhook:ops", "cursor")) or None


def facts(here: Installation) -> list[tuple[str, str]]:
    async def look(services: Services) -> list[tuple[str, str]]:
        found = (await services.event_stream.after("", 500)).facts
        return [(f"evt_{one.id}", event_name(one)) for one in found if event_name(one) in WANTED]

    return here.ask(look)


@pytest.mark.slow
def test_a_killed_clock_loses_no_event_and_repeats_under_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, kills = threading.Event(), 0

    def answer(_request: Received) -> int:
        if len(receiver.seen) == 2 and kills == 0:
            held.wait(PATIENCE)
        return 200

    with event_receiver() as receiver:
        receiver.answer = answer
        monkeypatch.setenv("FUNNELBEAT_TEST_HOOK", receiver.url)
        monkeypatch.setenv("FUNNELBEAT_TEST_KEY", KEY)
        with installation(tmp_path, project=PROJECT + HOOKS) as here:
            here.until(lambda: cursor(here))
            runs = [start(here) for _ in range(3)]
            here.until(lambda: all(here.closed(run) for run in runs) or None)
            receiver.wait_for(lambda seen: len(seen) == 2, PATIENCE)
            [clock] = here.processes.pids("clock")
            assert send_signal(clock, signal.SIGKILL)
            kills = 1
            held.set()
            with redis.Redis.from_url(here.redis.url) as client:
                client.hset("acme:webhook:ops", "until", 0)  # as if the turn of the clock that died had lapsed
            deadline = time.monotonic() + PATIENCE
            while len({one.headers["webhook-id"] for one in receiver.seen}) < 9 and time.monotonic() < deadline:
                here.processes.look_after()
                time.sleep(0.05)
            expected = facts(here)
    told = [(one.headers["webhook-id"], json.loads(one.body)["type"]) for one in receiver.seen]
    assert len(expected) == 9
    assert list(dict.fromkeys(told)) == expected, "each at least once, and first in its order"
    assert len(told) <= len(expected) + 1, "only what the killed clock had in its hands is repeated"
    for one in receiver.seen:
        WebhookVerifier([KEY]).verify(one.headers, one.body)
