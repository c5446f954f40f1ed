"""What `type: console` prints."""

import sys
from pathlib import Path

import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import HOSTILE, NORMAL
from tests.support.contents import templates
from worker.channels.console.channel import CONSOLE, ConsoleChannel
from worker.domain.delivery import DeliveryKey, Envelope
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryUncertain
from worker.ports.channels import Idempotent, RenderRequest

ENTRY = Subscription("c", "console", None, "pipeline", "en_GB", "Europe/Berlin")
ENVELOPE = Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "c|webhook"), "webhook", THIS_WEEK)


async def printed(digest: Digest) -> str:
    """The receipt."""
    channel = ConsoleChannel()
    [part] = channel.build(channel.content(RenderRequest(digest, ENTRY), templates(None)), ENVELOPE)
    return (await channel.send(part, channel.seal(part, []), ENVELOPE)).text


async def test_a_digest_is_printed_between_two_rules_beside_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    assert await printed(NORMAL) == f"printed digest-{ENVELOPE.key.digest[:8]}.txt"
    out, shown = capfd.readouterr()
    assert out == ""
    assert shown.startswith("─" * 72 + "\n€1,274,500 open")
    assert "Sent to console" in shown
    assert shown.endswith("─" * 72 + "\n")


async def test_nothing_of_the_data_reaches_the_terminal_as_an_instruction(capfd: pytest.CaptureFixture[str]) -> None:
    await printed(HOSTILE)
    shown = capfd.readouterr().err
    assert not [c for c in shown if c < " " and c != "\n"]
    assert not {"\x7f", "\x9b", "\u202e", "\u2066", "\u2067"} & set(shown)


async def test_a_stream_that_is_closed_leaves_it_unclear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stream = (tmp_path / "log").open("w", encoding="ascii")
    monkeypatch.setattr(sys, "__stderr__", stream)
    await printed(NORMAL)
    assert "?1,274,500 open" in (tmp_path / "log").read_text("ascii")  # a stream that cannot hold every letter
    stream.close()
    with pytest.raises(DeliveryUncertain, match="standard error cannot be written"):
        await printed(NORMAL)


def test_it_promises_nothing_that_it_cannot_keep() -> None:
    assert not isinstance(ConsoleChannel(), Idempotent)
    assert not CONSOLE.needs_address({})
