"""Laws of semantics 8 over generated lives of a schedule, with lost attempts and time passing between the steps."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ledger_story import ANN, BEN, CHILD, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import Baseline, Delivery, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import CLOSED, Run, RunKey, RunState, close
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
        self.was: dict[str, Run] = {}
        self.moved: dict[str, Baseline] = {}

    def run_of(self, week: int) -> str:
        return str(RunKey(WEEKLY, SLOT + week * WEEK))

    async def take(self, name: str, week: int, reader: int, off: int) -> None:
        """One step, with an attempt that may be wrong: then nothing happens."""
        story, ledger = self.story, self.story.ledger
        run, key = self.run_of(week), f"{self.run_of(week)}/{READERS[reader]}"
        row, whole = await ledger.delivery(key), await ledger.run(run)
        attempt = max((row.attempt if row else 0) - (off == 2), 0)
        turn = max((whole.attempt if whole else 0) - (off == 2), 0)
        soon, slot = await story.soon(), SLOT + week * WEEK
        moves = {"deals": baseline(f"s{week}", slot)}
        steps: dict[str, Callable[[], Awaitable[object]]] = {
            "claim": lambda: ledger.request(story.claim(slot), CHILD),
            "begin": lambda: ledger.begin(run, CHILD),
            "hand over": lambda: ledger.deliver(run, turn, {"deals": f"s{week}"}, (), dict.fromkeys(READERS, soon)),
            "postpone": lambda: ledger.postpone(run, turn, soon),
            "hold": lambda: ledger.hold(key, CHILD),
            "send": lambda: self.send(key, moves),
            "found": lambda: ledger.sent(key, attempt, "found", moves),
            "skip": lambda: ledger.skip(key, Reason.NO_CHANGE, moves if off else {}),
            "defer": lambda: ledger.defer(key, attempt, soon, Reason.BACKOFF, "421"),
            "refuse": lambda: ledger.refuse(key, attempt, Reason.REFUSED, "550"),
            "cut": lambda: self.cut(key),
            "absent": lambda: ledger.resolve(key, attempt, duplicate=bool(off), reason=Reason.ABSENT),
            "again": lambda: ledger.uncertain(key, attempt, "again", soon),
            "give up": lambda: ledger.keep_unknown(key, attempt),
            "elapse": lambda: story.elapse(50),
            "sweep": lambda: ledger.sweep(50),
        }
        with suppress(ClaimLost):
            await steps[name]()

    async def send(self, key: str, moves: dict[str, Baseline]) -> None:
        attempt = await self.story.intend(key)
        await self.story.ledger.sent(key, attempt, "250 ok", moves)

    async def cut(self, key: str) -> None:
        attempt = await self.story.intend(key)
        await self.story.ledger.uncertain(key, attempt, "cut", await self.story.soon())

    async def obey(self) -> None:
        for run in await self.story.ledger.runs(WEEKLY, 10):
            rows = await self.story.ledger.deliveries(str(run.key))
            before = self.was.get(str(run.key))
            counted(run, rows)
            if before is not None:
                closed_stays(before, run, rows)
            self.was[str(run.key)] = run
        for reader in READERS:
            await self.never_back(reader)

    async def never_back(self, reader: str) -> None:
        at, before = await self.story.baseline(reader), self.moved.get(reader)
        if before is not None:
            assert at is not None
            assert at.slot >= before.slot
        if at is not None:
            self.moved[reader] = at


def counted(run: Run, rows: tuple[Delivery, ...]) -> None:
    """A closed run's deliveries are all closed, one per reader, and say how it ended."""
    assert len(rows) in {0, len(READERS)}
    if not rows:
        return
    closed = [row.state for row in rows if row.held or row.state in SETTLED]
    if len(closed) == len(rows):
        assert run.state == close([str(state) for state in closed])
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
