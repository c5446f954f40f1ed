"""Answers to commands and clicks. They are posted to response_url, which accepts five within half an hour.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from worker.adapters.http import Http, HttpFailure
from worker.channels.slack import requests, signature
from worker.channels.slack.api import BASE_URL, JSON
from worker.channels.slack.errors import CHANNEL
from worker.channels.slack.requests import ClickedMessage
from worker.errors import DeliveryDeferred, DeliveryRefused, RequestError
from worker.ports.chat import PERSON, ChatAnswer, ChatRequest

PATIENCE = 10.0
"""Seconds for one answer."""

LONGEST = 3_000
"""Characters of an answer's text."""


class SlackDoor:
    """Implements ports.chat.ChatDoor. `base_url`: that of the stand-in, in tests and the sandbox."""

    def __init__(self, secret: str, base_url: str = BASE_URL) -> None:
        self._secret = secret
        self._base_url = base_url

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        return signature.verify(self._secret, headers, body, now)

    def read(self, headers: Mapping[str, str], body: bytes) -> ChatRequest | None:
        return requests.posted(headers, body, self._base_url)

    def inline(self, answer: ChatAnswer) -> bytes:
        return _dump(private(answer))

    async def reply(self, request: ChatRequest, answer: ChatAnswer) -> None:
        await post_reply(request, answer)


def open_door(options: Mapping[str, str]) -> SlackDoor:
    """Raises RequestError for a malformed secret."""
    secret = options["signing_secret"].strip()
    if len(secret) < 16 or not secret.isascii() or not secret.isprintable():
        raise RequestError("answers.signing_secret is none of Slack; expected that of the app's Basic Information")
    return SlackDoor(secret, options.get("base_url", BASE_URL))


async def post_reply(request: ChatRequest, answer: ChatAnswer) -> None:
    """Raises DeliveryRefused, and DeliveryDeferred if the outcome is unknown."""
    body = instead(answer, request.clicked) if answer.instead else private(answer)
    http = Http(request.reply, timeout=PATIENCE)
    try:
        answered = await http.send("POST", request.reply, content=_dump(body), headers={"content-type": JSON})
    except HttpFailure as failure:
        raise DeliveryDeferred(CHANNEL, f"response_url: {failure.problem}") from failure
    finally:
        await http.aclose()
    if answered.status != 200:
        raise DeliveryRefused(CHANNEL, f"response_url: HTTP {answered.status}", code=str(answered.status))


def private(answer: ChatAnswer) -> dict[str, Any]:
    """A message that only the person who asked sees; another message is unchanged."""
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": _fallback(answer),
        "blocks": [_said(answer)],
    }


def instead(answer: ChatAnswer, clicked: ClickedMessage) -> dict[str, Any]:
    """The message that was clicked, with the answer in place of the buttons."""
    blocks = [_said(answer) if block.get("block_id") == clicked.block_id else block for block in clicked.blocks]
    return {"replace_original": True, "text": clicked.text, "blocks": blocks}


def _said(answer: ChatAnswer) -> dict[str, Any]:
    """Names of deals and people are never formatted in it, and mention nobody."""
    before, person, after = answer.text[:LONGEST].partition(PERSON)
    parts: list[dict[str, Any]] = [{"type": "text", "text": before}] if before else []
    if person and answer.who:
        parts.append({"type": "user", "user_id": answer.who})
    parts += [{"type": "text", "text": after}] if after else []
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}


def _fallback(answer: ChatAnswer) -> str:
    text = answer.text[:LONGEST].replace(PERSON, "")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
