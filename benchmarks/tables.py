"""Compares two tables of deals, lists the changed cells and makes the bridge, against minimal Python."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deepdiff import DeepDiff

from benchmarks.ground import redis_ground
from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.snapshot_codec import decode_table, encode_table
from worker.adapters.redis_store.snapshots import RedisSnapshots
from worker.domain.diff.bridge import balance
from worker.domain.diff.diff import diff
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE
from worker.domain.snapshot.snapshot import Cell, Row, Snapshot, Table, table
from worker.sources.close.conditions import conditions

NAMES = {
    "title",
    "lead_id",
    "owner_id",
    "pipeline_id",
    "stage_id",
    "stage_order",
    "status",
    "value",
    "currency",
    "annual",
    "expected_close",
    "created_at",
}
TWELVE = tuple(column for column in COLUMNS if column.name in NAMES)
VALUE = next(position for position, column in enumerate(TWELVE) if column.name == "value")
SCOPE = conditions({"status_type": "active"})
BEFORE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
AFTER = BEFORE + timedelta(days=7)
NEW_AT = int((BEFORE + timedelta(days=3)).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Sizes:
    """`sample`: rows for DeepDiff, whose time per row is then taken for all rows."""

    rows: int
    rounds: int
    sample: int


FULL = Sizes(100_000, 5, 2_000)
QUICK = Sizes(20_000, 5, 1_000)
TINY = Sizes(400, 2, 40)


def deals(count: int, owners: int = 40) -> tuple[Table, Table, Table]:
    """Earlier rows, current rows, and looked-up rows that left: 1 % changed, 0.5 % new, 0.5 % gone."""
    chance = random.Random(7)  # noqa: S311  # the same tables each time
    old = [_deal(chance, number, 1_700_000_000_000 + number, owners) for number in range(count)]
    few = max(1, count // 200)
    gone, kept = old[:few], old[few:]
    touched = set(chance.sample(range(len(kept)), 2 * few))
    now = [_moved(row) if position in touched else row for position, row in enumerate(kept)]
    now += [_deal(chance, count + number, NEW_AT, owners) for number in range(few)]
    left = [_with(row, status="won") for row in gone]
    return table(TABLE, TWELVE, old), table(TABLE, TWELVE, now), table(FOLLOWED, TWELVE, left)


def _deal(chance: random.Random, number: int, created: int, owners: int) -> Row:
    value = chance.randrange(100_000, 9_000_000)
    cells: dict[str, Cell] = {
        "title": f"Deal {number} with Tern & Co",
        "lead_id": f"lead_{number // 2:012d}",
        "owner_id": f"user_{chance.randrange(owners):012d}",
        "pipeline_id": f"pipe_{chance.randrange(3):012d}",
        "stage_id": f"stat_{number % 5:012d}",
        "stage_order": number % 5,
        "status": "open",
        "value": value,
        "currency": "EUR" if number % 10 else "USD",
        "annual": value,
        "expected_close": f"2026-{number % 12 + 1:02d}-15",
        "created_at": created,
    }
    return Row(f"oppo_{number:012d}", tuple(cells[column.name] for column in TWELVE))


def _with(row: Row, **changed: Cell) -> Row:
    return Row(row.key, tuple(changed.get(column.name, cell) for column, cell in zip(TWELVE, row.cells, strict=True)))


def _moved(row: Row) -> Row:
    value = row.cells[VALUE]
    more = int(value) + 50_000 if isinstance(value, int) else None
    return _with(row, value=more, annual=more, stage_id="stat_000000000009")


class Tables:
    """Both tables as read from storage, so that equal cells are different objects."""

    def __init__(self, rows: int, sample: int) -> None:
        old, new, left = deals(rows)
        self.old, self.new = (decode_table(encode_table(one).body) for one in (old, new))
        self.kept: list[str] = []
        self.left = left
        self.was = {row.key: row.cells for row in self.old.rows}
        self.now = {row.key: row.cells for row in self.new.rows}
        few_old, few_new, _ = deals(sample)
        self.sample = _dicts(few_old), _dicts(few_new)

    def ours(self) -> None:
        self._compare(self.old, self.new)

    def comprehension(self) -> dict[str, Any]:
        """The minimum: no rows that left, no cells, no bridge."""
        was = self.was
        return {key: (was.get(key), cells) for key, cells in self.now.items() if was.get(key) != cells}

    async def keep(self, ledger: str) -> None:
        """Stores both as a worker does on two days."""
        async with _stored(ledger) as store:
            answers = (_snapshot(self.old, None, BEFORE), _snapshot(self.new, None, AFTER))
            self.kept = [await store.keep(answer) for answer in answers]

    def from_bytes(self, ledger: str) -> None:
        self._compare(*asyncio.run(self._read(ledger, self.kept)))

    def decode_one(self, ledger: str) -> None:
        asyncio.run(self._read(ledger, self.kept[:1]))

    async def _read(self, ledger: str, names: list[str]) -> list[Table]:
        async with _stored(ledger) as store:
            answers = await asyncio.gather(*(store.load(name) for name in names))
        listed = [answer.rows for answer in answers if answer is not None and answer.rows is not None]
        assert len(listed) == len(names), "a stored list is missing"
        return listed

    def deepdiff(self) -> None:
        DeepDiff(*self.sample)

    def _compare(self, old: Table, new: Table) -> None:
        changes = diff(old, new)
        found = balance(_snapshot(old, None, BEFORE), _snapshot(new, self.left, AFTER), SCOPE, changes=changes)
        for terms in found.terms:
            moved = sum(step.signed for step in found.steps if step.currency == terms.currency)
            assert terms.opening + moved == terms.closing, "the bridge does not close"
        cells = sum(len(change.cells) for change in changes.changed)
        assert cells == 3 * len(changes.changed), "a changed cell is missing"


@asynccontextmanager
async def _stored(ledger: str) -> AsyncIterator[RedisSnapshots]:
    """A store that remembers nothing from before."""
    client = connect(ledger)
    try:
        yield RedisSnapshots(client, "bench", rows=0)
    finally:
        await client.aclose()


def _dicts(source: Table) -> dict[str, dict[str, Cell]]:
    return {row.key: source.record(row) for row in source.rows}


def _snapshot(rows: Table, followed: Table | None, at: datetime) -> Snapshot:
    """Members are only needed before the diff exists."""
    return Snapshot("deals", "f", None, at, (at, at), tables=(rows,), followed=followed, main=TABLE)


def run(sizes: Sizes, progress: Progress) -> Result:
    progress(f"tables: making {sizes.rows:,} rows")
    made = Tables(sizes.rows, sizes.sample)
    case = f"{sizes.rows:,} rows"
    with redis_ground() as ground:
        asyncio.run(made.keep(ground.ledger))
        contenders = {
            OURS: made.ours,
            COMPREHENSION: made.comprehension,
            BYTES: lambda: made.from_bytes(ground.ledger),
            DECODE: lambda: made.decode_one(ground.ledger),
        }
        timed = {who: _timed(work) for who, work in contenders.items()}
        taken = in_turns(timed, sizes.rounds, progress, f"tables, {case}")
    deep = in_turns(
        {"DeepDiff": _timed(made.deepdiff)}, min(3, sizes.rounds), progress, f"tables, {sizes.sample:,} rows"
    )
    figures = {who: Figure(case, who, "ms", samples) for who, samples in taken.items()}
    times = sizes.rows / sizes.sample
    extrapolated = Figure(case, "DeepDiff", "ms", tuple(s * times for s in deep["DeepDiff"]), _from(sizes, deep))
    return Result("tables", (*figures.values(), extrapolated), _verdicts(figures))


OURS = "diff, cells and bridge"
COMPREHENSION = "one dict comprehension"
BYTES = "the same, both read from Redis"
DECODE = "reading one from Redis"


def _verdicts(figures: dict[str, Figure]) -> tuple[Verdict, ...]:
    pairs = ((OURS, COMPREHENSION, 3.0), (BYTES, DECODE, 1.3))
    return tuple(
        compared(f"{who} to {peer}", figures[who], figures[peer], aim, at_least=False) for who, peer, aim in pairs
    )


def _from(sizes: Sizes, deep: dict[str, tuple[float, ...]]) -> str:
    a_row = min(deep["DeepDiff"]) * 1000 / sizes.sample
    return f"extrapolated from {sizes.sample:,} rows at {a_row:.0f} us each"


def _timed(work: Callable[[], Any]) -> Callable[[], float]:
    """A function that returns the milliseconds of `work`."""

    def measure() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) * 1000

    return measure
