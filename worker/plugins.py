"""Registries of the sources and channels. A new one is a folder, and its kind in SOURCES or CHANNELS."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from worker.adapters.entry_points import with_plugins
from worker.channels import apprise, console, email, file, sandbox, slack, webhook
from worker.errors import RequestError
from worker.ports import Quota, Source
from worker.ports.channels import ChannelKind
from worker.ports.kinds import SourceKind, webhook_option
from worker.ports.tokens import Renewal
from worker.sources.close import CLOSE
from worker.sources.pipedrive import PIPEDRIVE
from worker.sources.umami import UMAMI

SANDBOX = "sandbox"

SOURCES: tuple[SourceKind, ...] = (CLOSE, PIPEDRIVE, UMAMI)
SOURCE_PLUGINS = "funnelbeat.sources"
"""The group of entry points in which other distributions offer a SourceKind."""


def _stand_ins(kinds: tuple[SourceKind, ...]) -> dict[str, SourceKind]:
    """Type of a stand-in → the service that it stands for."""
    return {kind.stand_in.type: kind for kind in kinds if kind.stand_in is not None}


def _without_account(kind: SourceKind, name: str) -> SourceKind:
    """It has no key of an account. Events can be posted to it as to the service itself."""
    options = () if kind.events is None else (webhook_option(kind.events),)
    return replace(kind, type=name, options=options, ask_for_init=None, one_of=(), faults=lambda _options: ())


STAND_INS: dict[str, SourceKind] = _stand_ins(SOURCES)

CONNECTIONS: dict[str, SourceKind] = {
    **{kind.type: kind for kind in SOURCES},
    **{name: _without_account(kind, name) for name, kind in STAND_INS.items()},
}
"""The types of connection that this version ships."""

CHANNELS: tuple[ChannelKind, ...] = (
    email.KIND,
    slack.KIND,
    webhook.KIND,
    apprise.KIND,
    file.KIND,
    console.KIND,
    sandbox.KIND,
)

CHANNEL_PLUGINS = "funnelbeat.channels"
"""The group of entry points in which other distributions offer a ChannelKind."""

CHANNEL_TYPES: dict[str, ChannelKind] = {kind.type: kind for kind in CHANNELS}
"""The types of channel that this version ships."""


@cache
def channels() -> Mapping[str, ChannelKind]:
    """CHANNEL_TYPES, and those of installed plug-ins. Raises RequestError for a broken plug-in."""
    return with_plugins(CHANNEL_PLUGINS, ChannelKind, CHANNEL_TYPES)


def channel_kind(kind: str) -> ChannelKind:
    """Raises RequestError for a type that this process does not have."""
    if kind not in channels():
        raise RequestError(f"type: {kind}: there is no such channel here; is its plug-in installed?")
    return channels()[kind]


@cache
def connections() -> Mapping[str, SourceKind]:
    """CONNECTIONS, and those of installed plug-ins. Raises RequestError for a broken plug-in."""
    return with_plugins(SOURCE_PLUGINS, SourceKind, CONNECTIONS)


def wants_sandbox(kind: str) -> bool:
    """Whether a connection or channel of this kind uses a stand-in on this machine."""
    return kind in STAND_INS or any(bool(one.in_sandbox) for one in CHANNELS if one.type == kind)


def open_source(
    kind: str,
    options: Mapping[str, str],
    sandbox: Mapping[str, str],
    clock: Callable[[], datetime],
    quota: Quota | None = None,
    renewal: Renewal | None = None,
) -> Source:
    """`options`: with resolved secrets. `sandbox`: the addresses of the stand-ins, empty if none run. `quota`: the
    connection's budget, if others share it. `renewal`: for tokens that expire. Raises RequestError.
    """
    stand_in = STAND_INS[kind].stand_in if kind in STAND_INS else None
    if stand_in is not None:
        options = {"base_url": listening(sandbox)[STAND_INS[kind].type], **stand_in.options}
    return source_kind(kind).open(options, clock=clock, quota=quota, renewal=renewal)


def source_kind(kind: str) -> SourceKind:
    """Raises RequestError for a type that this process does not have."""
    if kind not in connections():
        raise RequestError(f"type: {kind}: there is no such connection here; is its plug-in installed?")
    return connections()[kind]


def listening(sandbox: Mapping[str, str]) -> Mapping[str, str]:
    """The addresses of the sandbox's services, by service. Raises RequestError if no sandbox runs."""
    if not sandbox:
        raise RequestError(
            "type: sandbox needs a running sandbox: the commands demo, up, run and preview start one themselves"
        )
    return sandbox
