"""Tables that stay decoded: never out of date, never without a bound."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from worker.adapters.redis_store.forget import ForgetfulSnapshots
from worker.adapters.redis_store.table_cache import Decoded
from worker.domain.snapshot.snapshot import Column, Kind, Row, Snapshot, Table

AT = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


def listed(*names: str) -> Table:
    return Table("deals", (Column("name", Kind.TEXT),), tuple(Row(name, (name,)) for name in sorted(names)))


def answer(*names: str) -> Snapshot:
    return Snapshot("deals", "f", None, AT, (AT, AT), tables=(listed(*names),), members=frozenset(names), main="deals")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())))
def test_never_more_rows_than_allowed_and_the_last_one_stays(steps: list[tuple[int, bool]]) -> None:
    kept = Decoded(12)
    tables = {str(n): listed(*(f"{n}-{i}" for i in range(n))) for n in range(10)}
    for number, read in steps:
        name = str(number)
        if not read:
            kept.put(name, tables[name])
            assert kept.get(name) is tables[name]
        assert kept.get(name) in {None, tables[name]}
        assert sum(len(t.rows) for n in tables if (t := kept.get(n)) is not None) <= 12


def test_a_table_past_the_bound_is_not_kept() -> None:
    kept = Decoded(2)
    kept.put("large", listed("a", "b", "c"))
    assert kept.get("large") is None


async def test_tables_are_read_once_however_many_ask(redis_client: Redis) -> None:
    written = await ForgetfulSnapshots(redis_client, "tern").keep(answer("a", "b"))
    store = ForgetfulSnapshots(redis_client, "tern")
    first, second = await asyncio.gather(store.load(written), store.load(written))
    assert first == second == answer("a", "b")
    assert first is not None
    assert second is not None
    assert first.tables[0] is second.tables[0]


async def test_a_row_that_was_forgotten_is_not_remembered_by_who_forgot_it(redis_client: Redis) -> None:
    store = ForgetfulSnapshots(redis_client, "tern")
    kept = await store.keep(answer("a", "b"))
    assert await store.forget_row("a") == 1
    assert await store.load(kept) == answer("b")
