"""Parses slash commands and clicks on buttons, posted by Slack or received over a socket.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from worker.adapters.url import is_loopback
from worker.errors import PostRefused
from worker.ports.chat import ChatRequest

COMMAND = "/funnelbeat"
HOOKS = "hooks.slack.com"
"""The only host to which answers are posted."""

OPEN = "open"
"""The name of buttons that only open a page. Slack reports a click on them too."""

LONGEST = 2_000
"""Characters of a person's text, and of a button's value."""

_ID = re.compile(r"[A-Z0-9]{2,30}")
_FORM = "application/x-www-form-urlencoded"
_FIELDS = 40


@dataclass(frozen=True, slots=True)
class ClickedMessage:
    """The message whose button was clicked, as Slack shows it, and the block with the button."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]
    block_id: str


def posted(headers: Mapping[str, str], body: bytes, base_url: str) -> ChatRequest | None:
    """None for a post without a request. Raises PostRefused."""
    if not headers.get("content-type", "").startswith(_FORM):
        raise PostRefused(f"the body is none of Slack; expected {_FORM}")
    try:
        fields = {
            name: values[0]
            for name, values in parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=_FIELDS).items()
        }
    except ValueError:
        raise PostRefused("the body cannot be read as a form") from None
    if fields.get("ssl_check") == "1":
        return None
    return click(_object(fields["payload"]), base_url) if "payload" in fields else command(fields, base_url)


def command(fields: Mapping[str, Any], base_url: str) -> ChatRequest:
    """A slash command. Raises PostRefused."""
    words = _text(fields, "text", "").split(maxsplit=1)
    return ChatRequest(
        _text(fields, "trigger_id"),
        words[0].casefold() if words else "",
        words[1].strip() if len(words) > 1 else "",
        _id(fields, "user_id"),
        _id(fields, "channel_id"),
        reply_url(_text(fields, "response_url"), base_url),
        workspace=_known_id(fields.get("team_id")),
    )


def click(payload: Mapping[str, Any], base_url: str) -> ChatRequest | None:
    """A click on a button. Raises PostRefused."""
    if payload.get("type") != "block_actions":
        return None
    actions, message = payload.get("actions"), _part(payload, "message")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], Mapping):
        raise PostRefused("actions: expected one action")
    action = actions[0]
    if _text(action, "action_id") == OPEN:
        return None
    blocks = message.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise PostRefused("message: expected its blocks")
    return ChatRequest(
        f"{_text(payload, 'trigger_id')} {_text(action, 'action_ts', '')}",
        _text(action, "action_id"),
        _text(action, "value", ""),
        _id(_part(payload, "user"), "id"),
        _id(_part(payload, "channel"), "id"),
        reply_url(_text(payload, "response_url"), base_url),
        ClickedMessage(str(message.get("text", "")), tuple(blocks), _text(action, "block_id")),
        _known_id(team.get("id") if isinstance(team := payload.get("team"), Mapping) else None),
    )


def reply_url(url: str, base_url: str) -> str:
    """Answers may only be posted to Slack, and to the stand-in at `base_url` on this machine. Raises PostRefused."""
    try:
        to, stand_in = urlsplit(url), urlsplit(base_url)
        plain = to.username is None and to.password is None
        of_slack = to.scheme == "https" and to.hostname == HOOKS and to.port is None
        of_stand_in = is_loopback(stand_in.hostname or "") and (to.scheme, to.netloc) == stand_in[:2]
    except ValueError:
        plain = of_slack = of_stand_in = False
    if not plain or not (of_slack or of_stand_in):
        raise PostRefused(f"response_url: leads elsewhere than to {HOOKS}")
    return url


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise PostRefused("payload: is no JSON") from None
    if not isinstance(found, Mapping):
        raise PostRefused("payload: expected an object")
    return found


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    if not isinstance(found, Mapping):
        raise PostRefused(f"{name}: expected an object")
    return found


def _known_id(found: object) -> str:
    """Empty if Slack gives none: an app of a whole organisation has no team."""
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _text(of: Mapping[str, Any], name: str, otherwise: str | None = None) -> str:
    found = of.get(name, otherwise)
    if not isinstance(found, str) or len(found) > LONGEST or (otherwise is None and not found):
        raise PostRefused(f"{name}: expected text of at most {LONGEST} characters")
    return found


def _id(of: Mapping[str, Any], name: str) -> str:
    found = of.get(name)
    if not isinstance(found, str) or _ID.fullmatch(found) is None:
        raise PostRefused(f"{name}: expected an id of Slack, such as U0123456789")
    return found
