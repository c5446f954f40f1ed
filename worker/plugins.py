"""Registries: which kinds of connection and channel there are. To add a channel: a folder, and its KIND in CHANNELS."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Protocol

from worker.adapters.entry_points import with_plugins
from worker.channels import email, sandbox, slack
from worker.domain.query import ConnectionType
from worker.errors import RequestError
from worker.ports import Quota, Source
from worker.ports.channels import ChannelKind
from worker.ports.tokens import Renewal
from worker.sources import close, pipedrive, umami

SANDBOX = "sandbox"

LATER: dict[str, str] = {}
"""Kinds that are designed and not here, each with the sentence that refuses it."""


class Opens(Protocol):
    """A source's factory: options with secrets resolved, a clock, and the budget that others share."""

    def __call__(
        self, options: Mapping[str, str], *, clock: Callable[[], datetime], quota: Quota | None = None
    ) -> Source: ...


class Renews(Protocol):
    """As Opens, for a service whose tokens end: `renewal` says how there is another one."""

    def __call__(
        self,
        options: Mapping[str, str],
        *,
        clock: Callable[[], datetime],
        quota: Quota | None = None,
        renewal: Renewal | None = None,
    ) -> Source: ...


_RENEWING: dict[str, Renews] = {"close": close.open_source, "pipedrive": pipedrive.open_source}

_SOURCES: dict[str, tuple[ConnectionType, Opens]] = {
    "close": (close.CLOSE, close.open_source),
    "pipedrive": (pipedrive.PIPEDRIVE, pipedrive.open_source),
    "umami": (umami.UMAMI, umami.open_source),
}

_STAND_INS: dict[str, tuple[str, dict[str, str]]] = {
    SANDBOX: ("close", {"api_key": "api_sandbox"}),
    "sandbox-pipedrive": ("pipedrive", {"api_token": "5a" * 20}),
    "sandbox-umami": ("umami", {"username": "digest", "password": "umami-sandbox"}),
}
"""Kinds that need no account: the service whose adapter they use, and the keys that its stand-in takes."""

SERVICE_OF: Mapping[str, str] = {kind: service for kind, (service, _) in _STAND_INS.items()}
"""A stand-in goes by the name of the service that it stands in for."""


def _stand_in(kind: str) -> ConnectionType:
    return replace(_SOURCES[_STAND_INS[kind][0]][0], type=kind, options=(), one_of=(), faults=lambda _options: ())


CONNECTIONS: dict[str, ConnectionType] = {
    **{kind: offered for kind, (offered, _) in _SOURCES.items()},
    **{kind: _stand_in(kind) for kind in _STAND_INS},
}

CHANNELS: tuple[ChannelKind, ...] = (email.KIND, slack.KIND, sandbox.KIND)

CHANNEL_PLUGINS = "funnelbeat.channels"
"""The group of entry points in which other distributions offer a ChannelKind."""

CHANNEL_TYPES: dict[str, ChannelKind] = {kind.type: kind for kind in CHANNELS}
"""The types of channel that this version ships."""


@cache
def channels() -> Mapping[str, ChannelKind]:
    """CHANNEL_TYPES, and those of installed plug-ins. Raises RequestError for a plug-in that is broken."""
    return with_plugins(CHANNEL_PLUGINS, ChannelKind, CHANNEL_TYPES)


def channel_kind(kind: str) -> ChannelKind:
    """Raises RequestError for a type that this process does not have."""
    if kind not in channels():
        raise RequestError(f"type: {kind}: there is no such channel here; is its plug-in installed?")
    return channels()[kind]


def wants_sandbox(kind: str) -> bool:
    """Whether a connection or channel of this kind talks to a stand-in on this machine."""
    return kind in _STAND_INS or any(one.in_sandbox for one in CHANNELS if one.type == kind)


def open_source(
    kind: str,
    options: Mapping[str, str],
    sandbox: Mapping[str, str],
    clock: Callable[[], datetime],
    quota: Quota | None = None,
    renewal: Renewal | None = None,
) -> Source:
    """`options` with secrets resolved; `sandbox`: where the stand-ins listen, empty when none run. `quota`: the
    connection's budget, where others share it. `renewal`: for tokens that end.
    """
    if kind in _STAND_INS:
        kind, keys = _STAND_INS[kind]
        options = {"base_url": listening(sandbox)[kind], **keys}
    if kind in _RENEWING:
        return _RENEWING[kind](options, clock=clock, quota=quota, renewal=renewal)
    return _SOURCES[kind][1](options, clock=clock, quota=quota)


def listening(sandbox: Mapping[str, str]) -> Mapping[str, str]:
    """Where the sandbox's services listen, by service. Raises RequestError when none runs."""
    if not sandbox:
        raise RequestError(
            "type: sandbox needs a running sandbox: `demo`, `up`, `run` and `preview` start one themselves"
        )
    return sandbox
