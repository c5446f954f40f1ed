"""What flow asks of the world: small Protocols, no implementation. One method does one thing.

Every instant is UTC. Keys are text as RunKey and DeliveryKey print them.
"""

from worker.ports.catalog import Catalog, Editable
from worker.ports.channels import Channel, Templates
from worker.ports.clock import ActivationBasis, Deployment, Due, SlotClaim, Sweep
from worker.ports.connectors import Connectors, Events, Queue, Snapshots, Triggers
from worker.ports.deliveries import DeliveryLease
from worker.ports.fetch_cache import FetchCache, FetchFailed, Hit, Turn
from worker.ports.housekeeping import Expired, SweepResult
from worker.ports.ledger import Ledger
from worker.ports.quota import Limit, Quota, RateReport, Reservations
from worker.ports.runs import RunLease
from worker.ports.sources import Answer, CheckedSource, Question, Shareable, Source

__all__ = [
    "ActivationBasis",
    "Answer",
    "Catalog",
    "Channel",
    "CheckedSource",
    "Connectors",
    "DeliveryLease",
    "Deployment",
    "Due",
    "Editable",
    "Events",
    "Expired",
    "FetchCache",
    "FetchFailed",
    "Hit",
    "Ledger",
    "Limit",
    "Question",
    "Queue",
    "Quota",
    "RateReport",
    "Reservations",
    "RunLease",
    "Shareable",
    "SlotClaim",
    "Snapshots",
    "Source",
    "Sweep",
    "SweepResult",
    "Templates",
    "Triggers",
    "Turn",
]
