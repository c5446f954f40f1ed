"""What flow asks of the world: small Protocols, no implementation. One method does one thing.

Every instant is UTC. Keys are text as RunKey and DeliveryKey print them.
"""

from worker.ports.catalog import Catalog, Editable
from worker.ports.channels import Channel, CheckedChannel, Renderer
from worker.ports.clock import Basis, Deployment, Due, SlotClaim, Sweep
from worker.ports.connectors import Events, Means, Queue, Snapshots, Triggers
from worker.ports.deliveries import Held
from worker.ports.fetch_cache import Failed, Kept, Lead, Shelf
from worker.ports.housekeeping import Gone, Round
from worker.ports.ledger import Ledger
from worker.ports.quota import Heard, Limit, Places, Quota
from worker.ports.runs import Begun
from worker.ports.sources import Answer, Ask, CheckedSource, Shareable, Source

__all__ = [
    "Answer",
    "Ask",
    "Basis",
    "Begun",
    "Catalog",
    "Channel",
    "CheckedChannel",
    "CheckedSource",
    "Deployment",
    "Due",
    "Editable",
    "Events",
    "Failed",
    "Gone",
    "Heard",
    "Held",
    "Kept",
    "Lead",
    "Ledger",
    "Limit",
    "Means",
    "Places",
    "Queue",
    "Quota",
    "Renderer",
    "Round",
    "Shareable",
    "Shelf",
    "SlotClaim",
    "Snapshots",
    "Source",
    "Sweep",
    "Triggers",
]
