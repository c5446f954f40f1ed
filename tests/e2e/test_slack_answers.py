"""The whole way: a person asks in Slack, `web` takes it, a worker fetches and delivers, the person is told, and a click
on the alert that came acts in the ledger as the command line does.
"""

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from typer.testing import CliRunner

from tests.support.installation import Installation, installation
from tests.support.patience import PATIENCE
from tests.support.slack_requests import ANNA, ROOM, SECRET, SlackUser, button_rows, signed, words
from worker.domain.access import Door
from worker.domain.run import CLOSED
from worker.entry.children import ChildProcesses
from worker.entry.cli import app
from worker.entry.project_dir import child_environment
from worker.flow.alert.current import current
from worker.flow.services import Services
from worker.ports.chat import counted
from worker.sandbox.slack_api import HOOKS
from worker.web.chat.app import LONGEST_BODY

WATCHED = f"""
name: Weekly pipeline
when: {{every: 23h}}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}
digest: {{bridge: deals}}
alerts:
  - {{id: big, name: A big deal, for_each: deals, if: row.value >= 20000, notify: [room]}}
to:
  - {{id: room, channel: chat, address: {ROOM}}}
"""
PEOPLE = f"\npeople: {{ann: {{slack: {ANNA}, may: [trigger]}}}}\n"


@dataclass
class Story:
    here: Installation
    anna: SlackUser

    async def until(self, look: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await asyncio.to_thread(look)
                if found:
                    return found
                self.here.processes.look_after()
                await asyncio.sleep(0.05)

    async def replies(self, least: int) -> list[Mapping[str, Any]]:
        name = self.anna.reply()

        def look() -> list[Mapping[str, Any]] | None:
            said = self.here.box.call(lambda box: list(box.slack.answered.get(name, [])))
            return said if len(said) >= least else None

        found: list[Mapping[str, Any]] = await self.until(look)
        return found

    async def ask(self, question: Any) -> Any:
        return await asyncio.to_thread(self.here.ask, question)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def story(place: Path, scenario: Callable[[Story], Coroutine[Any, Any, None]]) -> None:
    with installation(place, schedules={"week": WATCHED}) as here:
        file, api = here.place / "funnelbeat.yaml", here.box.call(lambda box: box.slack_url)
        channel = f'{{type: slack, token: xoxb-sandbox, base_url: "{api}", answers: {{signing_secret: {SECRET}}}}}'
        text = file.read_text("utf-8").replace("channels:", f"channels:\n  slack: {channel}", 1)
        file.write_text(text + PEOPLE, encoding="utf-8")
        here.write("week", WATCHED.replace("channel: chat", "channel: slack"))
        here.deploy()
        port = free_port()
        environment = {**os.environ, **child_environment(here.settings, "acme")}
        member = ("web", "--only", "chat", "--port", str(port))
        with ChildProcesses((member,), here.place, environment, log=place):
            asyncio.run(asked(here, f"http://127.0.0.1:{port}", scenario))


async def asked(here: Installation, base: str, scenario: Callable[[Story], Coroutine[Any, Any, None]]) -> None:
    transport = httpx.AsyncHTTPTransport(retries=20)
    async with httpx.AsyncClient(base_url=base, transport=transport, trust_env=False, timeout=60) as client:
        assert (await client.get("/health")).text == "ok\n"
        await scenario(Story(here, SlackUser(client, here.box.call(lambda box: box.base_url) + HOOKS)))


async def alerts_of(services: Services) -> dict[str, tuple[bool, str]]:
    return {row.fingerprint: (row.ack is not None, row.state.phase.value) for row in await current(services)}


def test_a_person_asks_is_told_and_acknowledges(tmp_path: Path) -> None:
    story(tmp_path / "acme", a_person_asks_is_told_and_acknowledges)


async def a_person_asks_is_told_and_acknowledges(here: Story) -> None:
    assert "on its way" in await here.anna.ask("run week")
    (ended,) = await here.replies(1)
    assert ended["text"] == "Weekly pipeline: the run has ended. Delivered, 2 messages sent."
    posts = [json.loads(item.body) for item in here.here.box.call(lambda box: box.outbox.of("slack"))]
    alert = next(post for post in posts if len(button_rows(post)) > 1)
    by_click, by_hand = (row["block_id"].removeprefix("alert ") for row in button_rows(alert)[:2])

    await here.anna.click(alert, "ack")
    (shown,) = await here.replies(1)
    assert f"Acknowledged by @{ANNA}" in words(shown["blocks"])
    with patch.dict("os.environ", child_environment(here.here.settings, "acme")):
        seen = await asyncio.to_thread(
            CliRunner().invoke, app, ["--project", str(here.here.place), "alerts", "ack", by_hand]
        )
    assert seen.exit_code == 0, seen.output
    known = await here.ask(alerts_of)
    assert known[by_click] == known[by_hand] == (True, "firing")

    async def newest(services: Services) -> list[tuple[Door, str, dict[str, str]]]:
        return [(one.door, one.act, dict(one.after)) for one in await services.audit.newest(2)]

    cli, chat = await here.ask(newest)
    assert (cli[0], chat[0]) == (Door.CLI, Door.CHAT)
    assert cli[1:] == chat[1:]


def test_what_is_not_asked_by_slack_starts_nothing(tmp_path: Path) -> None:
    story(tmp_path / "acme", what_is_not_asked_by_slack_starts_nothing)


async def what_is_not_asked_by_slack_starts_nothing(here: Story) -> None:
    body = here.anna.command_body("run week")
    long = body + b"&pad=" + b"x" * LONGEST_BODY
    sent = {
        "tampered": (body + b"&text=run", signed(body), 401),
        "stale": (body, signed(body, at=time.time() - 400), 401),
        "unsigned": (body, {"content-type": "application/x-www-form-urlencoded"}, 401),
        "oversized": (long, signed(long), 413),
        "malformed": (b"payload=%7B", signed(b"payload=%7B"), 400),
    }
    for what, (given, headers, status) in sent.items():
        answer = await here.anna.post(given, headers)
        assert answer.status_code == status, what
    help_body = here.anna.command_body("help")
    headers = signed(help_body)
    assert [(await here.anna.post(help_body, headers)).status_code for _ in range(2)] == [200, 409]

    async def counts(services: Services) -> tuple[Mapping[str, int], int]:
        name = counted("slack")
        runs = await services.lookups.runs(None, 10)
        return (await services.source_events.counts([name]))[name], len(runs)

    found, runs = await here.ask(counts)
    assert found == {"unsigned": 3, "oversized": 1, "malformed": 1, "accepted": 1, "duplicate": 1}
    assert runs == 0


def test_one_trigger_id_is_one_run_whatever_happens_between(tmp_path: Path) -> None:
    story(tmp_path / "acme", one_trigger_id_is_one_run_whatever_happens_between)


async def one_trigger_id_is_one_run_whatever_happens_between(here: Story) -> None:
    for _ in range(3):
        assert "on its way" in await here.anna.ask("run week", trigger="one.trigger")

    async def closed(services: Services) -> list[str]:
        return [str(run.key) for run in await services.lookups.runs(None, 10) if run.state in CLOSED]

    async def runs(services: Services) -> int:
        return len(await services.lookups.runs(None, 10))

    await here.until(lambda: here.here.ask(closed))
    assert await here.ask(runs) == 1
