"""A ledger on a real Redis, and helpers that bring a run or a delivery into the state a test needs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, Reader
from worker.domain.missed import MissedRow
from worker.domain.outcome import DeliveryFailed, Outcome, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey
from worker.domain.schedule import Bundle, Defaults, Schedule, Trigger
from worker.ports import (
    AccessTokens,
    AlertLedger,
    Audit,
    BaselineResets,
    ClockLedger,
    DeliveryLedger,
    Deployments,
    EventStream,
    FirstAnswers,
    HeartbeatStore,
    Lookups,
    RunLedger,
    SlotClaim,
    Subscriptions,
    Upkeep,
)

PROJECT = "tern"
WEEKLY = "sales/weekly"
SLOT = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
CLOCK, CHILD = 101, 202
ANN, BEN = "team|ann@tern.example", "team|ben@tern.example"
FAR = timedelta(hours=6)

# Makes everything that waits due this much sooner, because the clock of Redis cannot be set.
_ELAPSE = """
local p, ms = ARGV[1], tonumber(ARGV[2])
for _, name in ipairs({'attention:runs', 'attention:deliveries'}) do
  for _, member in ipairs(redis.call('ZRANGE', p .. name, 0, -1)) do redis.call('ZINCRBY', p .. name, -ms, member) end
end
for _, run in ipairs(redis.call('ZRANGE', p .. 'runs', 0, -1)) do
  local key = p .. 'run:' .. run
  local wait = redis.call('HGET', key, 'not_before')
  if wait then redis.call('HSET', key, 'not_before', wait - ms) end
  local rows = redis.call('HGETALL', key .. ':deliveries')
  for i = 1, #rows, 2 do
    local row = cjson.decode(string.sub(rows[i + 1], 2))
    for _, f in ipairs({'x', 'n', 'h'}) do if row[f] then row[f] = row[f] - ms end end
    redis.call('HSET', key .. ':deliveries', rows[i], string.sub(rows[i + 1], 1, 1) .. cjson.encode(row))
  end
end
return 1
"""


def bundle(*schedules: str) -> Bundle:
    made = {s: Schedule(Trigger("every", "UTC", seconds=60), id=s, name=s.title(), report=()) for s in schedules}
    return Bundle(PROJECT, Defaults(), {}, {}, made)


def baseline(snapshot: str, slot: datetime = SLOT) -> Baseline:
    return Baseline(snapshot, slot, slot + timedelta(seconds=3))


def who(reader: str) -> Reader:
    """The reader with this id in WEEKLY."""
    entry, _, address = reader.partition("|")
    return Reader(WEEKLY, entry, address)


class LedgerFixture:
    """Tests use the ledger's ports. The methods prepare runs and deliveries."""

    def __init__(self, client: Redis) -> None:
        self.client = client
        self.project = PROJECT
        ledger = RedisLedger(client, PROJECT)
        self.clock: ClockLedger = ledger.clock
        self.alerts: AlertLedger = ledger.alerts
        self.runs: RunLedger = ledger.runs
        self.deliveries: DeliveryLedger = ledger.deliveries
        self.deployments: Deployments = ledger.deployments
        self.upkeep: Upkeep = ledger.upkeep
        self.resets: BaselineResets = ledger.resets
        self.subscriptions: Subscriptions = ledger.subscriptions
        self.access: AccessTokens = ledger.access
        self.audit: Audit = ledger.audit
        self.event_stream: EventStream = ledger.event_stream
        self.first_answers: FirstAnswers = ledger.first_answers
        self.lookups: Lookups = ledger.lookups
        self.heartbeats: HeartbeatStore = ledger.heartbeats

    async def deploy(self, *schedules: str, slot: datetime = SLOT) -> str:
        names = schedules or (WEEKLY,)
        return (await self.deployments.activate(bundle(*names), dict.fromkeys(names, slot), ())).bundle

    async def claimed(
        self, slot: datetime = SLOT, *, latest: bool = True, missed: tuple[MissedRow, ...] = ()
    ) -> RunKey:
        """Claims one slot of WEEKLY and sets the next one. Deploys first if nothing is deployed."""
        if await self.deployments.deployed() is None:
            await self.deploy(slot=slot)
        await self.client.zadd(f"{PROJECT}:due", {WEEKLY: int(slot.timestamp() * 1000)})
        entry = SlotClaim(WEEKLY, slot, slot + WEEK, (self.claim(slot),), missed, latest)
        (key,) = (await self.clock.claim([entry], CLOCK)).runs
        return key

    def claim(self, slot: datetime, *, kind: str = "", nonce: str = "") -> Claim:
        trigger = kind or "cron"
        return Claim(RunKey(WEEKLY, slot, kind, nonce), "b", trigger, slot + timedelta(minutes=30))

    async def begun(self, slot: datetime = SLOT) -> tuple[RunKey, int]:
        key = await self.claimed(slot)
        begun = (await self.runs.begin(key, CHILD)).lease
        assert begun is not None
        return key, begun.attempt

    async def delivering(
        self, readers: Sequence[str] = (ANN,), slot: datetime = SLOT, *, expires: timedelta = FAR, **more: Any
    ) -> tuple[DeliveryKey, ...]:
        """Delivery keys, in the order of `readers`."""
        key, attempt = await self.begun(slot)
        until = await self.clock.now() + expires
        snapshots: Mapping[str, str] = more.pop("snapshots", {"deals": f"snap-{slot:%m%d}"})
        return (
            await self.runs.deliver(key, attempt, snapshots, (), dict.fromkeys(map(who, readers), until), **more)
        ).deliveries

    async def sending(self, readers: Sequence[str] = (ANN,), slot: datetime = SLOT, *, parts: int = 1) -> DeliveryKey:
        """The first reader's delivery, after its first intent."""
        key, *_ = await self.delivering(readers, slot)
        await self.intend(key, parts=parts)
        return key

    async def intend(
        self, key: DeliveryKey, *, part: int = 0, parts: int = 1, attempt: int = 0, sha: str = "ab" * 32
    ) -> int:
        return await self.deliveries.intend(key, part, parts, sha, SLOT, {"deals": None}, attempt=attempt)

    async def unknown(self, readers: Sequence[str] = (ANN,), slot: datetime = SLOT) -> DeliveryKey:
        key = await self.sending(readers, slot)
        await self.deliveries.settle(key, 1, Unknown("the connection broke", await self.soon()))
        return key

    async def held(self, readers: Sequence[str] = (ANN,), slot: datetime = SLOT) -> DeliveryKey:
        key = await self.unknown(readers, slot)
        await self.deliveries.settle(key, 1, Unknown())
        return key

    async def suspend(self, subject: str, sentence: str) -> None:
        """As a refused message does."""
        await self.client.hset(f"{PROJECT}:suspended", subject, sentence)

    async def soon(self, seconds: float = 60) -> datetime:
        return await self.clock.now() + timedelta(seconds=seconds)

    async def elapse(self, seconds: float) -> None:
        run: Callable[..., Awaitable[Any]] = self.client.eval
        await run(_ELAPSE, 0, f"{PROJECT}:", str(int(seconds * 1000)))

    async def run(self, key: RunKey | DeliveryKey) -> Run:
        found = await self.lookups.run(key.run if isinstance(key, DeliveryKey) else key)
        assert found is not None
        return found

    async def row(self, key: DeliveryKey) -> Delivery:
        found = await self.lookups.delivery(key)
        assert found is not None
        return found

    async def baseline(self, reader: str = ANN, query: str = "deals") -> Baseline | None:
        return (await self.runs.baselines([who(reader)]))[who(reader)].get(query)

    async def finish(self, key: DeliveryKey, outcome: str) -> None:
        """Brings a pending delivery to a closed state."""
        if outcome == "skipped":
            await self.deliveries.settle(key, (await self.row(key)).attempt, Skipped(Reason.NO_CHANGE))
            return
        attempt = await self.intend(key)
        known: dict[str, Outcome] = {
            "sent": Sent("250 ok", {}),
            "refused": Refused(Reason.REFUSED, "550 no"),
            "failed": DeliveryFailed(Reason.REFUSED, "550 no"),
            "unknown": Unknown("cut", await self.soon()),
        }
        await self.deliveries.settle(key, attempt, known[outcome])
        if outcome == "unknown":
            await self.deliveries.settle(key, attempt, Unknown())
