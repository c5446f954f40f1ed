"""What flow needs from the world: small Protocols without implementation. One method does one thing.

Every instant is UTC.
"""

from worker.ports.access import AccessTokens, Audit
from worker.ports.alerts import AlertChanges, AlertLedger, AlertMemory, AlertRecord
from worker.ports.baselines import BaselineResets, HeldBaseline
from worker.ports.bounces import Mailboxes
from worker.ports.catalog import Catalog, Editable
from worker.ports.channels import Channel, Templates
from worker.ports.circuits import Circuits
from worker.ports.clock import Claimed, ClockLedger, Due, SlotClaim, Sweep
from worker.ports.connectors import Connectors, Events, Queue, Snapshots, Triggers
from worker.ports.deliveries import DeliveryLease, DeliveryLedger, HoldResult, InForce, TakenOver
from worker.ports.deployments import ActivationBasis, Deployment, Deployments, Owner
from worker.ports.event_stream import EventStream, StreamedFact
from worker.ports.event_webhooks import EventWebhooks
from worker.ports.expressions import Condition, Expressions
from worker.ports.fetch_cache import FetchCache, FetchFailed, Hit, Turn
from worker.ports.first_answers import FirstAnswer, FirstAnswers, Repetition
from worker.ports.heartbeats import HeartbeatStore
from worker.ports.holidays import Holidays
from worker.ports.housekeeping import Expired, SweepResult, Upkeep
from worker.ports.links import Links
from worker.ports.lookups import Lookups
from worker.ports.measured import MeasuredLedger
from worker.ports.quota import Limit, Quota, RateReport, Reservations
from worker.ports.runs import BeginResult, CancelResult, FailResult, HandOver, RunLease, RunLedger
from worker.ports.source_events import SourceEvents, WindowClaim
from worker.ports.sources import Answer, CheckedSource, Question, Shareable, Source
from worker.ports.subscriptions import CheckedEntry, EntryChecks, Said, Subscriptions
from worker.ports.webhook_keys import WebhookKeys

__all__ = [
    "AccessTokens",
    "ActivationBasis",
    "AlertChanges",
    "AlertLedger",
    "AlertMemory",
    "AlertRecord",
    "Answer",
    "Audit",
    "BaselineResets",
    "BeginResult",
    "CancelResult",
    "Catalog",
    "Channel",
    "CheckedEntry",
    "CheckedSource",
    "Circuits",
    "Claimed",
    "ClockLedger",
    "Condition",
    "Connectors",
    "DeliveryLease",
    "DeliveryLedger",
    "Deployment",
    "Deployments",
    "Due",
    "Editable",
    "EntryChecks",
    "EventStream",
    "EventWebhooks",
    "Events",
    "Expired",
    "Expressions",
    "FailResult",
    "FetchCache",
    "FetchFailed",
    "FirstAnswer",
    "FirstAnswers",
    "HandOver",
    "HeartbeatStore",
    "HeldBaseline",
    "Hit",
    "HoldResult",
    "Holidays",
    "InForce",
    "Limit",
    "Links",
    "Lookups",
    "Mailboxes",
    "MeasuredLedger",
    "Owner",
    "Question",
    "Queue",
    "Quota",
    "RateReport",
    "Repetition",
    "Reservations",
    "RunLease",
    "RunLedger",
    "Said",
    "Shareable",
    "SlotClaim",
    "Snapshots",
    "Source",
    "SourceEvents",
    "StreamedFact",
    "Subscriptions",
    "Sweep",
    "SweepResult",
    "TakenOver",
    "Templates",
    "Triggers",
    "Turn",
    "Upkeep",
    "WebhookKeys",
    "WindowClaim",
]
