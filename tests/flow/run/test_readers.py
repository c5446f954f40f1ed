"""Where a word to the operator goes."""

from pathlib import Path

import pytest

from worker.connectors import SILENT, OpenConnectors
from worker.domain.schedule import Bundle, ChannelSpec, Defaults
from worker.flow.run.readers import operator_entries

CHANNELS = {
    "room": ChannelSpec("room", "slack", {"token": "${NO_SUCH_SECRET}"}),
    "hook": ChannelSpec("hook", "slack", {"webhook_url": "${NO_SUCH_SECRET}"}),
    "mail": ChannelSpec("mail", "email", {"url": "smtp://r@mail.acme.example", "from": "R <r@acme.example>"}),
    "box": ChannelSpec("box", "sandbox", {}),
}


@pytest.mark.parametrize(
    ("names", "operator", "channel"),
    [
        (["room", "hook", "mail", "box"], "ops@acme.example", "mail"),
        (["room", "box", "mail"], "ops@acme.example", "box"),
        (["mail", "hook", "room"], "C0123456789", "room"),
        (["room", "hook"], "ops@acme.example", None),
        (["mail"], None, None),
    ],
)
def test_it_takes_the_first_channel_that_takes_its_address(
    names: list[str], operator: str | None, channel: str | None
) -> None:
    connectors = OpenConnectors(SILENT, Path.cwd(), offline=True)
    bundle = Bundle("acme", Defaults(operator=operator), {}, {name: CHANNELS[name] for name in names}, {})
    assert [entry.channel for entry in operator_entries(connectors, bundle)] == ([channel] if channel else [])
