"""What flow asks of the world: small Protocols, no implementation. One method does one thing.

Every instant is UTC. Keys are text as RunKey and DeliveryKey print them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from worker.domain.alive import Alive
from worker.domain.delivery import Baseline, Delivery, Envelope, Part, Reader, Receipt, Rendered
from worker.domain.digest import Digest
from worker.domain.events import Fact
from worker.domain.pauses import Pause
from worker.domain.query import Price
from worker.domain.reason import Reason
from worker.domain.run import Claim, Missed, Run
from worker.domain.schedule import Bundle, Entry, Item, Timing, Trigger
from worker.domain.snapshot import Gap, Snapshot
from worker.domain.window import Window, WindowSpec


class Triggers(Protocol):
    """Which instants a trigger names; a function of the trigger alone."""

    def next(self, trigger: Trigger, after: datetime) -> datetime | None:
        """The first slot strictly after `after`; None when there is none."""
        ...

    def upcoming(self, trigger: Trigger, after: datetime) -> Iterator[datetime]:
        """Every slot after `after`, lazily, mostly without end."""
        ...

    def previous(self, trigger: Trigger, before: datetime) -> datetime | None:
        """The last slot strictly before `before`; None when the trigger never named one."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What one query of one run is asked. `formerly`: keys that were members of a complete snapshot since the oldest
    baseline in use: those not listed now are looked up. `since`: that baseline's first byte. `previous`: the newest
    complete snapshot of this query, for what is carried forward.
    """

    item: Item
    slot: datetime
    zone: str
    window: Window | None
    compared: Window | None
    formerly: frozenset[str] = frozenset()
    since: datetime | None = None
    previous: Snapshot | None = None
    files: bool = False  # an entry attaches this query's service file
    resolve: Callable[[WindowSpec], Window] | None = None  # for windows that stand in the API's own parameters
    on_demand: bool = False  # somebody waits for it


@dataclass(frozen=True, slots=True)
class Answer:
    """`compared` answers the same question for the comparison's window; its query_id is the item's."""

    snapshot: Snapshot
    compared: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as an answer told it: `remaining` requests until `reset` seconds from the answer, then `limit` anew.
    `remaining` is None for a policy that only names its window, which `reset` then is. `name` is the header's.
    """

    name: str
    limit: float
    remaining: float | None
    reset: float


@dataclass(frozen=True, slots=True)
class Places:
    """When requests may be sent: `waits` in seconds from now, in order; empty while somebody else finds out what the
    limit is. `every`: seconds between two. `probe`: nothing is known yet, so the answer has to be told. `spent`: the
    day's tokens do not suffice; seconds after which it is worth asking again.
    """

    waits: tuple[float, ...] = ()
    every: float = 0.0
    probe: bool = False
    spent: float | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What answers told of a connection's budget. `limits`: `reset` is the whole window here, as far as it is known.
    `hold`: seconds in which nobody sends. `day`: tokens a day and what is left of them, None where untold. `spent`:
    seconds until a spent day ends. Empty: the answer told nothing, or (`failed`) none came.
    """

    limits: tuple[Limit, ...] = ()
    hold: float = 0.0
    day: tuple[float | None, float | None] = (None, None)
    spent: float | None = None
    failed: bool = False


class Quota(Protocol):
    """The budget of one connection, shared by all who use it."""

    async def take(
        self, count: int, cost: float = 0.0, *, urgent: bool = False, calls: int = 0, seconds: float = 0.0
    ) -> Places:
        """Places for `count` requests, which cost `cost` tokens of the day together. `urgent`: for a run on demand,
        which may use what others leave. `calls` in any `seconds`, where the service has a limit and never tells it.
        """
        ...

    async def learn(self, heard: Heard) -> None: ...

    async def day(self) -> tuple[float | None, float | None]:
        """Tokens of a day, and how many of them are left; None where nobody was told lately."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored answer: when its fetch began, and the snapshots' ids (the comparison's too, where there is one)."""

    begun: datetime
    snapshot: str
    compared: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a fetch that others waited for brought nothing. `reason` is a GapReason; `retry_after` in seconds."""

    reason: str
    sentence: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """It is the asker's turn to fetch: `begun` now on Redis's clock. `token` fences off whoever comes too late."""

    begun: datetime
    token: int


class Shelf(Protocol):
    """Answers that may serve several runs, and whose turn it is to fetch one. On Redis's clock."""

    async def look(
        self, key: str, since: datetime, age: float, waited: float, *, urgent: bool = False
    ) -> Kept | Failed | Lead | None:
        """An answer begun at or after `since` and at most `age` seconds ago; the failure of a fetch that ended within
        the last `waited` seconds, in which the asker stood by; else the turn to fetch; None while somebody else has it.
        `urgent`: not to wait for a fetch that was begun too early to serve (its own has token 0 and is not kept).
        """
        ...

    async def beat(self, key: str, token: int) -> bool:
        """Renew the turn. False: it lapsed and somebody else may have it."""
        ...

    async def put(self, key: str, token: int, outcome: Kept | Failed) -> bool:
        """Keep what came of the turn and end it. False: it was no longer the caller's, and nothing is kept."""
        ...

    async def leave(self, key: str, token: int) -> None:
        """End the turn without an outcome."""
        ...


class Source(Protocol):
    """One connection. Raises SourceError; anything else is a bug."""

    async def fetch(self, ask: Ask) -> Answer: ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Shareable(Protocol):
    """A source whose lists can be shared by runs with different pasts."""

    def words(self, ask: Ask) -> str:
        """What is asked, in one spelling: equal for two questions of this account that one answer serves. Windows in
        it are resolved; what the definition's id, display and past add is not in it.
        """
        ...

    async def complete(self, ask: Ask, listed: Answer) -> Answer:
        """`listed` answered the same question without a past (`formerly`, `since`, `previous`): the answer to `ask`,
        with what only this past adds. Raises SourceError.
        """
        ...


class Channel(Protocol):
    """One way to send. `format` names the template family: "email" or "slack"."""

    @property
    def format(self) -> str: ...

    @property
    def can_look_up(self) -> bool:
        """Whether `find` can prove that a part arrived or did not."""
        ...

    def lane(self, address: str) -> str | None:
        """The lane whose pace messages to `address` keep, None where nobody asks for one. Holds no secret."""
        ...

    def build(self, rendered: Rendered, envelope: Envelope) -> tuple[Part, ...]:
        """The parts of the message to one reader: a function of its arguments. Raises RenderError past a limit."""
        ...

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        """The exact bytes of a part, given the receipts of those before it. Their SHA-256 goes into the ledger."""
        ...

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        """Hand one part over, once. Raises DeliveryDeferred, DeliveryRefused or DeliveryUncertain."""
        ...

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        """The receipt of a part that may have arrived, None when it surely has not. Raises DeliveryDeferred."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class CheckedSource(Protocol):
    """A source that can tell cheaply whether it works."""

    async def check(self) -> str:
        """Whose account it is, in a few words. Raises SourceError."""
        ...


@runtime_checkable
class CheckedChannel(Protocol):
    """A channel that can tell whether it would work, without sending anything."""

    async def check(self, addresses: Sequence[str]) -> str:
        """Whom it speaks to, in a few words; may look whether `addresses` can be reached. Raises DeliveryError."""
        ...


class Renderer(Protocol):
    def render(self, digest: Digest, entry: Entry, fmt: str, attachments: Sequence[tuple[str, str, bytes]]) -> Rendered:
        """`attachments`: (name, media type, body). Raises RenderError with template and line."""
        ...


class Snapshots(Protocol):
    """Immutable, addressed by content."""

    async def keep(self, snapshot: Snapshot) -> str:
        """Store and name it. Unreferenced ones vanish after a day: a run that enters `delivering` holds its own."""
        ...

    async def load(self, snapshot_id: str) -> Snapshot | None: ...

    async def forgotten(self, snapshot_id: str) -> bool:
        """Whether rows were taken out of it on request after it was kept."""
        ...

    async def forget_row(self, key: str) -> int:
        """Take one row, by its key, out of every snapshot; how many held it. Their ids stay."""
        ...


@dataclass(frozen=True, slots=True)
class Deployment:
    bundle: str
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose next slot has come: it was due `at` (the slot and its share of `spread`). `pause` was set at run
    time, and may be over by now.
    """

    schedule: str
    at: datetime
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """One conditional write: if the schedule is still due next when `expected`, create these runs, note what was
    missed, set when it is due next. `latest`: an older run that nobody began yet is superseded. `bundle`: what
    it was reckoned from; nothing is written when another one is in force by now. Empty: whatever is in force.
    """

    schedule: str
    expected: datetime
    next_due: datetime | None
    runs: tuple[Claim, ...]
    missed: tuple[Missed, ...]
    latest: bool
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a deployment was reckoned from: the bundle in force, and when schedules are due next."""

    bundle: str | None
    pending: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the tick has to publish: `runs` to fetch, `deliveries` to bring on."""

    runs: tuple[str, ...]
    deliveries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that this attempt owns. `attempt` is the fencing token: every later write names it."""

    run: Run
    attempt: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that is this process's to bring on, and what stood beside it in the ledger at that instant: `now`, the
    reader's baselines, and whether anything at all is suspended.
    """

    row: Delivery
    now: datetime
    current: Mapping[str, Baseline]
    suspensions: bool


@dataclass(frozen=True, slots=True)
class Round:
    """Some of the ledger's runs, each with the id that its schedule has now. `ended`: after them it begins anew."""

    runs: tuple[tuple[str, Run], ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """How much was removed."""

    baselines: int
    deliveries: int
    suspensions: int


class Ledger(Protocol):
    """The only memory of runs and deliveries. Every method is one atomic step in Redis, on Redis's clock.

    Raises LedgerUnavailable. Methods that name an attempt raise ClaimLost when it is no longer the one in force.
    """

    async def now(self) -> datetime: ...

    # deployments
    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        *,
        fresh: Sequence[str] = (),
        basis: Basis | None = None,
    ) -> Deployment:
        """Store the bundle and put it in force. `firsts`: when new schedules, and those whose trigger changed, are due
        first; the others keep theirs. `gone`: schedules that are no longer there. `dropped`: readers that are no
        longer named: their baselines go. `fresh`: schedules that begin without a past. A schedule that names another
        as `previously` takes over its runs, chains, baselines, last slot and pause, once. Suspensions are lifted:
        somebody may have mended what was refused. Raises ClaimLost when `basis` does not hold any more.
        """
        ...

    async def deployed(self) -> Deployment | None: ...

    async def bundle(self, bundle_id: str) -> Bundle | None: ...

    async def timings(self, bundle_id: str) -> Mapping[str, Timing]:
        """Of every schedule of a bundle, by its id: all that a clock needs. Raises LedgerError when it is lost."""
        ...

    async def last_slot(self, schedule: str) -> datetime | None:
        """The newest slot of the schedule that was claimed or missed."""
        ...

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """`last_slot` of those that have one."""
        ...

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """When each is due next, or has been due since: only those that are due at all."""
        ...

    async def pause(self, schedule: str, until: datetime | None) -> None: ...

    async def resume(self, schedule: str) -> bool:
        """End a pause. Raises ClaimLost while something that came due during the pause is not accounted for; False
        when there was none.
        """
        ...

    async def pauses(self) -> Mapping[str, Pause]:
        """Set at run time, by schedule; some may be over."""
        ...

    # clock
    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        """Redis's now, and at most `limit` schedules whose slot has come."""
        ...

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> tuple[str, ...]:
        """Keys of the runs that this call created; an entry that another clock took first gives none."""
        ...

    async def request(
        self, claim: Claim, pid: int, *, missed: Missed | None = None, rest: Sequence[Missed] = ()
    ) -> bool:
        """A run on demand; False when its key exists already. `missed`: the row that its slot stands in, of which
        `rest` remains; False also when that row is not there any more.
        """
        ...

    async def once(self, name: str, value: str) -> str:
        """The value that was first given for `name`: `value`, or an earlier one. Kept for a day."""
        ...

    async def sweep(self, limit: int) -> Sweep:
        """Lapsed leases, deferred and unpublished work that has come due, moved on and returned for publishing."""
        ...

    # produce
    async def begin(self, key: str, pid: int) -> Begun | None:
        """claimed → fetching. None: it is closed, somebody else has it, or it is not to start yet."""
        ...

    async def beat(self, key: str, attempt: int) -> None:
        """Renew the run's lease."""
        ...

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]: ...

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        """Ids of complete snapshots of one query, newest first, down to the newest one not after `since` (a slot);
        only the newest when `since` is None.
        """
        ...

    async def deliver(
        self,
        key: str,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[str, datetime],
        *,
        supersede: bool = True,
    ) -> tuple[str, ...]:
        """fetching → delivering: snapshots, gaps and one pending delivery per reader id (with its expiry) in one
        script; older open deliveries of the same readers are superseded. Returns the delivery keys.
        A query's comparison is kept under "<query>:compared" and is no link of its chain.
        """
        ...

    async def postpone(self, key: str, attempt: int, until: datetime) -> None:
        """fetching → claimed, not before `until`."""
        ...

    async def fail(
        self, key: str, attempt: int, reason: Reason, sentence: str, gaps: Sequence[Gap], notice: str | None
    ) -> str | None:
        """fetching → failed, and a notice to the operator as a delivery of its own: `notice` is its reader id
        ("operator|<address>"), None where nobody is to be told. Returns the notice's delivery key.
        """
        ...

    async def skip_run(self, key: str, attempt: int, reason: Reason) -> None: ...

    # deliver
    async def delivery(self, key: str) -> Delivery | None: ...

    async def hold(self, key: str, pid: int) -> Held | None:
        """Take a pending or unknown delivery for this process's attention for a lease's time, so that two workers do
        not render the same one; None when somebody else has it or there is nothing to do. Safe to lose.
        """
        ...

    async def skip(self, key: str, reason: Reason, baselines: Mapping[str, Baseline]) -> None:
        """pending → skipped; `baselines` are those that a byte-equal answer may move."""
        ...

    async def defer(self, key: str, attempt: int, until: datetime, reason: Reason, sentence: str) -> None: ...

    async def intend(  # noqa: PLR0913  # one write fixes all that a message follows from
        self,
        key: str,
        part: int,
        parts: int,
        sha256: str,
        date: datetime,
        pair: Mapping[str, Baseline | None],
        *,
        attempt: int = 0,
        why: Mapping[str, Reason] | None = None,
        version: str = "",
    ) -> int:
        """Write the intent to send one part, before it is sent. The first intent of a try (attempt 0) moves pending →
        sending and returns the new attempt; later parts name it. `date`, `pair` and `why` (for the queries without a
        baseline) stick at the first ever; `version` is of the try. Raises ClaimLost, also for a new try with another
        date than the one that sticks: it would be another message.
        """
        ...

    async def check(self, key: str, attempt: int) -> None:
        """Immediately before the bytes leave: still ours? Raises ClaimLost."""
        ...

    async def handed_over(self, key: str, attempt: int, part: int, receipt: str) -> None:
        """One part of several was accepted."""
        ...

    async def sent(
        self,
        key: str,
        attempt: int,
        receipt: str,
        baselines: Mapping[str, Baseline],
        *,
        reason: Reason | None = None,
    ) -> None:
        """The last part was accepted: sent, and this reader's baselines, in one script; closes the run if it was the
        last. Also from unknown (`attempt` is the one that the row names), when a look-up found it, or (`reason`)
        somebody said so.
        """
        ...

    async def unsent(self, key: str, attempt: int, expires: datetime) -> None:
        """unknown, also held → pending under the same identity, because somebody said that it did not arrive."""
        ...

    async def retry(self, run: str, readers: Mapping[str, datetime]) -> tuple[str, ...]:
        """refused, failed, skipped(expired) → pending, with a new expiry, for these readers of a run; what is sent
        stays. Returns the keys of those that are pending again.
        """
        ...

    async def lift(self, subjects: Sequence[str]) -> None:
        """Use suspended addresses and channels again."""
        ...

    async def refuse(self, key: str, attempt: int, reason: Reason, sentence: str, *, failed: bool = False) -> None:
        """sending (or pending, for a template's fault) → refused or failed."""
        ...

    async def uncertain(self, key: str, attempt: int, sentence: str, again_at: datetime) -> None:
        """sending → unknown, looked at again at `again_at`."""
        ...

    async def resolve(self, key: str, attempt: int, *, duplicate: bool, reason: Reason) -> bool:
        """unknown → pending: proved absent, or (`duplicate`) sent once more under the same identity."""
        ...

    async def count_repeat(self, key: str, part: int, receipt: str) -> None:
        """An attempt that had lost its claim handed a part over all the same: a possible duplicate, whatever the state,
        unless the row has this very receipt (a look-up found it). `receipt` is empty where none came.
        """
        ...

    async def keep_unknown(self, key: str, attempt: int) -> None:
        """unknown → unknown(held): closed until superseded or settled."""
        ...

    async def pace(self, lane: str, seconds: float) -> float:
        """Take the next place of a lane that lets one pass every `seconds`: how long to wait for it, in seconds."""
        ...

    async def suspend(self, subject: str, sentence: str) -> bool:
        """Stop using an address or channel until the next deployment. True the first time."""
        ...

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]: ...

    # processes
    async def say_alive(self, kind: str, host: str, pid: int) -> None:
        """This process is there and at work; said every few seconds."""
        ...

    async def say_gone(self, kind: str, host: str, pid: int) -> None: ...

    async def alive(self) -> tuple[Alive, ...]:
        """Whoever said so in the last day, the latest first."""
        ...

    # questions
    async def run(self, key: str) -> Run | None: ...

    async def runs(self, schedule: str | None, limit: int) -> tuple[Run, ...]:
        """Newest first, by slot."""
        ...

    async def missed(self, schedule: str | None, limit: int) -> tuple[Missed, ...]: ...

    async def deliveries(self, run: str) -> tuple[Delivery, ...]: ...

    async def snapshots_of(self, run: str) -> Mapping[str, str]:
        """Query id (or "<query>:compared") → stored snapshot."""
        ...

    # housekeeping
    async def chores(self, limit: int, pause: float) -> Round | None:
        """The next few runs of the housekeeping's round, oldest first; None when somebody asked less than `pause`
        seconds ago.
        """
        ...

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        """Oldest first, by slot; half open."""
        ...

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        """The oldest slot that a baseline (not older than `since`) or an open delivery of the schedule may still be
        compared with; answers from there on are in use.
        """
        ...

    async def drop(self, key: str, floor: datetime) -> bool:
        """Remove a closed run older than `floor`, with what only it held; False when something still asks for it."""
        ...

    async def end_round(self, missed_before: datetime) -> int:
        """Remove rows of missed slots older than that, and bundles that no run was seen to use; how many bundles."""
        ...

    async def forget_reader(self, address: str) -> Gone:
        """Remove an address's baselines, deliveries and suspensions, in every schedule."""
        ...


class Queue(Protocol):
    """Carries keys to the workers. Losing a message is allowed: the sweep finds what is left lying."""

    def produce(self, keys: Sequence[str], *, on_demand: bool = False) -> None: ...

    def deliver(self, keys: Sequence[str]) -> None: ...


class Events(Protocol):
    def emit(self, fact: Fact) -> None: ...


class Means(Protocol):
    """What a bundle's definitions stand for in this process: opened once, kept until the bundle is no longer used.

    Raises RequestError where a secret that the definition refers to is not set.
    """

    def source(self, bundle: Bundle, connection: str) -> Source: ...

    def account(self, bundle: Bundle, connection: str) -> str:
        """A short text that stands for the account behind a connection, credentials included and not readable."""
        ...

    def price(self, bundle: Bundle, item: Item) -> Price:
        """Of one answer to the item's query."""
        ...

    def windowed(self, bundle: Bundle, item: Item) -> bool:
        """Whether the item's query is a function of its window; otherwise it tells the state when it is read."""
        ...

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Channel: ...

    def renderer(self, bundle: Bundle) -> Renderer: ...
