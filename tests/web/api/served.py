"""The API over a real socket, on a project that ran once in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tests.support import in_process
from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.domain.access import Actor, Door, TokenScope
from worker.entry.draft import checked_draft
from worker.entry.local_queue import LocalQueue
from worker.flow.operate.access_tokens import add_token
from worker.settings import Settings
from worker.web.server import server_config
from worker.web.site import SiteUses, site

OPS = Actor(Door.CLI, "ops@host")


@dataclass
class ServedApi:
    """`tokens`: one for each scope."""

    project: InProcessRun
    client: httpx.AsyncClient
    tokens: dict[TokenScope, str]
    clock: list[float]
    config: uvicorn.Config
    redis_url: str

    async def ask(
        self, method: str, path: str, scope: TokenScope | None = TokenScope.MANAGE, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.tokens[scope]}"
        return await self.client.request(method, path, headers=headers, **more)

    async def foreign_token(self) -> str:
        """With every scope, of another project in the same Redis."""
        async with open_services(Settings(redis_url=self.redis_url), "other", queue=LocalQueue()) as other:
            return (await add_token(other, OPS, "other", list(TokenScope)))[1]

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.ask("POST", path, json={} if body is None else body, **more)


@asynccontextmanager
async def served_api(redis: EmbeddedRedis, place: Path) -> AsyncIterator[ServedApi]:
    async with in_process.in_process_run(redis.url, place) as project:
        await project.deploy(SCHEDULE)
        made = {
            scope: (await add_token(project.services, OPS, scope, [scope], address="ann@acme.example"))[1]
            for scope in TokenScope
        }
        clock = [0.0]
        parts = SiteUses(project.services, "acme", checked_draft, lambda: clock[0])
        config = server_config(site(parts), "127.0.0.1", 0)
        server = uvicorn.Server(config)
        going = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        address = f"http://127.0.0.1:{port}/api/v1"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as client:
            yield ServedApi(project, client, made, clock, config, redis.url)
        server.should_exit = True
        await going
