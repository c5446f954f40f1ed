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
    tables = [[f"{n}-{i}" for i in range(n)] for n in range(10)]
    for number, read in steps:
        name = str(number)
        if not read:
            kept.put(name, listed(*tables[number]))
            assert kept.get(name) == listed(*tables[number])
        assert kept.get(name) in {None, listed(*tables[number])}
        assert sum(n for n in range(10) if kept.get(str(n)) is not None) <= 12


def test_a_table_that_somebody_holds_is_held_here_again_when_it_is_written_again() -> None:
    kept, first = Decoded(3), [listed("a", "b")]
    kept.put("one", first[0])
    kept.put("two", listed("c", "d"))
    kept.put("one", listed("a", "b"))
    assert kept.get("one") is first[0]
    first.clear()
    assert kept.get("one") == listed("a", "b")


def test_a_table_past_the_bound_is_not_kept() -> None:
    kept = Decoded(2)
    kept.put("large", listed("a", "b", "c"))
    assert kept.get("large") is None


def test_a_table_past_the_bound_is_found_while_somebody_holds_it() -> None:
    kept, held = Decoded(2), [listed("a", "b", "c")]
    kept.put("large", held[0])
    assert kept.get("large") is held[0]
    held.clear()
    assert kept.get("large") is None


def test_what_a_table_in_use_shares_its_rows_with_is_found_too() -> None:
    kept, held = Decoded(2), [listed("a", "b", "c")]
    kept.put("base", listed("a", "b", "c", "d"))
    assert kept.get("base") is None
    base = listed("a", "b", "c", "d")
    kept.put("base", base)
    kept.put("later", held[0], base)
    del base
    assert kept.get("base") is not None
    held.clear()
    assert kept.get("base") is None


def test_a_table_that_takes_the_place_of_one_that_is_gone_stays() -> None:
    kept, first = Decoded(2), [listed("a", "b", "c")]
    kept.put("large", first[0])
    kept.clear()
    second = listed("a", "b", "c")
    kept.put("large", second)
    first.clear()
    assert kept.get("large") is second


async def test_two_long_answers_with_one_base_share_their_rows(redis_client: Redis) -> None:
    names = [f"deal {number:05} {hash(str(number)) % 10**9}" for number in range(2_000)]
    written = ForgetfulSnapshots(redis_client, "tern", rows=0)
    first = await written.keep(answer(*names))
    second = await written.keep(answer(*names[1:], "new"))
    third = await written.keep(answer(*names[2:], "newer"))
    store = ForgetfulSnapshots(redis_client, "tern", rows=0)
    loaded = [await store.load(kept) for kept in (second, third, first)]
    rows = [{row.key: row for row in one.tables[0].rows} for one in loaded if one is not None]
    assert len(rows) == 3
    assert all(rows[0][name] is rows[1][name] is rows[2][name] for name in names[2:])


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
