"""The console over a real socket, on a project in this process, and a browser without JavaScript."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.support import in_process
from tests.support.in_process import InProcessRun
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import Actor, Door, TokenScope
from worker.entry.draft import checked_draft
from worker.flow.operate.access_tokens import add_token
from worker.web.console.app import console

OPS = Actor(Door.CLI, "ops@host")
_FORM = re.compile(r'<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class ServedConsole:
    """`tokens`: one for each scope. `clock`: seconds that the console sees."""

    project: InProcessRun
    base: str
    tokens: dict[TokenScope, str]
    clock: list[float]
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self) -> httpx.AsyncClient:
        self.clients.append(httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=PATIENCE))
        return self.clients[-1]

    async def signed_in(self, scope: TokenScope = TokenScope.MANAGE) -> httpx.AsyncClient:
        client = self.browser()
        answer = await client.post("/console/sign-in", data={"token": self.tokens[scope], "next": ""})
        assert answer.status_code == 303, answer.text
        return client


def forms(page: str) -> dict[str, dict[str, str]]:
    """Hidden fields by action; the last form of an action counts."""
    return {unescape(action): {n: unescape(v) for n, v in _FIELD.findall(body)} for action, body in _FORM.findall(page)}


@asynccontextmanager
async def served_console(
    redis: EmbeddedRedis, place: Path, schedule: str | None = None
) -> AsyncIterator[ServedConsole]:
    async with in_process.in_process_run(redis.url, place) as project:
        if schedule is not None:
            await project.deploy(schedule)
        made = {
            scope: (await add_token(project.services, OPS, scope, [scope], address="sales@acme.example"))[1]
            for scope in TokenScope
        }
        clock = [0.0]
        app = Starlette(routes=[Mount("/console", console(project.services, lambda: clock[0], "acme", checked_draft))])
        config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        going = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        here = ServedConsole(project, f"http://127.0.0.1:{port}", made, clock)
        yield here
        for client in here.clients:
            await client.aclose()
        server.should_exit = True
        await going
