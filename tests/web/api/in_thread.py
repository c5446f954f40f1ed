"""The served API in a thread with an event loop of its own, for clients that block."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.in_process import SCHEDULE
from tests.support.patience import PATIENCE
from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope
from worker.flow.alert.current import current

WATCHED = f"""{SCHEDULE}
alerts:
  - {{id: big, for_each: deals, if: row.value >= 20000, notify: [team]}}
"""


@dataclass
class ApiInThread:
    """`values`: what a path may name that is really there, by the parameter's name. `foreign`: a token with every
    scope, of another project in the same Redis.
    """

    url: str
    tokens: dict[TokenScope, str]
    foreign: str
    values: dict[str, list[str]]

    def ask(self, method: str, path: str, token: str | None, **more: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            return client.request(method, self.url + path, headers=headers, **more)  # type: ignore[arg-type]


@contextmanager
def api_in_thread(redis: EmbeddedRedis, place: Path) -> Iterator[ApiInThread]:
    made: list[ApiInThread] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with served_api(redis, place) as served:
            made.append(await _described(served))
            ready.set()
            while not stop.is_set():  # the other thread has no event loop
                served.clock[0] += 60  # nobody is told to come again later
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield made[0]
    finally:
        stop.set()
        thread.join(PATIENCE)


async def _described(served: ServedApi) -> ApiInThread:
    await served.project.deploy(WATCHED)
    run, rows = await served.project.run()
    await served.project.run()
    values = {
        "schedule": ["week"],
        "run": [str(run.key), "week@latest", "week@-1"],
        "delivery": [str(row.key) for row in rows],
        "reader": ["team", "sales@acme.example"],
        "token": ["nobody"],
        "alert": [row.fingerprint for row in await current(served.project.services)][:3],
        "rule": ["week/big", "big"],
        "silence": ["nobody"],
        "query": ["deals", "stalled"],
        "table": ["opportunities", "followed"],
    }
    return ApiInThread(str(served.client.base_url).rstrip("/"), served.tokens, await served.foreign_token(), values)
