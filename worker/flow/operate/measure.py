"""The values that an operator monitors, read at one moment."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from worker.domain.measurements import Measurements, WebhookCounts
from worker.flow.operate.event_webhooks import WebhookUses, webhook_states
from worker.flow.uses import UsesAlerts, UsesDeployments, UsesHeartbeats, UsesMeasured, UsesSourceEvents
from worker.ports.chat import ANSWERS, counted


class MeasureUses(UsesAlerts, UsesHeartbeats, UsesMeasured, UsesSourceEvents, WebhookUses, Protocol): ...


async def measure(uses: MeasureUses) -> Measurements:
    """Its cost grows with the number of schedules that have alert rules, not with the number of runs. Raises
    LedgerUnavailable.
    """
    rules, connections = await _deployed(uses)
    ledger, alive, alerts, posts, hooks = await asyncio.gather(
        uses.measured.read(),
        uses.heartbeats.alive(),
        uses.alerts.standing(rules),
        uses.source_events.counts(connections),
        webhook_states(uses),
    )
    told = {name: WebhookCounts(one.waiting, one.dead, one.sent, one.lost, one.unknown) for name, one in hooks.items()}
    return Measurements(ledger, alive, alerts, {name: counts for name, counts in posts.items() if counts}, told)


async def _deployed(uses: UsesDeployments) -> tuple[Mapping[str, Collection[str]], list[str]]:
    """Rules by schedule, and the names to which requests are posted: connections, and channels through which people
    ask. Empty if nothing is deployed.
    """
    deployed = await uses.deployments.deployed()
    bundle = await uses.deployments.bundle(deployed.bundle) if deployed else None
    if bundle is None:
        return {}, []
    watched = {one.id: [rule.id for rule in one.alerts] for one in bundle.schedules.values() if one.alerts}
    asked = [
        counted(name)
        for name, one in sorted(bundle.channels.items())
        if any(option.startswith(ANSWERS) for option in one.options)
    ]
    return watched, [*sorted(bundle.connections), *asked]
