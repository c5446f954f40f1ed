"""The command that tries one channel with a sample digest."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from worker.documents.preview import sent_test_document
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import bundle_of, refuse_unset_secrets_of
from worker.entry.with_services import with_services
from worker.flow.operate.send_once import send_test as sent
from worker.flow.services import Services
from worker.rendering.samples import digests

SAMPLE = "normal"


def send_test(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of funnelbeat.yaml.")],
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Who gets it; none for a channel that has its own.")
    ] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Send a sample digest through one channel of the project's files. Nothing is fetched and nothing is stored."""
    with console.guarded(as_json=as_json):
        receipt = send_sample(directory(ctx, project), channel, address, quiet=as_json)
    if as_json:
        console.show_json(sent_test_document(channel, address, receipt))
    else:
        console.out.print(f"Sent a sample to {address or channel}: {receipt}", markup=False)


def send_sample(place: Path, channel: str, address: str | None, *, quiet: bool = False) -> str:
    """Returns the receiver's words. Raises RequestError, DeliveryError."""
    bundle = bundle_of(place)
    if channel in bundle.channels:
        refuse_unset_secrets_of(place, [f"channels.{channel}"], [bundle.channels[channel].options])
    alone = replace(bundle, connections={}, schedules={})

    async def work(services: Services) -> str:
        return await sent(services, bundle, channel, address, digests()[SAMPLE])

    with console.progress(f"Sending a sample through {channel}", quiet=quiet):
        return with_services(place, work, bundle=alone)


COMMANDS = {"send-test": send_test}
