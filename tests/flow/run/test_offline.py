"""What replay builds messages with: the same channels, without a secret, a sandbox or a connection."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.golden.digests import DIGESTS
from tests.support.command_line import no_network
from tests.support.slack_golden import rendered
from worker.adapters.smtp.mime import MailContent
from worker.connectors import SILENT, OpenConnectors
from worker.domain.delivery import DeliveryKey, Envelope, Receipt
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Defaults
from worker.errors import RequestError
from worker.plugins import CONNECTIONS, wants_sandbox

MAIL = {"url": "smtp://r@mail.acme.example:587", "password": "${NO_SUCH_SECRET}", "from": "R <r@acme.example>"}
CHANNELS = {
    "mail": ChannelSpec("mail", "email", MAIL),
    "token": ChannelSpec("token", "slack", {"token": "${NO_SUCH_SECRET}"}),
    "hook": ChannelSpec("hook", "slack", {"webhook_url": "${file:no-such-file}"}),
    "box": ChannelSpec("box", "sandbox", {}),
}
BUNDLE = Bundle("acme", Defaults(), {}, CHANNELS, {})
WRITTEN = {
    "html": MailContent(subject="Pipeline", text="up\n", html="<p>up</p>"),
    "slack.json": rendered(next(iter(DIGESTS.values()))),
}


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("mail", "a@acme.example"),
        ("token", "C0123456789"),
        ("hook", None),
        ("box", "a@acme.example"),
        ("box", "C0123456789"),
    ],
)
async def test_every_kind_of_channel_builds_its_message_without_its_secret(
    channel: str, address: str | None, tmp_path: Path
) -> None:
    connectors = OpenConnectors(SILENT, tmp_path, offline=True)
    key = DeliveryKey(RunKey.parse("asked@2026-11-16T09:00:00Z"), f"e|{address or 'webhook'}")
    envelope = Envelope(key, address or "webhook", datetime(2026, 11, 16, 9, tzinfo=UTC))
    with no_network():
        made = connectors.channel(BUNDLE, channel, address)
        parts = made.build(WRITTEN[made.preview_suffix], envelope)
        receipts = [Receipt("C0123456789 1.5")] * len(parts)
        assert all(made.seal(part, receipts[: part.number]) for part in parts)
        await connectors.aclose()


@pytest.mark.parametrize("channel", ["mail", "token", "hook"])
def test_what_really_sends_still_wants_its_secret(channel: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"NO_SUCH_SECRET|no-such-file"):
        OpenConnectors({}, tmp_path).channel(BUNDLE, channel, "C0123456789")


@pytest.mark.parametrize("stand_in", sorted(kind for kind in CONNECTIONS if wants_sandbox(kind)))
async def test_every_stand_in_opens_where_nothing_will_be_fetched(stand_in: str, tmp_path: Path) -> None:
    bundle = Bundle("acme", Defaults(), {"crm": Connection("crm", stand_in)}, {}, {})
    connectors = OpenConnectors(SILENT, tmp_path, offline=True)
    source = connectors.source(bundle, "crm")
    assert connectors.source(bundle, "crm") is source
    await connectors.aclose()
