"""Registries: which kinds of connection and channel there are. To add one: a module, and a line in each table here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from worker.channels.email.channel import EMAIL, open_email
from worker.channels.slack.channel import SLACK, open_slack
from worker.errors import RequestError
from worker.ports import Channel, Quota, Source
from worker.ports.kinds import ChannelType, SourceKind
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

_SOURCES: dict[str, tuple[SourceKind, Opens]] = {
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


def _stand_in(kind: str) -> SourceKind:
    return replace(_SOURCES[_STAND_INS[kind][0]][0], type=kind, options=(), one_of=(), faults=lambda _options: ())


def _sandbox_address(address: str) -> str:
    """A mail address goes to the sandbox's mail server, anything else to its Slack."""
    return EMAIL.address(address) if "@" in address else SLACK.address(address)


CONNECTIONS: dict[str, SourceKind] = {
    **{kind: offered for kind, (offered, _) in _SOURCES.items()},
    **{kind: _stand_in(kind) for kind in _STAND_INS},
}

CHANNELS: dict[str, ChannelType] = {
    EMAIL.type: EMAIL,
    SLACK.type: SLACK,
    SANDBOX: ChannelType(SANDBOX, (), _sandbox_address),
}


def wants_sandbox(kind: str) -> bool:
    """Whether a connection or channel of this kind talks to a stand-in on this machine."""
    return kind in _STAND_INS


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
        options = {"base_url": _listening(sandbox)[kind], **keys}
    if kind in _RENEWING:
        return _RENEWING[kind](options, clock=clock, quota=quota, renewal=renewal)
    return _SOURCES[kind][1](options, clock=clock, quota=quota)


def open_channel(kind: str, options: Mapping[str, str], sandbox: Mapping[str, str], address: str | None) -> Channel:
    """As open_source, for a way to send."""
    if kind == SANDBOX:
        where = _listening(sandbox)
        if address is not None and "@" in address:
            return open_email({"url": where["smtp"], "from": "Pipeline <reports@sandbox.example>"})
        return open_slack({"token": "xoxb-sandbox", "base_url": where["slack"]})
    return open_email(options) if kind == EMAIL.type else open_slack(options)


def _listening(sandbox: Mapping[str, str]) -> Mapping[str, str]:
    if not sandbox:
        raise RequestError(
            "type: sandbox needs a running sandbox: `demo`, `up`, `run` and `preview` start one themselves"
        )
    return sandbox
