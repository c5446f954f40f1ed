"""The command that serves pages: web."""

import asyncio
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from worker.adapters.event_log import configure
from worker.app import open_services
from worker.entry import console
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Project, directory
from worker.entry.ownership import fit_to_start
from worker.entry.project_dir import project_name, redis_for
from worker.errors import RequestError
from worker.settings import Settings, link_keys
from worker.web.links import application

PARTS = ("links",)
AT_ONCE = 100
"""Requests that are answered at the same time. More get 503."""

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="The port to listen on.", min=1, max=65535)]


def web(
    ctx: typer.Context,
    only: Annotated[
        str, typer.Option("--only", help="Which pages: links, those behind the links in messages.")
    ] = "links",
    host: Host = "127.0.0.1",
    port: Port = 8080,
    project: Project = None,
) -> None:
    """Serve the pages behind the links in messages, until told to stop. TLS is for a proxy before it."""
    with console.guarded(as_json=False):
        if only not in PARTS:
            raise RequestError(f"--only: found {only!r}, expected links")
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            if not link_keys(settings):
                raise RequestError(
                    "FUNNELBEAT_LINK_KEY is not set, so that no link can be checked: workers need it too"
                )
            fit_to_start(settings, name, place)
            asyncio.run(serve(settings, name, place, host, port))


async def serve(settings: Settings, project: str, place: Path, host: str, port: int) -> None:
    """Runs until SIGTERM or SIGINT. The addresses of pages are credentials, so that none is logged."""
    async with open_services(settings, project, queue=LocalQueue(), directory=place, offline=True) as services:
        config = uvicorn.Config(
            application(services),
            host=host,
            port=port,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=15,
        )
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, _no_more)  # uvicorn raises the signal again once it has stopped
        await uvicorn.Server(config).serve()


def _no_more(_number: int, _frame: FrameType | None) -> None:
    """The process ends by itself, with status 0."""


COMMANDS = {"web": web}
