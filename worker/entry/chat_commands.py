"""Commands for channels that people ask through: chat manifest, chat socket. The type of such a channel is another name
of `chat`.
"""

import asyncio
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from worker.adapters.event_log import configure
from worker.app import open_services, registry
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.ownership import fit_to_start
from worker.entry.project_dir import bundle_of
from worker.entry.project_name import project_name
from worker.entry.project_redis import redis_for
from worker.errors import RequestError
from worker.flow import deployed
from worker.plugins import channel_kind
from worker.ports.chat import ANSWERS, AppDescription, ChatContract
from worker.settings import Settings
from worker.web.chat.app import PREFIX
from worker.web.chat.pace import ChatPace
from worker.web.chat.paced import AT_ONCE, paced

NAME = "Funnelbeat"
SUMMARY = "What moved in the sales funnel: digests, alerts, and runs on demand."
HINT = "run ID, next, why [ID], subscribe ID, unsubscribe ID, alerts, help"

Channel = Annotated[
    str | None, typer.Argument(metavar="CHANNEL", help="Its name in funnelbeat.yaml; needed if there are several.")
]

chat = typer.Typer(help="The app of a channel that people ask through.", no_args_is_help=True)


@chat.command("manifest")
def manifest(
    ctx: typer.Context,
    channel: Channel = None,
    socket: Annotated[
        bool,
        typer.Option("--socket", help="Requests come over a socket: this machine need not be reachable from outside."),
    ] = False,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Print the app's manifest as JSON: paste it into the service's page for new apps."""
    with console.guarded(as_json=as_json):
        bundle = bundle_of(directory(ctx, project))
        name, contract = _channel(bundle, channel)
        made = contract.manifest(AppDescription(NAME, SUMMARY, "" if socket else _url(bundle, name), HINT))
    console.show_json(made)


def _url(bundle: Bundle, channel: str) -> str:
    """Raises RequestError for a project without a public address."""
    if not bundle.web:
        raise RequestError(
            "funnelbeat.yaml does not name the address of `web`: write `web: {base_url: https://…}`, or use --socket"
        )
    return f"{bundle.web}{PREFIX}/{channel}"


@chat.command("socket")
def socket(ctx: typer.Context, channel: Channel = None, project: Project = None) -> None:
    """Take requests over a socket, as `web` takes them over HTTP, until it is stopped."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            registry()  # refuses a broken plug-in
            fit_to_start(settings, name, place)
            asyncio.run(_serve(settings, name, place, channel))


async def _serve(settings: Settings, project: str, place: Path, channel: str | None) -> None:
    """The deployed definitions say which token it uses. Raises RequestError."""
    async with open_services(settings, project, directory=place) as services:
        current = await services.deployments.deployed()
        if current is None:
            raise RequestError("nothing is deployed yet: run `funnelbeat deploy` first")
        bundle = await deployed.bundle_of(services.deployments, current.bundle)
        name, _ = _channel(bundle, channel)
        answering = partial(paced, services, name, ChatPace(monotonic), asyncio.Semaphore(AT_ONCE))
        going = asyncio.ensure_future(services.connectors.serve_chat(bundle, name, answering))
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, going.cancel)
        with suppress(asyncio.CancelledError):
            await going


def _channel(bundle: Bundle, name: str | None) -> tuple[str, ChatContract]:
    """Raises RequestError unless exactly one channel fits."""
    known = {
        one.name: contract
        for one in bundle.channels.values()
        if (contract := channel_kind(one.type).chat) is not None and (name is None or one.name == name)
    }
    asked = {one for one in known if any(key.startswith(ANSWERS) for key in bundle.channels[one].options)}
    chosen = sorted(asked or known)
    if len(chosen) == 1:
        return chosen[0], known[chosen[0]]
    if chosen:
        raise RequestError(f"several channels take requests: {', '.join(chosen)}; write which")
    what = f"{name!r} is no channel that takes requests" if name else "no channel takes requests"
    raise RequestError(f"{what}; docs/channels.md says how one is set up")


GROUPS = {"chat": chat}
