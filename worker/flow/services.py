"""Everything that flow uses, made once by the composition root. Functions of flow name the parts that they use."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.flow.alert.compiled import Compiled
from worker.flow.intervals import Intervals
from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.shared_fetch import SharedFetches
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
    Quota,
    RunLedger,
    Snapshots,
    SourceEvents,
    Subscriptions,
    Triggers,
    Upkeep,
    WebhookKeys,
)
from worker.ports.channels import Transmit
from worker.ports.traces import NO_TRACES, Traces


@dataclass(frozen=True, slots=True)
class Services:
    """`pid` is recorded with what this process claims and begins. `monotonic` returns seconds that only grow.
    `compiled`: expressions of alert rules. `quotas`: the budget of an account, by its id. `check_entry` checks an entry
    as those of definitions are. `transmit` hands one part of a message to its receiver. `version` covers Funnelbeat and
    the templates that it ships.
    """

    clock: ClockLedger
    alerts: AlertLedger
    runs: RunLedger
    deliveries: DeliveryLedger
    deployments: Deployments
    circuits: Circuits
    resets: BaselineResets
    upkeep: Upkeep
    lookups: Lookups
    heartbeats: HeartbeatStore
    mailboxes: Mailboxes
    measured: MeasuredLedger
    snapshots: Snapshots
    queue: Queue
    events: Events
    event_stream: EventStream
    event_webhooks: EventWebhooks
    triggers: Triggers
    connectors: Connectors
    holidays: Holidays
    transmit: Transmit
    quotas: Callable[[str], Quota]
    digests: ReaderDigests
    compiled: Compiled
    fetches: SharedFetches
    subscriptions: Subscriptions
    source_events: SourceEvents
    webhook_keys: WebhookKeys
    access: AccessTokens
    audit: Audit
    first_answers: FirstAnswers
    links: Links
    check_entry: EntryChecks
    pid: int
    monotonic: Callable[[], float]
    times: Intervals
    version: str = ""
    traces: Traces = NO_TRACES
