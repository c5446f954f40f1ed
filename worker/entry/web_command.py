"""The command that serves the API and pages: web."""

import asyncio
import resource
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from worker.adapters.event_log import configure
from worker.adapters.url import is_loopback
from worker.app import open_services, registry
from worker.entry import console
from worker.entry.announce import announce
from worker.entry.draft import checked_draft
from worker.entry.local_queue import LocalQueue
from worker.entry.options import Project, directory
from worker.entry.ownership import fit_to_start
from worker.entry.project_name import project_name
from worker.entry.project_redis import redis_for, started_by_up
from worker.errors import RequestError
from worker.settings import Settings, link_keys
from worker.web.server import CONNECTIONS, server_config
from worker.web.site import PARTS, SiteUses, site

NO_KEY = "FUNNELBEAT_LINK_KEY is not set. Without this key no link can be signed or checked: give it to workers too"

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="The port to listen on.", min=1, max=65535)]
Certificate = Annotated[Path | None, typer.Option("--tls-cert", help="A PEM file: the certificate and its chain.")]
PrivateKey = Annotated[Path | None, typer.Option("--tls-key", help="A PEM file: the key of the certificate.")]
Behind = Annotated[
    bool,
    typer.Option("--behind-proxy", help="A proxy with TLS is in front of it. FORWARDED_ALLOW_IPS names its address."),
]


@dataclass(frozen=True, slots=True)
class Listening:
    host: str
    port: int
    certificate: Path | None
    private_key: Path | None
    behind_proxy: bool

    def refuse_plain(self) -> None:
        """Raises RequestError if tokens would be sent unencrypted."""
        if (self.certificate is None) != (self.private_key is None):
            raise RequestError("--tls-cert and --tls-key: found one of them, expected both")
        for file in (self.certificate, self.private_key):
            if file is not None and not file.is_file():
                raise RequestError(f"{file}: there is no such file")
        if self.certificate is None and not self.behind_proxy and not is_loopback(self.host):
            raise RequestError(
                f"--host: found {self.host}, which others reach, without TLS: add --tls-cert and --tls-key, or"
                " --behind-proxy if a proxy with TLS is before it"
            )

    def refuse_taken(self) -> None:
        """Raises RequestError if nobody can listen there. The server's own words would be those of the system."""
        try:
            family, _, _, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            raise RequestError(f"cannot listen on {self.host}:{self.port} ({why}); choose another --port") from None


def web(
    ctx: typer.Context,
    only: Annotated[
        str, typer.Option("--only", help=f"Which parts, comma-separated: {', '.join(PARTS)}. Default: all.")
    ] = "",
    host: Host = "127.0.0.1",
    port: Port = 8080,
    tls_cert: Certificate = None,
    tls_key: PrivateKey = None,
    behind_proxy: Behind = False,
    project: Project = None,
) -> None:
    """Serve the HTTP API and the pages behind the links in messages, until it is stopped."""
    with console.guarded(as_json=False):
        asked = _asked(only)
        listening = Listening(host, port, tls_cert, tls_key, behind_proxy)
        listening.refuse_plain()
        listening.refuse_taken()
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            parts = _served(asked, settings)
            registry()  # refuses a broken plug-in
            fit_to_start(settings, name, place)
            asyncio.run(serve(settings, name, place.absolute(), parts, listening))


def _asked(only: str) -> tuple[str, ...]:
    """Empty for all parts. Raises RequestError for an unknown part."""
    asked = tuple(word.strip() for word in only.split(",") if word.strip())
    unknown = [word for word in asked if word not in PARTS]
    if unknown:
        raise RequestError(f"--only: found {unknown[0]!r}, expected one or more of {', '.join(PARTS)}")
    return asked


def _served(asked: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    """Without a key there are no links, and a message says so. Raises RequestError if links were requested by name."""
    if link_keys(settings):
        return asked or tuple(PARTS)
    if "links" in asked:
        raise RequestError(NO_KEY)
    if not asked:
        announce("no_links", f"Links are not served: {NO_KEY}.", trouble=True)
    return asked or tuple(part for part in PARTS if part != "links")


async def serve(settings: Settings, project: str, place: Path, parts: tuple[str, ...], listening: Listening) -> None:
    """Runs until SIGTERM or SIGINT. The addresses of pages are credentials, so that none is logged."""
    alone = not {"api", "console", "chat"} & set(parts)  # the others need no broker, and fetch and send nothing
    queue = LocalQueue() if alone else None
    async with open_services(settings, project, queue=queue, directory=place, offline=alone) as services:
        app, at = site(SiteUses(services, project, partial(checked_draft, place=place)), parts), listening
        config = server_config(app, at.host, at.port, at.certificate, at.private_key)
        _more_files()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, _no_more)  # uvicorn raises the signal again once it has stopped
        await _Announced(config, parts, at).serve()


class _Announced(uvicorn.Server):
    """Says where it is once it listens: on a port that another process has, it would be found there in vain."""

    def __init__(self, config: uvicorn.Config, parts: tuple[str, ...], at: Listening) -> None:
        super().__init__(config)
        self._said = where(parts, at)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not started_by_up():
            announce("web", *self._said)


def where(parts: tuple[str, ...], at: Listening) -> Iterator[str]:
    """Lines for the person who started it."""
    scheme, host = "https" if at.certificate else "http", f"[{at.host}]" if ":" in at.host else at.host
    address = f"{scheme}://{host}:{at.port}"
    yield f"Listening on {address}. Ctrl-C stops."
    if "console" in parts:
        yield f"  The console: {address}/console/"
        yield "  A token to sign in with: `funnelbeat tokens add NAME --scope read`"


def _more_files() -> None:
    """Each connection is an open file, and a shell often allows 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _no_more(_number: int, _frame: FrameType | None) -> None:
    """The process ends by itself, with status 0."""


COMMANDS = {"web": web}
