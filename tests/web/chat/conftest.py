import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.support.in_process import InProcessRun, in_process_run
from tests.support.patience import PATIENCE
from tests.support.slack_requests import ANNA, BEN, ROOM, SECRET, SlackUser
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.draft import checked_draft
from worker.ports.chat import counted
from worker.sandbox.slack_api import HOOKS
from worker.web.server import server_config
from worker.web.site import SiteUses
from worker.web.site import site as whole_site

PEOPLE = f"""
people:
  user_anna: {{slack: {ANNA}, mail: anna@acme.example, may: [trigger, subscribe]}}
  user_ben: {{slack: {BEN}, locale: de_DE}}
"""
WATCHED = f"""
name: Weekly pipeline
when: {{cron: "0 9 * * MON"}}
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
  - {{id: room, channel: slack, address: {ROOM}}}
  - {{id: team, channel: mail, address: sales@acme.example}}
"""
HIDDEN = """
name: Board
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
to:
  - {id: board, channel: mail, address: board@acme.example}
"""


@dataclass
class ChatSite:
    """`clock`: seconds that the pace of requests is measured by."""

    project: InProcessRun
    client: httpx.AsyncClient
    clock: list[float]

    def user(self, name: str = ANNA, place: str = ROOM) -> SlackUser:
        return SlackUser(self.client, self.project.box.base_url + HOOKS, name, place)

    async def replied(self, user: SlackUser) -> Mapping[str, Any]:
        """What was posted to the last response_url of this person."""
        return (await self.all_replies(user, 1))[-1]

    async def all_replies(self, user: SlackUser, least: int) -> list[Mapping[str, Any]]:
        """Once there are so many."""
        said = self.project.box.slack.answered
        async with asyncio.timeout(PATIENCE):
            while len(said.get(user.reply(), [])) < least:  # noqa: ASYNC110  # the stand-in tells nobody
                await asyncio.sleep(0.01)
        return said[user.reply()]

    async def counts(self, channel: str = "slack") -> Mapping[str, int]:
        name = counted(channel)
        return (await self.project.services.source_events.counts([name]))[name]

    def messages(self, place: str = ROOM) -> list[Mapping[str, Any]]:
        """The main posts to a place, in their order."""
        found = [json.loads(one.body) for one in self.project.box.outbox.items if one.kind == "slack"]
        return [post for post in found if post["channel"] == place and "thread_ts" not in post]


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ChatSite]:
    async with in_process_run(empty_redis.url, tmp_path / "project") as project:
        file = project.place / "funnelbeat.yaml"
        slack = f"""
  slack:
    type: slack
    token: xoxb-sandbox
    base_url: "{project.box.slack_url}"
    answers: {{signing_secret: "{SECRET}"}}
  quiet: {{type: slack, token: xoxb-sandbox, base_url: "{project.box.slack_url}"}}"""
        text = file.read_text("utf-8").replace("channels:", f"channels:{slack}", 1)
        file.write_text(text + PEOPLE, encoding="utf-8")
        (project.place / "schedules" / "board.yaml").write_text(HIDDEN, encoding="utf-8")
        await project.deploy(WATCHED)
        clock = [0.0]
        app = whole_site(SiteUses(project.services, "acme", checked_draft, lambda: clock[0]))
        config = server_config(app, "127.0.0.1", 0)
        server = uvicorn.Server(config)
        going = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield ChatSite(project, client, clock)
        server.should_exit = True
        await going
