"""The project of a command: its directory, its definitions and its Redis."""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from worker.adapters.definitions.channel_directories import ChannelDirectories
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.secrets import Reference, SecretFiles, SecretReference, available, references
from worker.adapters.dotenv_file import NAME
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.app import registry
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.moving_sandbox import begins_anew, running_sandbox
from worker.entry.template_check import template_complaints
from worker.errors import DefinitionError, RequestError
from worker.plugins import wants_sandbox
from worker.ports.bounces import sending
from worker.sandbox.server import SandboxThread
from worker.sandbox.steps import received
from worker.settings import WARNED, Settings


def definitions(
    directory: Path, secret_files: SecretFiles | None = None, directories: ChannelDirectories | None = None
) -> Loaded:
    return load(directory, registry(), now=datetime.now(UTC), secret_files=secret_files, directories=directories)


def bundle_of(directory: Path) -> Bundle:
    """The project's definitions from its files. Raises DefinitionError with every complaint."""
    loaded = definitions(directory)
    if loaded.complaints or loaded.bundle is None:
        raise DefinitionError(loaded.complaints)
    return loaded.bundle


def deployable(directory: Path) -> Bundle:
    """As bundle_of, with its templates tried. Raises DefinitionError with the faults of templates too."""
    bundle = bundle_of(directory)
    faults = template_complaints(bundle)
    if faults:
        raise DefinitionError(tuple(faults))
    return bundle


def deployed_bundle(settings: Settings, project: str) -> Bundle | None:
    """The deployed definitions; None if nothing is deployed. Raises LedgerUnavailable."""

    async def look() -> Bundle | None:
        async with aclosing(connect(settings.redis_url, connections=2)) as client:
            ledger = RedisLedger(client, project)
            deployed = await ledger.deployments.deployed()
            return await ledger.deployments.bundle(deployed.bundle) if deployed is not None else None

    return asyncio.run(look())


@contextmanager
def sandbox_for(
    bundle: Bundle,
    settings: Settings,
    out: Path | None = None,
    *,
    beside: Path | None = None,
    says_where: bool = True,
    compares: bool = False,
) -> Iterator[Settings]:
    """Settings with a sandbox, if the project uses one: the one that `up` runs for the project in `beside`, else one of
    its own, which ends with the block. `out`: a folder to which the received messages are written as well; `up` writes
    there too. Afterwards a message says where they are, unless `says_where` is false: `up` said it when it started, and
    programs read its log. `compares`: the command compares with what was sent before. Then a message says if the deals
    of its own sandbox start from the beginning.
    """
    if settings.sandbox or not needs_sandbox(bundle):
        yield settings
        return
    running = running_sandbox(beside) if beside is not None else ""
    if running:
        control = str(json.loads(running)["control"])
        before = received(control)
        yield replace(settings, sandbox=running)
        if out is not None and received(control) != before:
            console.err.print(f"The sandbox of `up` has the messages and writes them to {out}", markup=False)
        return
    anew = (
        begins_anew(beside, "with each command while `up` does not run", "This digest") if compares and beside else ""
    )
    if anew:
        console.err.print(anew, markup=False)
    with SandboxThread(out=out) as box:
        yield replace(settings, sandbox=box.describe_json())
        count = box.call(lambda running: len(running.outbox.items))
    if out is not None and count and says_where:
        were = "1 message to the sandbox was" if count == 1 else f"{count} messages to the sandbox were"
        console.err.print(f"{were} written to {out}", markup=False)


def needs_sandbox(bundle: Bundle) -> bool:
    kinds = {c.type for c in bundle.connections.values()} | {c.type for c in bundle.channels.values()}
    return any(wants_sandbox(kind) for kind in kinds)


def refuse_unset_secrets(directory: Path, bundle: Bundle) -> None:
    """Raises RequestError that names each secret which a schedule's connections and channels need and which is not set,
    with its position if the files still name it.
    """
    connections = {item.source for one in bundle.schedules.values() for item in one.report}
    channels = {entry.channel for one in bundle.schedules.values() for entry in one.entries}
    refuse_unset_secrets_of(
        directory,
        [*(f"connections.{name}" for name in sorted(connections)), *(f"channels.{name}" for name in sorted(channels))],
        [
            *(bundle.connections[name].options for name in sorted(connections)),
            *(bundle.channels[name].options for name in sorted(channels)),
        ],
    )


def refuse_unset_secrets_of(directory: Path, holders: Sequence[str], options: Sequence[Mapping[str, str]]) -> None:
    """As refuse_unset_secrets, for connections and channels by name: "channels.email", with the options of each."""
    unset = {
        (f"{holder}.{option}", secret)
        for holder, written in zip(holders, options, strict=True)
        for option, text in sending(written).items()
        for secret in references(text)
        if not available(secret, os.environ, directory)
    }
    if unset:
        places = {(secret.holder, secret.name): f"{secret.place}: " for secret in definitions(directory).secrets}
        told = [
            f"{places.get((holder, secret.name), '')}{holder} needs {secret.name}, which is {lack(secret, directory)}"
            for holder, secret in unset
        ]
        raise RequestError("\n".join(sorted(told)))


def lack(secret: Reference | SecretReference, directory: Path) -> str:
    """What is wrong with a secret that is not available, and where to write it."""
    if secret.kind == "file":
        return "no file that can be read"
    return f"not set: write {secret.name}=… into {directory / NAME}, or set it in the environment"


def child_environment(settings: Settings, project: str) -> dict[str, str]:
    """The environment of a child process: our own, and the addresses of Redis and the sandbox. It repeats none of our
    warnings.
    """
    return {
        **os.environ,
        "FUNNELBEAT_REDIS_URL": settings.redis_url,
        "FUNNELBEAT_BROKER_URL": settings.broker_url,
        "FUNNELBEAT_PROJECT": project,
        "FUNNELBEAT_SANDBOX": settings.sandbox,
        WARNED: "1",
    }
