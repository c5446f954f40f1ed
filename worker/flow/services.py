"""The ports that the story of a run is told with, gathered once by the composition root."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.delivery import Part
from worker.domain.events import Fact
from worker.domain.limits import LONGEST_FETCH
from worker.domain.schedule import Bundle, Schedule
from worker.errors import LedgerError
from worker.flow.memo import Memo
from worker.ports import (
    ClockLedger,
    Connectors,
    DeliveryLedger,
    Deployments,
    Events,
    FetchCache,
    HeartbeatStore,
    Lookups,
    Queue,
    RunLedger,
    Snapshots,
    Triggers,
    Upkeep,
)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds. `lookup_after`: how long a receiver that can be asked is given; `resend_after`: how long an unclear
    message waits where nobody can be asked; `heartbeat`: how often a run's lease is renewed; `retry_fetch`: before a
    run that brought nothing is tried again; `backoff`: before a delivery's second try, longer each time after it;
    `delivery_lease`: after how long somebody else may think that a delivery's attempt has ended; `longest_fetch`: for
    how long one try of a run asks its sources at most.
    """

    heartbeat: float = 15.0
    lookup_after: float = 30.0
    resend_after: float = 600.0
    retry_fetch: float = 60.0
    backoff: float = 60.0
    delivery_lease: float = 60.0
    longest_fetch: float = LONGEST_FETCH.total_seconds()


FOUND = 4
"""Runs whose answers a process keeps decoded. They are large, and asked for again only when a further past of the same
run is told; each Composed holds the answers that it was made from.
"""

TOLD = 10
"""A message of the queue carries ten deliveries that go on side by side, and each may have a past of its own."""

RENDERINGS = 20
"""Each Composed in two forms, such as two languages, or a mail and a post."""


FAIL_POINTS = (
    "run.due",
    "run.claimed",
    "run.swept",
    "run.published",
    "run.fetching",
    "share.fetched",
    "run.fetched",
    "run.kept",
    "run.delivering",
    "run.postponed",
    "run.failed",
    "delivery.taken",
    "delivery.skipped",
    "delivery.rendered",
    "delivery.sending",
    "delivery.checked",
    "delivery.accepted",
    "delivery.part",
    "delivery.sent",
    "delivery.deferred",
    "delivery.refused",
    "delivery.failed",
    "delivery.unknown",
    "delivery.held",
    "delivery.resolved",
)
"""Where a test may end or stop this process, each just after the transition or act it names: docs/guarantees.md."""


def no_fail_point(point: str) -> None:
    """Outside tests nothing happens at a fail point."""


@dataclass(slots=True)
class Services:
    """`pid` is recorded with what this process claims and begins. `monotonic` tells seconds that only grow; `jitter` is
    a factor around 1 that differs each time, so that not all processes look at once. `keep_message` is handed each part
    that is sent and the file that is kept of it, `reach` the name of each fail point as it is passed. `found`, `told`
    and `renderings` hold what the deliveries of a run share; they are apart, so that one kind never drives out another.
    `common` holds what is small: rows of runs that deliver, of which nothing but the state changes, and the entries of
    a schedule by reader; `answers` are those that several runs share. `version`: of Funnelbeat and the templates that
    it ships.
    `english`: services' words in the language of attached files.
    `chores_after`: before it this process need not ask whether there is housekeeping to do.
    """

    clock: ClockLedger
    runs: RunLedger
    deliveries: DeliveryLedger
    deployments: Deployments
    upkeep: Upkeep
    lookups: Lookups
    heartbeats: HeartbeatStore
    snapshots: Snapshots
    queue: Queue
    events: Events
    triggers: Triggers
    connectors: Connectors
    pid: int
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    times: Intervals = Intervals()
    found: Memo = field(default_factory=lambda: Memo(FOUND))
    told: Memo = field(default_factory=lambda: Memo(TOLD))
    renderings: Memo = field(default_factory=lambda: Memo(RENDERINGS))
    common: Memo = field(default_factory=lambda: Memo(64))
    answers: Memo = field(default_factory=lambda: Memo(3))
    keep_message: Callable[[str, Part, bytes], None] | None = None
    reach: Callable[[str], None] = no_fail_point
    version: str = ""
    chores_after: datetime | None = None
    fetch_cache: FetchCache | None = None
    english: Mapping[str, str] = field(default_factory=dict)
    _bundles: dict[str, Bundle] = field(default_factory=dict)

    def tell(self, facts: Iterable[Fact]) -> None:
        """Each thing that a script made true, once."""
        for fact in facts:
            self.events.emit(fact)

    async def bundle(self, bundle_id: str) -> Bundle:
        """Bundles are immutable, so the last few are kept. Raises LedgerError when Redis has lost one."""
        known = self._bundles.get(bundle_id)
        if known is not None:
            return known
        bundle = await self.deployments.bundle(bundle_id)
        if bundle is None:
            raise LedgerError(f"the deployment {bundle_id[:12]} is not in Redis any more; deploy again")
        if len(self._bundles) >= 4:
            self._bundles.pop(next(iter(self._bundles)))
        self._bundles[bundle_id] = bundle
        return bundle

    async def schedule(self, bundle_id: str, schedule: str) -> tuple[Bundle, Schedule]:
        bundle = await self.bundle(bundle_id)
        return bundle, bundle.schedules[schedule]
