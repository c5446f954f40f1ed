"""One protocol for each part of Services, so that a function of flow can name what it uses.

A function takes the one or two ports that it uses. A function that needs more takes an object with these parts, and the
object's type names them: `class TickUses(UsesClock, UsesQueue, Protocol)`. Services has all parts; a test gives only
those.
"""

from collections.abc import Callable
from typing import Protocol

from worker.flow.intervals import Intervals
from worker.ports import (
    AccessTokens,
    AlertLedger,
    Audit,
    BaselineResets,
    Circuits,
    ClockLedger,
    Connectors,
    DeliveryLedger,
    Deployments,
    EntryChecks,
    Events,
    EventStream,
    EventWebhooks,
    FirstAnswers,
    HeartbeatStore,
    Holidays,
    Links,
    Lookups,
    Mailboxes,
    MeasuredLedger,
    Queue,
    RunLedger,
    Snapshots,
    SourceEvents,
    Subscriptions,
    Triggers,
    Upkeep,
    WebhookKeys,
)
from worker.ports.channels import Transmit
from worker.ports.traces import Traces


class UsesClock(Protocol):
    @property
    def clock(self) -> ClockLedger: ...


class UsesTraces(Protocol):
    @property
    def traces(self) -> Traces: ...


class UsesAlerts(Protocol):
    @property
    def alerts(self) -> AlertLedger: ...


class UsesRuns(Protocol):
    @property
    def runs(self) -> RunLedger: ...


class UsesDeliveries(Protocol):
    @property
    def deliveries(self) -> DeliveryLedger: ...


class UsesCircuits(Protocol):
    @property
    def circuits(self) -> Circuits: ...


class UsesLinks(Protocol):
    @property
    def links(self) -> Links: ...


class UsesSubscriptions(Protocol):
    @property
    def subscriptions(self) -> Subscriptions: ...


class UsesSourceEvents(Protocol):
    @property
    def source_events(self) -> SourceEvents: ...


class UsesWebhookKeys(Protocol):
    @property
    def webhook_keys(self) -> WebhookKeys: ...


class UsesEntryChecks(Protocol):
    @property
    def check_entry(self) -> EntryChecks: ...


class UsesDeployments(Protocol):
    @property
    def deployments(self) -> Deployments: ...


class UsesResets(Protocol):
    @property
    def resets(self) -> BaselineResets: ...


class UsesAccessTokens(Protocol):
    @property
    def access(self) -> AccessTokens: ...


class UsesAudit(Protocol):
    @property
    def audit(self) -> Audit: ...


class UsesFirstAnswers(Protocol):
    @property
    def first_answers(self) -> FirstAnswers: ...


class UsesUpkeep(Protocol):
    @property
    def upkeep(self) -> Upkeep: ...


class UsesLookups(Protocol):
    @property
    def lookups(self) -> Lookups: ...


class UsesSnapshots(Protocol):
    @property
    def snapshots(self) -> Snapshots: ...


class UsesHeartbeats(Protocol):
    @property
    def heartbeats(self) -> HeartbeatStore: ...


class UsesMailboxes(Protocol):
    @property
    def mailboxes(self) -> Mailboxes: ...


class UsesMeasured(Protocol):
    @property
    def measured(self) -> MeasuredLedger: ...


class UsesQueue(Protocol):
    @property
    def queue(self) -> Queue: ...


class UsesEvents(Protocol):
    @property
    def events(self) -> Events: ...


class UsesEventStream(Protocol):
    @property
    def event_stream(self) -> EventStream: ...


class UsesEventWebhooks(Protocol):
    @property
    def event_webhooks(self) -> EventWebhooks: ...


class UsesTriggers(Protocol):
    @property
    def triggers(self) -> Triggers: ...


class UsesConnectors(Protocol):
    @property
    def connectors(self) -> Connectors: ...


class UsesHolidays(Protocol):
    @property
    def holidays(self) -> Holidays: ...


class UsesTransmit(Protocol):
    @property
    def transmit(self) -> Transmit: ...


class UsesTimes(Protocol):
    """`times`: how long flow waits. `monotonic`: seconds that only grow."""

    @property
    def times(self) -> Intervals: ...

    @property
    def monotonic(self) -> Callable[[], float]: ...


class UsesProcess(Protocol):
    """`pid`: recorded with what this process claims and begins. `version`: of Funnelbeat and its templates."""

    @property
    def pid(self) -> int: ...

    @property
    def version(self) -> str: ...
