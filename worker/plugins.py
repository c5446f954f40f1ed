"""Registries: which kinds of connection and channel there are. To add one: a module, and a line in each table here."""

from collections.abc import Callable, Mapping
from datetime import datetime

from worker.channels.email import EMAIL, open_email
from worker.channels.slack import SLACK, open_slack
from worker.domain.query import ChannelType, ConnectionType
from worker.errors import RequestError
from worker.ports import Channel, Quota, Source
from worker.sources.close import CLOSE
from worker.sources.close import open_source as open_close

LATER = {
    "pipedrive": "this version does not have Pipedrive yet",
    "umami": "this version does not have Umami yet",
}
"""Kinds that are designed and not here: refused with a sentence of their own."""

SANDBOX = "sandbox"


def _sandbox_address(address: str) -> str:
    """A mail address goes to the sandbox's mail server, anything else to its Slack."""
    return EMAIL.address(address) if "@" in address else SLACK.address(address)


CONNECTIONS: dict[str, ConnectionType] = {
    CLOSE.type: CLOSE,
    SANDBOX: ConnectionType(SANDBOX, (), CLOSE.queries),
}

CHANNELS: dict[str, ChannelType] = {
    EMAIL.type: EMAIL,
    SLACK.type: SLACK,
    SANDBOX: ChannelType(SANDBOX, (), _sandbox_address),
}


def open_source(
    kind: str,
    options: Mapping[str, str],
    sandbox: Mapping[str, str],
    clock: Callable[[], datetime],
    quota: Quota | None = None,
) -> Source:
    """`options` with secrets resolved; `sandbox`: where the stand-ins listen, empty when none run. `quota`: the
    connection's budget, where others share it.
    """
    if kind == SANDBOX:
        given = {"base_url": _listening(sandbox)["close"], "api_key": "api_sandbox"}
        return open_close(given, clock=clock, quota=quota)
    return open_close(options, clock=clock, quota=quota)


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
