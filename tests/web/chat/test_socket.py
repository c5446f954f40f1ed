"""Commands and clicks over a socket: answered as over HTTP, with Slack's own client and a stand-in on loopback."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.support.in_process import InProcessRun, in_process_run
from tests.support.patience import PATIENCE
from tests.support.slack_requests import ANNA, BEN, ROOM, button_rows, words
from tests.support.slack_socket import TOKEN, SlackSocket, envelope, slack_socket
from tests.web.chat.conftest import PEOPLE, WATCHED
from tests.web.chat.test_pace import OFTEN, OFTEN_DE
from worker.adapters.redis_server import EmbeddedRedis
from worker.channels.slack import socket
from worker.channels.slack.socket import serve_socket
from worker.domain.access import Door
from worker.errors import RequestError
from worker.flow.alert.current import current
from worker.flow.deployed import bundle_of
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.web.chat.pace import PERSON_PER_MINUTE, ChatPace
from worker.web.chat.paced import AT_ONCE, paced


@asynccontextmanager
async def project_at(redis: EmbeddedRedis, place: Path, slack: SlackSocket) -> AsyncIterator[InProcessRun]:
    """Messages go to the sandbox; requests and answers to the socket's stand-in."""
    async with in_process_run(redis.url, place) as made:
        file = place / "funnelbeat.yaml"
        text = file.read_text("utf-8").replace(
            "channels:",
            f"""channels:
  slack: {{type: slack, token: "xoxb-1", base_url: "{slack.origin}/api", answers: {{app_token: "{TOKEN}"}}}}""",
            1,
        )
        file.write_text(text + PEOPLE, encoding="utf-8")
        await made.deploy(WATCHED.replace("channel: slack", "channel: chat"))
        yield made


@asynccontextmanager
async def answering(
    made: InProcessRun, monotonic: Callable[[], float] = monotonic, places: int = AT_ONCE
) -> AsyncIterator[None]:
    services = made.services
    deployed = await services.deployments.deployed()
    assert deployed is not None
    bundle = await bundle_of(services.deployments, deployed.bundle)
    answer = partial(paced, services, "slack", ChatPace(monotonic), asyncio.Semaphore(places))
    task = asyncio.ensure_future(services.connectors.serve_chat(bundle, "slack", answer))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def command(slack: SlackSocket, text: str, name: str, **more: str) -> dict[str, Any]:
    fields = {"text": text, "trigger_id": name, "user_id": ANNA, "channel_id": ROOM}
    return envelope("slash_commands", {**fields, "response_url": f"{slack.origin}/hooks/{name}", **more})


async def test_a_run_over_a_socket_is_one_and_its_end_is_told(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made, answering(made):
        await slack.until(links=1)
        asked = command(slack, "run week", "one")
        slack.send(asked)
        slack.send(asked)
        await slack.until(acked=2, answers={"one": 2})
        assert [said["text"][:26] for said in slack.answered["one"]] == ["You see no schedule: none "] * 2
        # The room's channel is another one here, so that whoever may read everything asks.
        file = made.place / "funnelbeat.yaml"
        file.write_text(file.read_text("utf-8").replace("may: [trigger, subscribe]", "may: [manage]"), "utf-8")
        await made.deploy((made.place / "schedules" / "week.yaml").read_text("utf-8"))
        asked = command(slack, "run week", "two")
        slack.send(asked)
        slack.send(asked)
        await slack.until(acked=4, answers={"two": 2})
        (run,) = await made.services.lookups.runs(None, 10)
        for delivery in await produce(made.services, run.key):
            await deliver(made.services, delivery)
        await slack.until(answers={"two": 4})
        assert all("has ended. Delivered" in said["text"] for said in slack.answered["two"][2:])


async def test_a_click_over_a_socket_acts(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made, answering(made):
        await slack.until(links=1)
        file = made.place / "funnelbeat.yaml"
        file.write_text(file.read_text("utf-8").replace("may: [trigger, subscribe]", "may: [manage]"), "utf-8")
        await made.deploy((made.place / "schedules" / "week.yaml").read_text("utf-8"))
        await made.run()
        fingerprint = (await current(made.services))[0].fingerprint
        button = {"type": "button", "action_id": "ack", "value": fingerprint, "block_id": "b"}
        message = {"text": "x", "blocks": [{"type": "actions", "block_id": "b", "elements": [button]}]}
        payload = {
            "type": "block_actions",
            "user": {"id": ANNA},
            "channel": {"id": ROOM},
            "trigger_id": "t",
            "message": message,
            "actions": [button],
            "response_url": f"{slack.origin}/hooks/click",
        }
        slack.send(envelope("interactive", payload))
        await slack.until(acked=1, answers={"click": 1})
        (shown,) = slack.answered["click"]
        assert (shown["replace_original"], button_rows(shown)) == (True, [])
        assert f"Acknowledged by @{ANNA}" in words(shown["blocks"])
        assert [(one.door, one.act) for one in await made.services.audit.newest(1)] == [(Door.CHAT, "alerts ack")]


async def test_who_asks_too_often_over_a_socket_is_put_off_as_over_http(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made:
        clock = [0.0]
        async with answering(made, lambda: clock[0]):
            await slack.until(links=1)
            count = PERSON_PER_MINUTE + 20
            for number in range(count):
                slack.send(command(slack, "next", f"n{number}"))
            await slack.until(acked=count)
            await answered(slack, PERSON_PER_MINUTE + 1)
            assert [told(slack).count(one) for one in (OFTEN, OFTEN_DE)] == [1, 0], "once in a minute"
            slack.send(command(slack, "run week", "late"))
            slack.send(command(slack, "help", "ben", user_id=BEN))
            await slack.until(answers={"ben": 1})
            assert "late" not in slack.answered
            assert await made.services.lookups.runs(None, 10) == ()
            counts = (await made.services.source_events.counts(["chat/slack"]))["chat/slack"]
            assert counts == {"accepted": PERSON_PER_MINUTE + 1, "limited": 21}
            clock[0] += 60
            slack.send(command(slack, "help", "again"))
            await slack.until(answers={"again": 1})
            assert "/funnelbeat run ID" in slack.answered["again"][0]["text"]


async def may_run_everything(made: InProcessRun) -> None:
    file = made.place / "funnelbeat.yaml"
    file.write_text(file.read_text("utf-8").replace("may: [trigger, subscribe]", "may: [manage]"), "utf-8")
    await made.deploy((made.place / "schedules" / "week.yaml").read_text("utf-8"))


async def test_who_asks_too_often_is_told_so_while_every_place_follows_a_run(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made:
        await may_run_everything(made)
        async with answering(made, lambda: 0.0, places=1):
            await slack.until(links=1)
            slack.send(command(slack, "run week", "run"))
            await slack.until(answers={"run": 1})
            for number in range(PERSON_PER_MINUTE):
                slack.send(command(slack, "next", f"n{number}"))
            await answered(slack, 2)
            assert told(slack).count(OFTEN) == 1


async def test_what_is_too_much_is_not_acknowledged_and_nothing_of_it_waits(
    monkeypatch: pytest.MonkeyPatch, empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    """Slack says itself that the app did not answer."""
    monkeypatch.setattr(socket, "MOST", 3)
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made:
        await may_run_everything(made)
        async with answering(made, lambda: 0.0, places=1):
            await slack.until(links=1)
            slack.send(command(slack, "run week", "run"))
            await slack.until(answers={"run": 1})
            for number in range(8):
                slack.send(command(slack, "next", f"n{number}"))
            await slack.until(acked=3)
            (run,) = await made.services.lookups.runs(None, 10)
            for delivery in await produce(made.services, run.key):
                await deliver(made.services, delivery)
            await answered(slack, 4)
            slack.send(command(slack, "help", "later", user_id=BEN))
            await slack.until(answers={"later": 1})
            assert len(slack.acked) == 4


async def answered(slack: SlackSocket, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(told(slack)) < count:
            slack.changed.clear()
            await slack.changed.wait()


def told(slack: SlackSocket) -> list[str]:
    return [one["text"] for posted in slack.answered.values() for one in posted]


async def test_a_lost_socket_is_opened_again_and_bad_envelopes_do_no_harm(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made, answering(made):
        await slack.until(links=1)
        wrong: list[Mapping[str, Any]] = [{}, {"user_id": 7}, {"response_url": "https://evil.example/"}]
        for payload in wrong:
            slack.send(envelope("slash_commands", payload))
            slack.send(envelope("interactive", payload))
            slack.send(envelope("events_api", payload))
        await slack.until(acked=9)
        slack.cut()
        await slack.until(links=2)
        slack.send(command(slack, "help", "later"))
        await slack.until(answers={"later": 1})
        assert "/funnelbeat run ID" in slack.answered["later"][0]["text"]
        assert set(slack.opened) == {TOKEN}


async def test_what_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_request: object) -> AsyncIterator[Any]:
        return
        yield

    with pytest.raises(RequestError, match="expected xapp-"):
        await serve_socket({"app_token": "xoxb-1"}, nothing)
    monkeypatch.setattr(socket, "installed", lambda: False)
    with pytest.raises(RequestError, match=r"pip install 'funnelbeat\[slack\]'"):
        await serve_socket({"app_token": TOKEN}, nothing)


async def test_a_token_that_is_refused_is_said_without_it() -> None:
    async def nothing(_request: object) -> AsyncIterator[Any]:
        return
        yield

    async with slack_socket() as slack:
        with pytest.raises(RequestError, match=r"no socket to Slack: .*invalid_auth") as refused:
            await serve_socket({"app_token": "xapp-wrong-token", "base_url": f"{slack.origin}/api"}, nothing)
    assert "xapp-wrong-token" not in str(refused.value)


async def test_the_command_serves_until_it_is_told_to_stop(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with slack_socket() as slack, project_at(empty_redis, tmp_path / "p", slack) as made:
        environment = {"FUNNELBEAT_REDIS_URL": empty_redis.url, "FUNNELBEAT_BROKER_URL": empty_redis.broker_url}
        words_of = ("-m", "worker.entry", "--project", str(made.place), "slack", "socket")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words_of,
            env={"PATH": "/usr/bin:/bin", **environment, "FUNNELBEAT_SANDBOX": json.dumps(made.box.describe())},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await slack.until(links=1)
            slack.send(command(slack, "help", "asked"))
            await slack.until(answers={"asked": 1})
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
