"""Invariants of the ledger over generated histories of a schedule, with lost attempts and time between the steps."""

from collections.abc import Awaitable, Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ledger_fixture import ANN, BEN, CHILD, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, baseline, who
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState
from worker.domain.events import Fact
from worker.domain.outcome import Deferred, Pending, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import CLOSED, Run, RunKey, RunState
from worker.errors import ClaimLost

READERS = (ANN, BEN, "room|C0123456789")
WEEKS = 3

STEPS = ("claim", "begin", "hand over", "postpone", "hold", "send", "found", "skip", "defer", "refuse", "cut", "absent")
ENDS = ("again", "give up", "elapse", "sweep")

step = st.tuples(st.sampled_from(STEPS + ENDS), st.integers(0, WEEKS - 1), st.integers(0, 2), st.integers(0, 2))


class Life:
    """`was`: what was seen before the last step, so that what must not change can be compared."""

    def __init__(self, story: LedgerFixture) -> None:
        self.story = story
        self.was: dict[RunKey, Run] = {}
        self.moved: dict[str, Baseline] = {}

    def run_of(self, week: int) -> RunKey:
        return RunKey(WEEKLY, SLOT + week * WEEK)

    async def take(self, name: str, week: int, reader: int, off: int) -> object:
        """What one step gave, with an attempt that may be wrong: then nothing happens."""
        try:
            return await (await self.steps(week, reader, off))[name]()
        except ClaimLost:
            return None

    async def steps(self, week: int, reader: int, off: int) -> dict[str, Callable[[], Awaitable[object]]]:
        story = self.story
        run, key = self.run_of(week), DeliveryKey(self.run_of(week), READERS[reader])
        row, whole = await story.lookups.delivery(key), await story.lookups.run(run)
        attempt = max((row.attempt if row else 0) - (off == 2), 0)
        turn = max((whole.attempt if whole else 0) - (off == 2), 0)
        soon, slot = await story.soon(), SLOT + week * WEEK
        moves = {"deals": baseline(f"s{week}", slot)}
        return {
            "claim": lambda: story.clock.request(story.claim(slot), CHILD),
            "begin": lambda: story.runs.begin(run, CHILD),
            "hand over": lambda: story.runs.deliver(
                run, turn, {"deals": f"s{week}"}, (), dict.fromkeys(map(who, READERS), soon)
            ),
            "postpone": lambda: story.runs.postpone(run, turn, soon, ()),
            "hold": lambda: story.deliveries.hold(key, CHILD),
            "send": lambda: self.send(key, moves),
            "found": lambda: story.deliveries.settle(key, attempt, Sent("found", moves)),
            "skip": lambda: story.deliveries.settle(key, 0, Skipped(Reason.NO_CHANGE, moves if off else {})),
            "defer": lambda: story.deliveries.settle(key, attempt, Deferred(soon, Reason.BACKOFF, "421")),
            "refuse": lambda: story.deliveries.settle(key, attempt, Refused(Reason.REFUSED, "550")),
            "cut": lambda: self.cut(key),
            "absent": lambda: story.deliveries.settle(
                key, attempt, Pending(Reason.POSSIBLE_DUPLICATE if bool(off) else Reason.ABSENT)
            ),
            "again": lambda: story.deliveries.settle(key, attempt, Unknown("again", soon)),
            "give up": lambda: story.deliveries.settle(key, attempt, Unknown()),
            "elapse": lambda: story.elapse(50),
            "sweep": lambda: story.clock.sweep(50),
        }

    async def send(self, key: DeliveryKey, moves: dict[str, Baseline]) -> tuple[Fact, ...]:
        attempt = await self.story.intend(key)
        return await self.story.deliveries.settle(key, attempt, Sent("250 ok", moves))

    async def cut(self, key: DeliveryKey) -> tuple[Fact, ...]:
        attempt = await self.story.intend(key)
        return await self.story.deliveries.settle(key, attempt, Unknown("cut", await self.story.soon()))

    async def obey(self) -> None:
        waiting = set[str]()
        for run in await self.story.lookups.runs(WEEKLY, 10):
            rows = await self.story.lookups.deliveries(run.key)
            before = self.was.get(run.key)
            counted(run, rows)
            waiting |= {str(row.key) for row in rows if row.state is DeliveryState.PENDING}
            if before is not None:
                closed_stays(before, run, rows)
            self.was[run.key] = run
        for reader in READERS:
            await self.never_back(reader)
        queued = await self.story.client.zrange(f"{PROJECT}:waiting:digest", 0, -1)
        assert {name.decode() for name in queued if isinstance(name, bytes)} == waiting

    async def never_back(self, reader: str) -> None:
        at, before = await self.story.baseline(reader), self.moved.get(reader)
        if before is not None:
            assert at is not None
            assert at.slot >= before.slot
        if at is not None:
            self.moved[reader] = at


def ended(states: list[str]) -> RunState:
    """How a run ends, from the closed states of its deliveries; lua/common.lua counts as it goes."""
    sent = "sent" in states
    if any(state in {"refused", "failed", "unknown"} for state in states):
        return RunState.PARTIAL if sent else RunState.FAILED
    return RunState.DELIVERED if sent else RunState.SKIPPED


def counted(run: Run, rows: tuple[Delivery, ...]) -> None:
    """A closed run's deliveries are all closed, one per reader, and say how it ended."""
    assert len(rows) in {0, len(READERS)}
    if not rows:
        return
    closed = [row.state for row in rows if row.held or row.state in SETTLED]
    if len(closed) == len(rows):
        assert run.state == ended([str(state) for state in closed])
    else:
        assert run.state is RunState.DELIVERING


SETTLED = {DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.REFUSED, DeliveryState.FAILED}


def closed_stays(before: Run, run: Run, rows: tuple[Delivery, ...]) -> None:
    if before.state not in CLOSED:
        assert run.attempt >= before.attempt
        return
    assert run.closed_at == before.closed_at
    if before.state in {RunState.DELIVERED, RunState.SKIPPED} or not rows:
        assert run == before


@given(steps=st.lists(step, max_size=40))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_readers_add_up_baselines_never_go_back_and_closed_runs_stay(
    empty_redis: EmbeddedRedis, steps: list[tuple[str, int, int, int]]
) -> None:
    client = connect(empty_redis.url)
    await client.flushdb()
    life = Life(LedgerFixture(client))
    await life.story.deploy()
    for week in range(WEEKS):
        for name in ("claim", "begin", "hand over"):
            if len(steps) % (week + 2):
                await life.take(name, week, 0, 0)
    for name, week, reader, off in steps:
        await life.take(name, week, reader, off)
        await life.obey()
    await client.aclose()
