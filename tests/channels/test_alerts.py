"""Every channel makes a message of a notification of alerts."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.golden.alerts import ALERTS, HOSTILE
from tests.support.contents import templates
from worker.channels.console.channel import ConsoleChannel
from worker.channels.file.channel import FileChannel
from worker.channels.webhook.channel import open_webhook
from worker.documents.alert_shapes import AlertMessage
from worker.domain.alert.notification import Notification
from worker.domain.schedule import Subscription
from worker.ports.channels import Channel, PreviewPage, RenderRequest

WEBHOOK = {"url": "https://hooks.acme.example/x", "signature": "none"}


def shown(channel: Channel[Any], alert: Notification) -> PreviewPage:
    entry = Subscription("team", "any", None, "alert", "en_GB", "Europe/Berlin")
    return channel.preview(channel.content(RenderRequest(alert, entry), templates(None)), "sales@acme.example")


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_a_console_shows_the_text(name: str) -> None:
    page = shown(ConsoleChannel(), ALERTS[name])
    assert page.subject in page.text
    assert "WHY YOU GET THIS" in page.text


def test_a_console_obeys_no_name() -> None:
    page = shown(ConsoleChannel(), HOSTILE)
    assert "\x1b" not in page.text + page.subject
    assert "\u202e" not in page.text + page.subject


@pytest.mark.parametrize("form", ["html", "text", "json"])
def test_a_file_holds_an_alert_in_every_form(form: str, tmp_path: Path) -> None:
    page = shown(FileChannel(tmp_path, form), ALERTS["worse"])
    assert "Halvorsen Marine" in page.text
    assert page.subject == "Worse: Halvorsen Marine, €61,000 · 1 new, 1 repeat"


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_a_webhook_is_sent_the_shape_that_is_promised(name: str) -> None:
    page = shown(open_webhook(WEBHOOK), ALERTS[name])
    made = msgspec.json.decode(page.text, type=AlertMessage, strict=True)
    assert made["type"] == "alert"
    assert [one["fingerprint"] for one in made["data"]["findings"]] == [
        one.fingerprint for one in ALERTS[name].findings
    ]


def test_money_is_minor_units_and_instants_are_rfc_3339() -> None:
    told = json.loads(shown(open_webhook(WEBHOOK), ALERTS["worse"]).text)["data"]["findings"][0]
    money = {"amount": 6_100_000, "currency": "EUR", "digits": 2}
    assert told["subject"]["amount"] == {"kind": "money", "money": money, "number": None}
    assert told["since"] == "2026-11-10T13:05:00Z"
    assert told["subject"]["cells"]["updated_at"] == "2026-10-28T13:05:00Z"
    assert told["clauses"][1]["operands"][0] == {"name": "row.value", "kind": "money", "money": money, "value": None}
    assert told["last_message"]["amount"]["money"]["amount"] == 5_200_000
