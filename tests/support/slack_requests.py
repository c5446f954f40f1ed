"""Commands and clicks, signed and posted as Slack does."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from worker.channels.slack.signature import SIGNATURE, TIMESTAMP, signature

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # published by Slack as an example
FORM = "application/x-www-form-urlencoded"
ANNA, BEN, EVE = "U0ANNA0000", "U0BEN00000", "U0EVE00000"
ROOM = "C0123456789"


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {"content-type": FORM, TIMESTAMP: stamp, SIGNATURE: signature(secret, stamp, body)}


@dataclass
class SlackUser:
    """Somebody in Slack. `replies`: where answers that come later are posted, with a word behind it."""

    client: httpx.AsyncClient
    replies: str
    id: str = ANNA
    place: str = ROOM
    path: str = "/chat/slack"
    asked: int = 0
    team: str = "T0ACME0000"

    def reply(self) -> str:
        """The last word of the last response_url."""
        return f"{self.id}-{self.asked}"

    def command_body(self, text: str, trigger: str = "", **other: str) -> bytes:
        self.asked += 1
        fields = {
            "command": "/funnelbeat",
            "text": text,
            "trigger_id": trigger or f"{self.id}.{self.asked}.{time.time_ns()}",
            "team_id": self.team,
            "user_id": self.id,
            "channel_id": self.place,
            "response_url": f"{self.replies}/{self.reply()}",
        }
        return urlencode(fields | other).encode()

    def click_body(self, message: Mapping[str, Any], action: str, row: int = 0, **other: Any) -> bytes:
        """On the button with this action in the block of buttons number `row`."""
        self.asked += 1
        block = button_rows(message)[row]
        (button,) = [one for one in block["elements"] if one["action_id"] == action]
        payload = {
            "type": "block_actions",
            "team": {"id": self.team},
            "user": {"id": self.id},
            "channel": {"id": self.place},
            "trigger_id": f"{self.id}.{self.asked}.{time.time_ns()}",
            "message": {"ts": "1.2", "text": message.get("text", ""), "blocks": message["blocks"]},
            "actions": [{**button, "block_id": block["block_id"], "action_ts": f"{time.time():.6f}"}],
            "response_url": f"{self.replies}/{self.reply()}",
        }
        return urlencode({"payload": json.dumps(payload | other)}).encode()

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        given = signed(body) if headers is None else dict(headers)
        return await self.client.post(self.path, content=body, headers=given)

    async def ask(self, text: str, trigger: str = "") -> str:
        """The text that Slack shows this person for a command."""
        answer = await self.post(self.command_body(text, trigger))
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert said["response_type"] == "ephemeral"
        return str(said["text"])

    async def click(self, message: Mapping[str, Any], action: str, row: int = 0) -> None:
        answer = await self.post(self.click_body(message, action, row))
        assert (answer.status_code, answer.content) == (200, b"")


def button_rows(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [block for block in message["blocks"] if block["type"] == "actions"]


def words(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What rich text says; a person who is named stands as @ID."""
    parts = [
        f"@{piece['user_id']}" if piece["type"] == "user" else piece["text"]
        for block in blocks
        if block["type"] == "rich_text"
        for section in block["elements"]
        for piece in section.get("elements", ())
        if piece["type"] in {"text", "user"}
    ]
    return "".join(parts)
