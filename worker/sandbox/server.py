"""The whole sandbox: `async with Sandbox() as box`, or `with SandboxThread() as box` where no event loop runs.

It listens only on 127.0.0.1, on ports that the system chooses unless they are given.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import uvicorn
from starlette.applications import Starlette

from worker.sandbox import close_api, control, pipedrive_api, slack_api, webhook_receiver
from worker.sandbox.close_api import CloseApi
from worker.sandbox.control import Control
from worker.sandbox.faults import Faults
from worker.sandbox.front import Front
from worker.sandbox.gate import Gate
from worker.sandbox.mail import MailCatcher
from worker.sandbox.names import FRIENDLY, Names
from worker.sandbox.outbox import Outbox
from worker.sandbox.pipedrive_api import PipedriveApi
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.slack_api import SlackStandIn
from worker.sandbox.slack_room import Room
from worker.sandbox.umami_api import SITE_ROOT, UmamiApi
from worker.sandbox.webhook_receiver import WebhookReceiver

T = TypeVar("T")
GRACE = 1
"""Seconds that requests in flight have to finish when the sandbox closes."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """`seed` determines what happens in the pipeline, unless a `pipeline` is given. `out`: a folder to which messages
    are also written. `ports`: for HTTP and SMTP; 0 lets the system choose. `names`: HOSTILE
    in tests.

    Parts that a test may read and change: pipeline, close, pipedrive, umami, slack, room, receiver, mail, outbox,
    faults, gate, log. They belong to the event loop that entered the sandbox.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        out: Path | None = None,
        now: Callable[[], datetime] = utc_now,
        pipeline: PipelineSimulation | None = None,
        ports: tuple[int, int] = (0, 0),
        names: Names = FRIENDLY,
    ) -> None:
        self._port = ports[0]
        self.pipeline = pipeline or PipelineSimulation(seed, now(), names=names)
        self.now = now
        self.outbox = Outbox(out)
        self.faults = Faults()
        self.gate = Gate()
        self.room = Room(now)
        self.close = CloseApi(self.pipeline, now)
        self.pipedrive = PipedriveApi(self.pipeline, now)
        self.umami = UmamiApi(seed, now, self.pipeline.names)
        self.slack = SlackStandIn(self.room, self.outbox, lambda: self.base_url)
        self.receiver = WebhookReceiver(self.outbox, now)
        self.mail = MailCatcher(self.outbox, now, ports[1])
        self._control = Control(self.close, self.mail, self.faults, self.gate, self.outbox, now)
        app = Starlette(
            routes=[
                *self.close.routes(),
                *self.pipedrive.routes(),
                *self.umami.routes(),
                *self.slack.routes(),
                *self.receiver.routes(),
                *self._control.routes(),
            ]
        )
        self.front = Front(app, self.faults, self.gate, now)
        self._control.front = self.front
        self.log = self.front.log
        self._socket: socket.socket | None = None
        self._serving: asyncio.Task[None] | None = None
        self._server = uvicorn.Server(_config(self.front))

    @property
    def base_url(self) -> str:
        if self._socket is None:
            raise RuntimeError("the sandbox is not open")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def close_url(self) -> str:
        return self.base_url + close_api.ROOT

    @property
    def pipedrive_url(self) -> str:
        return self.base_url + pipedrive_api.ROOT

    @property
    def umami_url(self) -> str:
        """The address of the site as base_url has it. Its API is below this address."""
        return self.base_url + SITE_ROOT

    @property
    def slack_url(self) -> str:
        return self.base_url + slack_api.ROOT

    @property
    def webhook_url(self) -> str:
        return self.base_url + slack_api.WEBHOOK

    @property
    def receiver_url(self) -> str:
        """Where signed webhooks are taken. A name follows it, such as /team."""
        return self.base_url + webhook_receiver.ROOT

    @property
    def control_url(self) -> str:
        return self.base_url + control.ROOT

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.mail.port}?tls=never"

    def describe(self) -> dict[str, str]:
        """The address of each stand-in, for processes that get them from their environment."""
        return {
            "close": self.close_url,
            "pipedrive": self.pipedrive_url,
            "umami": self.umami_url,
            "slack": self.slack_url,
            "webhook": self.webhook_url,
            "receiver": self.receiver_url,
            "smtp": self.smtp_url,
            "control": self.control_url,
        }

    async def __aenter__(self) -> Self:
        # With this protocol number, asyncio switches Nagle's algorithm off. Otherwise every small answer takes 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self._port))
        self._socket.listen(128)
        await self.mail.start()
        # Started in single steps, because serve() would take over the signals of the process.
        self._server.config.load()
        self._server.lifespan = self._server.config.lifespan_class(self._server.config)
        await self._server.startup(sockets=[self._socket])
        self._serving = asyncio.create_task(self._server.main_loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.front.closing.set()
        self.gate.open()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            await self._hang_up()
        await self.mail.stop()

    async def _hang_up(self) -> None:
        """uvicorn's own shutdown does the same, but it sleeps for a tenth of a second or more."""
        state = self._server.server_state
        for server in self._server.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            _done, late = await asyncio.wait(list(state.tasks), timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        while state.connections:  # noqa: ASYNC110  # uvicorn tells nobody when the last one is lost
            await asyncio.sleep(0.001)


def _config(front: Front) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,
    )


class SandboxThread:
    """A sandbox in its own thread and event loop. Use its parts only through `call` and `run`."""

    def __init__(
        self,
        *,
        seed: int = 1,
        out: Path | None = None,
        now: Callable[[], datetime] = utc_now,
        pipeline: PipelineSimulation | None = None,
        names: Names = FRIENDLY,
    ) -> None:
        self._make: Callable[[], Sandbox] = partial(
            Sandbox, seed=seed, out=out, now=now, pipeline=pipeline, names=names
        )
        self._opened: Future[Sandbox] = Future()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def describe(self) -> Mapping[str, str]:
        return self.call(lambda box: box.describe())

    def describe_json(self) -> str:
        return json.dumps(self.describe())

    def call(self, function: Callable[[Sandbox], T]) -> T:
        """Call `function` of the sandbox on its own event loop. Raises what it raises."""

        async def on_loop(box: Sandbox) -> T:
            return function(box)

        return self.run(on_loop)

    def run(self, function: Callable[[Sandbox], Awaitable[T]]) -> T:
        """Like call, for a coroutine function (`await box.gate.idle()`)."""
        box = self._opened.result()
        if self._loop is None:
            raise RuntimeError("the sandbox is not open")

        async def on_loop() -> T:
            return await function(box)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result()

    async def _live(self) -> None:
        """Opens, waits for the end, closes. An error during opening is raised in the thread that asked for it."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._make() as box:
                self._opened.set_result(box)
                await self._stop.wait()
        except Exception as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)
