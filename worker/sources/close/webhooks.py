"""Registers webhooks at Close. The answer has the key that signs their requests; later lists leave it out.

https://developer.close.com/api/resources/webhook-subscriptions/
"""

from collections.abc import Sequence

from worker.errors import RequestError, SourceShapeChanged
from worker.ports.webhook_keys import RegisteredWebhook
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.names import listed
from worker.sources.common.parse import Node

PATH = "/webhook/"
ONE = "/webhook/{id}/"


async def webhooks(client: CloseClient) -> tuple[RegisteredWebhook, ...]:
    return tuple(_registered(node) for node in await listed(client, PATH))


async def add_webhook(
    client: CloseClient, url: str, events: Sequence[str]
) -> tuple[tuple[RegisteredWebhook, str], ...]:
    wanted = [dict(zip(("object_type", "action"), event.rsplit(".", 1), strict=True)) for event in events]
    request = CloseRequest("POST", PATH, json={"url": url, "events": wanted}, once=True)
    made = await client.read(request)
    key = made.get("signature_key").text_or_none()
    if not key:
        raise SourceShapeChanged(request.endpoint, "signature_key", "expected the key that signs events, found none")
    return ((_registered(made), key),)


async def remove_webhook(client: CloseClient, key: str) -> None:
    if not (key.isascii() and key.replace("_", "").isalnum()):
        raise RequestError("a webhook's id: expected letters, digits and _, as in whsub_5tXZ")
    await client.fetch(CloseRequest("DELETE", f"{PATH}{key}/", name=ONE, once=True))


def _registered(node: Node) -> RegisteredWebhook:
    events = tuple(f"{one.get('object_type').text()}.{one.get('action').text()}" for one in node.get("events").items())
    return RegisteredWebhook(node.get("id").id(), node.get("url").text(), events)
