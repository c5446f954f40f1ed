"""The sandbox is a mail server and a chat in one: the address says which."""

import pytest

from worker.channels.email.channel import EmailChannel
from worker.channels.sandbox.channel import SANDBOX, SandboxChannels
from worker.channels.slack.channel import SlackChannel

LISTENING = {"smtp": "smtp://127.0.0.1:9?tls=never", "slack": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("address", "kind"), [("a@acme.example", EmailChannel), ("C0123456789", SlackChannel), (None, SlackChannel)]
)
async def test_an_address_takes_its_channel_and_each_is_opened_once(address: str | None, kind: type) -> None:
    group = SandboxChannels(LISTENING)
    opened = group.channel(SANDBOX.route(address))
    assert isinstance(opened, kind)
    assert group.channel(SANDBOX.route(address)) is opened
    await group.aclose()


@pytest.mark.parametrize("address", ["ben.acme.example", "#sales", "c0123456789", ""])
def test_what_is_neither_a_mail_address_nor_an_id_of_slack_is_told_both_forms(address: str) -> None:
    both = r"expected a mail address like .*; a channel of `type: sandbox` also takes the id of a Slack channel"
    with pytest.raises(ValueError, match=both) as no:
        SANDBOX.address(address)
    assert repr(address) in str(no.value)
    assert SANDBOX.address("U0123456789") == "U0123456789"
