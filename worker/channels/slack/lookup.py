"""Whether a post arrived: asked of the channel's history by the delivery id that every post carries.

Slack has no idempotency key (https://docs.slack.dev/messaging/message-metadata is what it has), so that this look-up is
what keeps an unclear post from being sent twice. It needs the scopes channels:history, groups:history and im:history,
and im:write for an address that is a person. A post that somebody deleted in the meantime counts as absent.

A file has no metadata: it is known by its title, which ends in the first eight characters of the delivery's digest.
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
"""How far Redis's clock, by which a delivery begins, may be ahead of Slack's, by which a post is stamped. A post is
known by its delivery's id, so that looking back further finds no other.
"""

PAGES = 50
"""Pages of 200 messages before we say that we cannot tell."""


def delivery_id(envelope: Envelope, number: int) -> str:
    """Names one part of one delivery, the same in every try."""
    return f"{envelope.key.digest}.{number}"


def file_mark(envelope: Envelope) -> str:
    """How a file's title ends."""
    return f"· {envelope.key.digest[:8]}"


async def find(api: SlackApi, part: Part, envelope: Envelope) -> Receipt | None:
    """The receipt of a part that arrived, None when it surely did not. Raises DeliveryDeferred and DeliveryRefused."""
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
    """Where posts to `address` lie: a person's are in the conversation that the bot has with them."""
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
    """From a day before the first intent: Slack stamps posts with its own clock."""
    return {"oldest": f"{(envelope.date - CLOCKS_DIFFER).timestamp():.6f}", "inclusive": "true"}


async def _pages(api: SlackApi, method: str, params: Mapping[str, str]) -> AsyncIterator[Mapping[str, Any]]:
    """Every message that the method lists. Raises DeliveryDeferred when the list does not end, or is none."""
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
