"""`type: sandbox`: mail addresses go to the sandbox's mail server, other addresses to its Slack."""

from collections.abc import Mapping
from typing import Any

from worker.channels.email.channel import EMAIL, open_email
from worker.channels.slack.channel import SLACK, open_slack
from worker.ports.channels import Channel, ChannelKind
from worker.sanitize import clean

MAIL, POSTS = "mail", "slack"
"""Routes, as `doctor` prints them."""


class SandboxChannels:
    """`listening`: service → its address in the sandbox. Channels are opened on first use."""

    def __init__(self, listening: Mapping[str, str]) -> None:
        self._listening = listening
        self._opened: dict[str, Channel[Any]] = {}

    def channel(self, route: str) -> Channel[Any]:
        if route not in self._opened:
            self._opened[route] = _mail(self._listening) if route == MAIL else _posts(self._listening)
        return self._opened[route]

    async def aclose(self) -> None:
        for channel in self._opened.values():
            await channel.aclose()


def _mail(listening: Mapping[str, str]) -> Channel[Any]:
    return open_email({"url": listening["smtp"], "from": "Pipeline <reports@sandbox.example>"})


def _posts(listening: Mapping[str, str]) -> Channel[Any]:
    return open_slack({"token": "xoxb-sandbox", "base_url": listening["slack"]})


def _route(address: str | None) -> str:
    return MAIL if address is not None and "@" in address else POSTS


def _address(address: str) -> str:
    if "@" in address:
        return EMAIL.address(address)
    try:
        return SLACK.address(address)
    except ValueError:
        expected = (
            "a mail address like name@example.com; a channel of `type: sandbox` also takes the id of a Slack channel "
            "or person, like C0123456789"
        )
        raise ValueError(f"found the address {clean(address, 60)!r}, expected {expected}") from None


SANDBOX = ChannelKind(
    type="sandbox",
    options=(),
    address=_address,
    open=SandboxChannels,
    in_sandbox={"smtp": "smtp://127.0.0.1:9?tls=never", "slack": "http://127.0.0.1:9"},
    route=_route,
    forms=(*EMAIL.forms, *SLACK.forms),
    mailbox=lambda address: _route(address) == MAIL,
)
