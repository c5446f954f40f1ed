"""An event that a service posts: verified, remembered, and answered before anything is fetched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from worker.domain.schedule import Bundle, Schedule
from worker.domain.source_event import EventOutcome, SourceEvent, values, waits_for
from worker.errors import PostRefused, SignatureRefused
from worker.flow.alert.compiled import Compiled, UsesCompiled
from worker.flow.deployed import bundle_of
from worker.flow.uses import UsesClock, UsesConnectors, UsesDeployments, UsesSourceEvents, UsesWebhookKeys


class ReceiveUses(
    UsesClock, UsesCompiled, UsesConnectors, UsesDeployments, UsesSourceEvents, UsesWebhookKeys, Protocol
): ...


async def takes_events(uses: ReceiveUses, connection: str) -> bool:
    """Whether a deployed connection of this name takes events at all."""
    bundle = await _in_force(uses)
    if bundle is None or connection not in bundle.connections:
        return False
    return uses.connectors.posts_events(bundle, connection) or bool(await uses.webhook_keys.ids(connection))


async def receive_event(
    uses: ReceiveUses, connection: str, headers: Mapping[str, str], body: bytes
) -> EventOutcome | None:
    """The request is verified before anything in it is used. It is only taken as a sign that something changed. A
    refused request is counted and changes nothing else. None if the connection accepts no events.

    Raises SignatureRefused, PostRefused for a body that cannot be used, and RequestError for a secret that is not set.
    """
    bundle = await _in_force(uses)
    if bundle is None or connection not in bundle.connections:
        return None
    kept = await uses.webhook_keys.all(connection)
    reader = uses.connectors.event_reader(bundle, connection, tuple(kept.values()))
    if reader is None:
        return None
    now = await uses.clock.now()
    try:
        reader.verify(headers, body, now)
        event = reader.read(headers, body)
    except PostRefused as error:
        unsigned = isinstance(error, SignatureRefused)
        await uses.source_events.count(connection, EventOutcome.UNSIGNED if unsigned else EventOutcome.MALFORMED)
        raise
    debounce = {
        one.id: one.event.debounce
        for one in bundle.schedules.values()
        if one.event is not None and await _wants(uses.compiled, one, connection, event, now)
    }
    return await uses.source_events.receive(connection, event.id, debounce)


async def _in_force(uses: UsesDeployments) -> Bundle | None:
    deployed = await uses.deployments.deployed()
    return await bundle_of(uses.deployments, deployed.bundle) if deployed else None


async def _wants(compiled: Compiled, schedule: Schedule, connection: str, event: SourceEvent, now: datetime) -> bool:
    """A filter that reads something that the event does not contain does not match."""
    trigger, start, end = schedule.event, schedule.trigger.start, schedule.trigger.end
    if trigger is None or not waits_for(trigger, connection, event):
        return False
    if (start is not None and now < start) or (end is not None and now >= end):
        return False
    return not trigger.filter or bool((await compiled.event(trigger.filter))(values(event)))
