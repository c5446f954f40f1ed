"""Registers webhooks v2 at Pipedrive: one for each event. They have no signature, and send a password that we choose.

https://pipedrive.readme.io/docs/guide-for-webhooks-v2
"""

import secrets
from collections.abc import Sequence

from worker.errors import RequestError
from worker.ports.webhook_keys import RegisteredWebhook
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest

USER = "funnelbeat"


async def webhooks(client: PipedriveClient) -> tuple[RegisteredWebhook, ...]:
    data = (await client.read(PipedriveRequest(costs.WEBHOOKS))).get("data")
    return () if data.value is None else tuple(_registered(node.object()) for node in data.items())


async def add_webhook(
    client: PipedriveClient, url: str, events: Sequence[str]
) -> tuple[tuple[RegisteredWebhook, str], ...]:
    return tuple([await _added(client, url, event) for event in events])


async def _added(client: PipedriveClient, url: str, event: str) -> tuple[RegisteredWebhook, str]:
    what, _, action = event.rpartition(".")
    password = secrets.token_urlsafe(32)
    body = {
        "subscription_url": url,
        "event_object": what,
        "event_action": action,
        "name": f"Funnelbeat {event}",
        "version": "2.0",
        "http_auth_user": USER,
        "http_auth_password": password,
    }
    made = await client.read(PipedriveRequest(costs.ADD_WEBHOOK, json=body))
    return _registered(made.get("data").object()), f"{USER}:{password}"


async def remove_webhook(client: PipedriveClient, key: str) -> None:
    if not (key.isascii() and key.isdigit()):
        raise RequestError("a webhook's id: expected digits")
    await client.read(PipedriveRequest(costs.DROP_WEBHOOK, id=key))


def _registered(node: Node) -> RegisteredWebhook:
    event = f"{node.get('event_object').text()}.{node.get('event_action').text()}"
    return RegisteredWebhook(node.get("id").number_id(), node.get("subscription_url").text(), (event,))
