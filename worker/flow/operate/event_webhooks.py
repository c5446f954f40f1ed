"""What a person may do with the webhooks of events: look at them, and send again the events that were given up."""

from collections.abc import Mapping
from typing import Protocol

from worker.domain.access import Actor
from worker.domain.known_names import known_names
from worker.errors import NotFound, RequestError
from worker.flow.operate.audited import AuditUses, record
from worker.flow.uses import UsesDeployments, UsesEventWebhooks
from worker.ports.event_webhooks import DeadEvent, WebhookState


class WebhookUses(UsesDeployments, UsesEventWebhooks, Protocol): ...


class WebhookActUses(AuditUses, WebhookUses, Protocol): ...


async def webhook_states(uses: WebhookUses) -> Mapping[str, WebhookState]:
    """Of those that are deployed."""
    deployed = await uses.deployments.deployed()
    known = (await uses.deployments.outgoing(deployed.bundle)).webhooks if deployed else {}
    return await uses.event_webhooks.states(sorted(known))


async def dead_events(uses: WebhookUses, name: str, limit: int) -> tuple[DeadEvent, ...]:
    """The oldest first. Raises NotFound for a webhook that is not deployed."""
    await _known(uses, name)
    return await uses.event_webhooks.dead(name, limit)


async def retry_events(uses: WebhookActUses, actor: Actor, name: str, event: str) -> int:
    """`event`: the id of one that was given up, "" for all. Raises NotFound, and RequestError if there is none."""
    await _known(uses, name)
    count = await uses.event_webhooks.retry(name, event)
    if not count:
        raise RequestError(f"{name}: found no event that was given up{f' with the id {event}' if event else ''}")
    await record(uses, actor, "webhooks retry", name, after={"events": str(count)})
    return count


async def _known(uses: WebhookUses, name: str) -> None:
    known = await webhook_states(uses)
    if name not in known:
        raise NotFound(f"no webhook {name!r} is deployed; {known_names(name, known, 'deployed are')}")
