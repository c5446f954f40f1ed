"""docs/channels.md: the template for Teams makes an Adaptive Card of every digest, and a receiver takes it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import DIGESTS
from tests.support.contents import templates
from tests.support.scripted_http import Said, scripted
from worker.channels.webhook.channel import open_webhook
from worker.domain.delivery import DeliveryKey, Envelope, Receipt
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.plugins import CHANNEL_TYPES
from worker.ports.channels import RenderRequest

PAGE = (Path(__file__).parents[1] / "docs" / "channels.md").read_text("utf-8")
TEMPLATES = dict(re.findall(r"^`templates/([\w./-]+)`:\n\n```jinja\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
ENTRY = Subscription("teams", "teams", None, "teams", "en_GB", "Europe/Berlin")
ENVELOPE = Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "teams|webhook"), "webhook", THIS_WEEK)
LARGEST = 28_000
"""Bytes of one message to Teams: https://learn.microsoft.com/microsoftteams/limits-specifications-teams."""


def texts(card: Any) -> Iterator[str]:
    """Every text that the card shows, none of which is read as Markdown."""
    for block in card["body"]:
        assert set(block) == {"type", "inlines"}
        assert block["type"] == "RichTextBlock"
        for run in block["inlines"]:
            assert run["type"] == "TextRun"
            yield run["text"]


@pytest.mark.parametrize("name", sorted(DIGESTS))
async def test_the_template_for_teams_makes_a_card_that_is_taken(name: str) -> None:
    assert set(TEMPLATES) == {"teams/webhook.json.j2"}
    async with scripted(lambda _: Said({}, 202)) as teams:
        channel = open_webhook({"url": f"{teams.url}/workflow", "signature": "none", "body": "template"})
        content = channel.content(RenderRequest(DIGESTS[name], ENTRY), templates(TEMPLATES))
        [part] = channel.build(content, ENVELOPE)
        assert await channel.send(part, channel.seal(part, []), ENVELOPE) == Receipt("HTTP 202")
        await channel.aclose()
    [asked] = teams.asked
    [attachment] = asked.json["attachments"]
    assert asked.json["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert all(texts(attachment["content"]))
    assert len(asked.body) < LARGEST


def test_the_page_has_every_channel_that_is_shipped() -> None:
    rows = set(re.findall(r"^\| `(\w+)`", PAGE.split("\n## ")[0], re.MULTILINE))
    assert rows == set(CHANNEL_TYPES) - {"sandbox"}
