"""`type: sandbox`: a mail address goes to the sandbox's mail server, any other address to its Slack."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from worker.channels.email.channel import EMAIL, open_email
from worker.channels.slack.channel import SLACK, open_slack
from worker.ports.channels import Channel, ChannelKind

MAIL, POSTS = "mail", "slack"
"""Routes, as `doctor` prints them."""


class SandboxChannels:
    """`listening`: where the sandbox's services are, by service. A channel is opened when it is first asked for."""

    def __init__(self, listening: Mapping[str, str]) -> None:
        self._listening = listening

    def channel(self, route: str) -> Channel[Any]:
        return self._mail if route == MAIL else self._posts

    async def aclose(self) -> None:
        for opened in (name for name in ("_mail", "_posts") if name in self.__dict__):
            await getattr(self, opened).aclose()

    @cached_property
    def _mail(self) -> Channel[Any]:
        return open_email({"url": self._listening["smtp"], "from": "Pipeline <reports@sandbox.example>"})

    @cached_property
    def _posts(self) -> Channel[Any]:
        return open_slack({"token": "xoxb-sandbox", "base_url": self._listening["slack"]})


def _route(address: str | None) -> str:
    return MAIL if address is not None and "@" in address else POSTS


def _address(address: str) -> str:
    return EMAIL.address(address) if "@" in address else SLACK.address(address)


SANDBOX = ChannelKind(type="sandbox", options=(), address=_address, open=SandboxChannels, in_sandbox=True, route=_route)
