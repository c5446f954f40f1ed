"""Everything that `doctor` can check about the deployed definitions with the services of a long-running process."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from worker.flow.alert.deployed_rules import bundle_in_force
from worker.flow.operate.doctor import (
    CheckResult,
    channels,
    clocks_agree,
    connections,
    due_ahead,
    links,
    mailboxes,
    processes,
    subscribed,
    suspensions,
)
from worker.flow.operate.doctor_alerts import silences
from worker.flow.operate.doctor_events import EventsInUses, events_in, events_out
from worker.flow.operate.doctor_holidays import holidays
from worker.flow.operate.doctor_owners import OwnersUses, owners
from worker.flow.operate.event_webhooks import WebhookUses, webhook_states
from worker.flow.operate.ready import ReadyUses, readiness
from worker.flow.operate.subscriptions import ListUses
from worker.flow.uses import UsesAlerts, UsesHolidays, UsesLinks, UsesMailboxes, UsesTriggers


class ExamineUses(
    EventsInUses,
    ListUses,
    OwnersUses,
    ReadyUses,
    WebhookUses,
    UsesAlerts,
    UsesHolidays,
    UsesLinks,
    UsesMailboxes,
    UsesTriggers,
    Protocol,
): ...


async def examine(uses: ExamineUses, wall: Callable[[], datetime]) -> tuple[CheckResult, ...]:
    """`wall`: this host's clock. Every connection and every channel is asked with its own credentials; nothing is sent
    and nothing is changed. What only the command line sees is left out: files, secrets, the broker's queues.

    Raises RequestError if nothing is deployed, LedgerUnavailable.
    """
    bundle = await bundle_in_force(uses.deployments)
    ready = [one for one in await readiness(uses) if one.what in {"redis", "deployment"}]
    return (
        *ready,
        await clocks_agree(uses.clock, wall),
        *await due_ahead(uses.deployments, uses.clock, uses.triggers),
        *await suspensions(uses.deliveries, bundle),
        *await processes(uses.heartbeats, uses.clock),
        *await connections(uses.connectors, bundle),
        *await channels(uses.connectors, bundle),
        *await mailboxes(uses.connectors, uses.mailboxes, bundle),
        *await subscribed(uses),
        *await owners(uses, bundle),
        *await events_in(uses, bundle),
        *events_out(await webhook_states(uses)),
        *await silences(uses.alerts, await uses.clock.now()),
        *links(bundle, uses.links.key_id),
        *holidays(bundle, uses.holidays.last_year, wall()),
    )
