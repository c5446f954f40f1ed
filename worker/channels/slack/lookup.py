"""Finds out whether a post arrived, by searching the channel's history for the delivery id in every post.

Slack has no idempotency key (only https://docs.slack.dev/messaging/message-metadata), so this look-up prevents an
unclear post from being sent twice. It needs the scopes channels:history, groups:history and im:history, and im:write if
the address is a person. A post that somebody deleted meanwhile counts as absent.

A file has no metadata. Its title ends in the first eight characters of the delivery's digest.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from worker.channels.slack.api import SlackApi
from worker.channels.slack.errors import CHANNEL
from worker.domain.delivery import Envelope, Part, Receipt
from worker.errors import DeliveryDeferred

EVENT = "funnel_digest"
POST = "post"
UPLOAD = "upload"
CLOCKS_DIFFER = timedelta(days=1)
"""How far the clock of Redis, which dates a delivery, may be ahead of Slack's, which dates a post. Searching further
back is safe, because a post is recognised by its delivery's id.
"""

PAGES = 50
"""Pages of 200 messages after which the look-up gives up."""


def delivery_id(envelope: Envelope, number: int) -> str:
    """The id of one part of a delivery, the same in every attempt."""
    return f"{envelope.key.digest}.{number}"


def file_mark(envelope: Envelope) -> str:
    """The end of a file's title."""
    return f"· {envelope.key.digest[:8]}"


async def find(api: SlackApi, part: Part, envelope: Envelope) -> Receipt | None:
    """The receipt of a part that arrived; None if it surely did not. Raises DeliveryDeferred and DeliveryRefused."""
    channel = await _channel(api, envelope.address)
    main = await _posted(_history(api, channel, envelope), delivery_id(envelope, 0))
    if part.number == 0:
        return None if main is None else Receipt(f"{channel} {main}")
    if main is None:
        raise DeliveryDeferred(CHANNEL, "the digest's own post is gone, so that its thread cannot be looked through")
    thread = _replies(api, channel, main, envelope)
    if part.kind == UPLOAD:
        file = await _shared(thread, part.meta["title"])
        return None if file is None else Receipt(f"{channel} {file}")
    found = await _posted(thread, delivery_id(envelope, part.number))
    return None if found is None else Receipt(f"{channel} {found}")


async def _channel(api: SlackApi, address: str) -> str:
    """The channel that holds posts to `address`. Posts to a person are in the bot's conversation with them."""
    if address[:1] not in {"U", "W"}:
        return address
    opened = await api.read("conversations.open", {"users": address})
    channel = opened.get("channel")
    found = channel.get("id") if isinstance(channel, Mapping) else None
    if not isinstance(found, str):
        raise DeliveryDeferred(CHANNEL, "conversations.open: no channel in the answer")
    return found


def _history(api: SlackApi, channel: str, envelope: Envelope) -> AsyncIterator[Mapping[str, Any]]:
    return _pages(api, "conversations.history", {"channel": channel, **_since(envelope)})


def _replies(api: SlackApi, channel: str, parent: str, envelope: Envelope) -> AsyncIterator[Mapping[str, Any]]:
    return _pages(api, "conversations.replies", {"channel": channel, "ts": parent, **_since(envelope)})


def _since(envelope: Envelope) -> dict[str, str]:
    """Begins a day before the first intent, because Slack dates posts with its own clock."""
    return {"oldest": f"{(envelope.date - CLOCKS_DIFFER).timestamp():.6f}", "inclusive": "true"}


async def _pages(api: SlackApi, method: str, params: Mapping[str, str]) -> AsyncIterator[Mapping[str, Any]]:
    """Every message that the method lists. Raises DeliveryDeferred if the answer is no list or does not end."""
    asked = {**params, "limit": "200", "include_all_metadata": "true"}
    for _ in range(PAGES):
        page = await api.read(method, asked)
        messages = page.get("messages")
        if not isinstance(messages, list):
            raise DeliveryDeferred(CHANNEL, f"{method}: no messages in the answer")
        for message in messages:
            if isinstance(message, Mapping):
                yield message
        meta = page.get("response_metadata")
        cursor = meta.get("next_cursor") if isinstance(meta, Mapping) else None
        if not cursor and page.get("has_more") is not True:
            return
        if not isinstance(cursor, str) or not cursor:
            raise DeliveryDeferred(CHANNEL, f"{method}: more messages, but no cursor to them")
        asked["cursor"] = cursor
    raise DeliveryDeferred(CHANNEL, f"{method}: more than {PAGES} pages")


async def _posted(messages: AsyncIterator[Mapping[str, Any]], wanted: str) -> str | None:
    async for message in messages:
        meta = message.get("metadata")
        if not isinstance(meta, Mapping) or meta.get("event_type") != EVENT:
            continue
        payload, ts = meta.get("event_payload"), message.get("ts")
        if isinstance(payload, Mapping) and payload.get("delivery_id") == wanted and isinstance(ts, str):
            return ts
    return None


async def _shared(messages: AsyncIterator[Mapping[str, Any]], title: str) -> str | None:
    async for message in messages:
        files = message.get("files")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, Mapping) and file.get("title") == title and isinstance(file.get("id"), str):
                return str(file["id"])
    return None
