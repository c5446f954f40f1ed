"""What Slack's tests share: an envelope, rendered posts, a token that must never be printed."""

from datetime import UTC, datetime
from typing import Any

from worker.channels.slack.content import SlackContent
from worker.domain.delivery import Attachment, DeliveryKey, Envelope
from worker.domain.run import RunKey

TOKEN = "xoxb-1111-2222-verysecretpart"
ROOM = "C0123456789"
TS = "1763370000.000100"
KEY = DeliveryKey(RunKey.parse("weekly-pipeline@2026-11-16T08:00:00Z"), f"room|{ROOM}")
ENVELOPE = Envelope(KEY, ROOM, datetime(2026, 11, 16, 8, 0, 5, tzinfo=UTC))


def text_block(text: str) -> dict[str, Any]:
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [element]}


def table_block(rows: list[list[str]]) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}


def chart_block(categories: list[str], values: list[float]) -> dict[str, Any]:
    points = [{"label": label, "value": value} for label, value in zip(categories, values, strict=True)]
    return {
        "type": "data_visualization",
        "title": "Deals per stage",
        "chart": {
            "type": "bar",
            "series": [{"name": "9–15 Nov", "data": points}],
            "axis_config": {"categories": categories},
        },
    }


MAIN = {
    "text": "€1,284,500 open",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "€1,284,500 open", "emoji": False}},
        table_block([["Why it moved", "Deals", "Value"], ["New", "6", "+€212,000"]]),
        {
            "type": "context",
            "block_id": "in_the_thread",
            "elements": [{"type": "mrkdwn", "text": "Deals in the thread", "verbatim": True}],
        },
    ],
}
CHART = {"text": "Funnel", "blocks": [text_block("Funnel"), chart_block(["Demo", "Won"], [17, 4])]}
CSV = Attachment("weekly-pipeline-2026-11-16.csv", "text/csv", b"deal;value\r\nTern Optics;12300\r\n")
RENDERED = SlackContent(posts=(MAIN, CHART), attachments=(CSV,))
