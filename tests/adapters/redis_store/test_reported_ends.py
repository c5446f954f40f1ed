"""The ends that scripts return are those in the ledger, each once; and nothing stays open past its time."""

from collections import Counter
from collections.abc import Awaitable, Callable

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.adapters.redis_store.test_laws import ENDS, READERS, SETTLED, STEPS, WEEKS, Life
from tests.support.ledger_fixture import CHILD, WEEKLY, LedgerFixture
from tests.support.notices import failed
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.events import DeliverySettled, Fact, RunEnded
from worker.domain.reason import Reason
from worker.domain.run import CLOSED, Run, RunKey, RunState

MORE = ("retry", "late", "abandon", "fail", "leave", "cancel")
NOTICE = "operator|ops@tern.example"
End = tuple[RunKey | DeliveryKey | None, str, str]
REACHED: Counter[tuple[str, str]] = Counter()

OFTEN = ("cut", "cut", "send", "found", "give up", "absent", "defer", "refuse", "skip")
"""What keeps a life going; the other steps end it soon."""

step = st.tuples(
    st.sampled_from(STEPS + ENDS + MORE + 3 * OFTEN),
    st.sampled_from((0, 0, 1, 2)),
    st.integers(0, 2),
    st.sampled_from((0, 0, 1, 2)),
)


class ReportedLife(Life):
    """`ends`: of runs and deliveries, as the ledger had them before the last step."""

    def __init__(self, story: LedgerFixture) -> None:
        super().__init__(story)
        self.ends: dict[RunKey | DeliveryKey, End] = {}

    async def steps(self, week: int, reader: int, off: int) -> dict[str, Callable[[], Awaitable[object]]]:
        runs, run = self.story.runs, self.run_of(week)
        whole, soon = await self.story.lookups.run(run), await self.story.soon()
        turn = max((whole.attempt if whole else 0) - (off == 2), 0)
        return await super().steps(week, reader, off) | {
            "retry": lambda: self.story.deliveries.retry(run, {READERS[reader]: soon}),
            "late": lambda: self.story.elapse(70),
            "abandon": lambda: self.abandon(run),
            "fail": lambda: self.fail(run, turn),
            "cancel": lambda: runs.cancel(run),
            "leave": lambda: runs.skip_run(run, turn, Reason.NO_READERS),
        }

    async def fail(self, run: RunKey, turn: int) -> tuple[Fact, ...]:
        return (await self.story.runs.fail(run, turn, Reason.SOURCE, "down", (), failed(run, reader=NOTICE))).facts

    async def abandon(self, run: RunKey) -> tuple[Fact, ...]:
        """Five workers begin it and die, where it can be begun at all."""
        reported: list[Fact] = []
        for _ in range(6):
            reported += (await self.story.runs.begin(run, CHILD)).facts
            await self.story.elapse(61)
            reported += (await self.story.clock.sweep(50)).facts
        return tuple(reported)

    async def go(self, name: str, week: int, reader: int, off: int) -> None:
        """A step reports what it changed, and nothing else."""
        gave = await self.take(name, week, reader, off)
        ends = await self.standing()
        new = [end for key, end in ends.items() if self.ends.get(key) != end]
        assert Counter(reported(gave)) == Counter(new), name
        REACHED.update(end[1:] for end in new)
        self.ends = ends

    async def standing(self) -> dict[RunKey | DeliveryKey, End]:
        found: dict[RunKey | DeliveryKey, End] = {}
        for run in await self.story.lookups.runs(WEEKLY, 10):
            rows = await self.story.lookups.deliveries(run.key)
            found |= {row.key: end_of(row) for row in rows if row.held or row.state in SETTLED}
            if run.state in CLOSED:
                found[run.key] = self.end_of_run(run)
        return found

    def end_of_run(self, run: Run) -> End:
        """A run that is closed in the same state as before has not ended anew, whatever the last reason."""
        before = self.ends.get(run.key)
        if before is not None and before[1] == run.state:
            return before
        return run.key, run.state, run.reason or ""


def end_of(row: Delivery) -> End:
    return row.key, row.state, row.reason or ""


def reported(gave: object) -> list[End]:
    """The ends among what a step gave."""
    facts = getattr(gave, "facts", gave)
    found: list[End] = []
    for fact in facts if isinstance(facts, tuple) else ():
        if isinstance(fact, RunEnded):
            found.append((fact.run, fact.state, fact.reason))
        elif isinstance(fact, DeliverySettled) and (fact.state in SETTLED or fact.reason == Reason.HELD):
            found.append((fact.delivery, fact.state, fact.reason))
    return found


AGAIN = [*(("refuse", 0, reader, 0) for reader in range(3)), ("retry", 0, 0, 0), ("refuse", 0, 0, 0)]
"""The run ends as it had ended: there is nothing to report of it."""


@example(steps=AGAIN)
@example(steps=[("cut", 0, 0, 0), ("absent", 0, 0, 0), ("late", 0, 0, 0), ("sweep", 0, 0, 0)])
@example(steps=[("cut", 0, 0, 0), ("found", 0, 0, 0)])
@example(steps=[("cut", 0, 0, 0), ("give up", 0, 0, 0)])
@example(steps=[("fail", 1, 0, 0)])
@example(steps=[("cancel", 0, 0, 0), ("send", 0, 1, 0)])
@example(steps=[("cut", 0, 0, 0), ("cancel", 0, 0, 0), ("found", 0, 0, 0)])
@given(steps=st.lists(step, min_size=15, max_size=60))
@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_every_end_is_reported_once_and_nothing_is_open_past_its_time(
    empty_redis: EmbeddedRedis, steps: list[tuple[str, int, int, int]]
) -> None:
    client = connect(empty_redis.url)
    await client.flushdb()
    life = ReportedLife(LedgerFixture(client))
    await life.story.deploy()
    for week in range(WEEKS):
        await life.go("claim", week, 0, 0)
        await life.go("begin", week, 0, 0)
    await life.go("hand over", 0, 0, 0)
    for name, week, reader, off in steps:
        await life.go(name, week, reader, off)
    await closes_in_time(life)
    await client.aclose()


async def closes_in_time(life: ReportedLife) -> None:
    """What is being sent is unknown when its lease has lapsed, and closed at the next look: its time is over too.

    A notice to the operator has a day.
    """
    for seconds in (200, 100_000, 1):
        await life.go("sweep", 0, 0, 0)
        await life.story.elapse(seconds)
    await life.go("sweep", 0, 0, 0)
    for run in await life.story.lookups.runs(WEEKLY, 10):
        rows = await life.story.lookups.deliveries(run.key)
        assert {row.state for row in rows if not row.held} <= SETTLED
        assert run.state is not RunState.DELIVERING


def test_the_lives_reach_every_end() -> None:
    """Of the test before this one: it would prove little about ends that never come."""
    ends = {
        *(("sent", ""), ("sent", "found"), ("skipped", "no_change"), ("skipped", "superseded"), ("skipped", "expired")),
        *(("failed", "exhausted"), ("refused", "refused"), ("unknown", "held")),
        *(("delivered", ""), ("partial", ""), ("failed", ""), ("failed", "abandoned"), ("failed", "source")),
        *(("skipped", "no_readers"),),
    }
    assert ends - set(REACHED) == set()
