"""Snapshots come back as they were kept, under a name that their content alone decides."""

import asyncio
import hashlib
import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.support.ledger_fixture import ANN, FAR, LedgerFixture, who
from worker.adapters.redis_store import delta
from worker.adapters.redis_store import snapshot_codec as codec
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.forget import ForgetfulSnapshots, without
from worker.adapters.redis_store.snapshots import RedisSnapshots, encode_snapshot, whole
from worker.domain.snapshot.snapshot import Cell, Column, File, Kind, Measure, Row, Snapshot, Table, table
from worker.domain.time.window import Window
from worker.errors import LedgerError

AT = datetime(2026, 11, 16, 14, 0, 3, 123456, tzinfo=UTC)

texts = st.text(max_size=12)
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**80),
    st.floats(allow_nan=False),
    texts,
    st.text(st.characters(categories=["Cs", "Lu"]), max_size=3),
)
instants = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
columns = st.builds(Column, texts, st.sampled_from(Kind), st.booleans(), st.booleans())
measures = st.builds(
    Measure,
    st.tuples(texts, texts),
    st.sampled_from(Kind),
    st.none() | st.integers() | st.floats(allow_nan=False),
    st.none() | texts,
    st.none() | texts,
)


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    heads = draw(st.lists(columns, max_size=4))
    keys = draw(st.lists(texts, unique=True, max_size=5))
    rows = [Row(key, tuple(draw(cells) for _ in heads)) for key in keys]
    return table(name, tuple(heads), rows, total=draw(st.none() | st.integers(0, 9)), sliced=draw(st.booleans()))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    main = draw(tables("deals"))
    listed = frozenset(row.key for row in main.rows)
    return Snapshot(
        query_id=draw(texts),
        fingerprint=draw(texts),
        window=draw(st.none() | st.builds(Window, instants, instants, texts, texts, st.booleans())),
        slot=draw(instants),
        as_of=(draw(instants), draw(instants)),
        measures=tuple(draw(st.lists(measures, max_size=3))),
        tables=(main, draw(tables("stages"))),
        members=draw(st.just(listed) | st.frozensets(texts, max_size=4)),
        followed=draw(st.none() | tables("followed")),
        main=draw(st.sampled_from([None, "deals"])),
        files=tuple(draw(st.lists(st.builds(File, texts, texts, st.binary(max_size=9)), max_size=2))),
        notes=tuple(draw(st.lists(texts, max_size=2))),
    )


def kinds(value: object) -> object:
    """Equality that tells 1 from 1.0 and True, and 0.0 from -0.0."""
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    return (type(value).__name__, value)


@given(snapshot=snapshots())
@settings(max_examples=120, deadline=None)
def test_what_is_stored_comes_back_with_every_type(snapshot: Snapshot) -> None:
    header, blobs = encode_snapshot(snapshot)
    stored = {blob.id: blob.body for blob in blobs.values()}
    again = codec.decode_header(header.body, {name: codec.table_of(whole(name, stored)) for name in stored})
    assert again == snapshot
    for before, after in zip(snapshot.tables, again.tables, strict=True):
        assert [[kinds(c) for c in row.cells] for row in before.rows] == [
            [kinds(c) for c in row.cells] for row in after.rows
        ]
    assert [kinds(m.value) for m in again.measures] == [kinds(m.value) for m in snapshot.measures]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 999, 1_000, 1_001, 2_017])
@pytest.mark.parametrize("odd", [None, 2**70, "\ud800"])
def test_rows_that_are_encoded_together_are_the_bytes_of_each(count: int, odd: int | str | None) -> None:
    rows = tuple(Row(f"k{number:05}", (number, "ä", odd if number == count // 2 else None)) for number in range(count))
    columns = (Column("a", Kind.INT), Column("b", Kind.TEXT), Column("c", Kind.TEXT))
    blob = codec.encode_table(Table("t", columns, rows))
    each = b"".join(codec._pack((row.key, *row.cells)) for row in rows)
    assert blob.raw == delta.expand(blob.body)
    assert blob.raw.endswith(b"\xdd" + struct.pack(">I", count) + each)
    assert codec.table_of(blob.raw).rows == rows


def test_texts_that_repeat_in_a_long_table_are_one_object_and_nothing_else_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codec, "LONG", 100)
    monkeypatch.setattr(codec, "TEXTS", 20)
    rows = tuple(Row(f"k{n:04}", (f"owner {n % 7}", f"title {n}", None if n % 2 else n, "")) for n in range(300))
    columns = tuple(Column(name, Kind.TEXT) for name in "abcd")
    again = codec.decode_table(codec.encode_table(Table("t", columns, rows)).body)
    assert again.rows == rows
    assert again.rows[0].cells[0] is again.rows[7].cells[0] is again.rows[294].cells[0]


def test_what_is_too_long_to_hold_is_only_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Table("t", (Column("a", Kind.INT),), tuple(Row(f"k{number:05}", (number,)) for number in range(5_000)))
    held = codec.encode_table(one)
    monkeypatch.setattr(codec, "HELD", 20_000)
    long = codec.encode_table(one)
    assert (long.raw, long.id, long.body) == (b"", held.id, held.body)


@given(one=snapshots(), other=snapshots())
@settings(max_examples=60, deadline=None)
def test_the_name_is_the_content(one: Snapshot, other: Snapshot) -> None:
    assert encode_snapshot(one)[0] == encode_snapshot(one)[0]
    if one != other:
        assert encode_snapshot(one)[0].id != encode_snapshot(other)[0].id


def test_not_a_number_survives() -> None:
    kept = codec.decode_table(codec.encode_table(Table("t", (Column("x", Kind.RATIO),), (Row("a", (math.nan,)),))).body)
    assert isinstance(kept.rows[0].cells[0], float)
    assert math.isnan(kept.rows[0].cells[0])


def test_an_unknown_version_is_one_sentence() -> None:
    with pytest.raises(LedgerError, match="has version 9; this program reads up to version 2"):
        codec._known(9)


def make(*keys: str, at: datetime = AT) -> Snapshot:
    rows = [Row(key, (key.upper(), 12_300)) for key in keys]
    deals = table("deals", (Column("title", Kind.TEXT), Column("value", Kind.MONEY)), rows)
    members = frozenset(keys)
    return Snapshot("deals", "f" * 8, None, at, (at, at), tables=(deals,), members=members, main="deals")


async def test_kept_and_loaded_and_unknown_names_load_nothing(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    kept = await store.keep(make("a", "b"))
    assert await store.load(kept) == make("a", "b")
    assert await store.keep(make("a", "b")) == kept
    assert await store.load("0" * 32) is None


async def test_runs_with_equal_tables_store_them_once(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    one = await store.keep(make("a", "b"))
    two = await store.keep(make("a", "b", at=AT + timedelta(days=7)))
    assert one != two
    assert len(await redis_client.keys("tern:table:*")) == 1
    assert len(await redis_client.keys("tern:snap:*")) == 2


async def test_what_no_run_holds_vanishes_and_what_one_holds_stays_with_its_tables(story: LedgerFixture) -> None:
    store = RedisSnapshots(story.client, "tern", rows=0)
    kept, loose = await store.keep(make("a")), await store.keep(make("b"))
    key, attempt = await story.begun()
    await story.runs.deliver(key, attempt, {"deals": kept}, (), {who(ANN): await story.soon(FAR.total_seconds())})
    lives = [await story.client.ttl(name) for name in await story.client.keys("tern:[st][na][ab]*:*")]
    days = sorted(round(seconds / 86400) for seconds in lives)
    assert days == [1, 1, 401, 401]
    assert 86000 < await story.client.ttl(f"tern:snap:{loose}") <= 86400
    again = await store.keep(make("a"))
    assert again == kept
    assert await story.client.ttl(f"tern:snap:{kept}") > 400 * 86400


async def test_a_snapshot_whose_table_is_gone_is_gone(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    kept = await store.keep(make("a"))
    await redis_client.delete(*[name for name in await redis_client.keys("tern:table:*") if isinstance(name, bytes)])
    assert await store.load(kept) is None


async def test_twelve_thousand_wide_rows_are_kept_in_little_room(redis_client: Redis) -> None:
    heads = tuple(Column(f"c{number}", Kind.TEXT) for number in range(25))

    def cell(row: int, column: int) -> Cell:
        return row * 100 if column % 3 else f"deal {row} column {column}"

    rows = [Row(f"oppo_{n:06d}", tuple(cell(n, c) for c in range(25))) for n in range(12_000)]
    keys = frozenset(row.key for row in rows)
    big = Snapshot("deals", "f", None, AT, (AT, AT), tables=(table("deals", heads, rows),), members=keys, main="deals")
    store = RedisSnapshots(redis_client, "tern", rows=0)
    kept = await store.keep(big)
    assert await store.load(kept) == big
    (name,) = await redis_client.keys("tern:table:*")
    assert isinstance(name, bytes)
    assert await redis_client.strlen(name) < 1_000_000


async def test_keeping_again_gives_a_day_anew(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    kept = await store.keep(make("a"))
    names = [name for name in await redis_client.keys("tern:[st]*:*") if isinstance(name, bytes)]
    for name in names:
        await redis_client.expire(name, 5)
    assert await store.keep(make("a")) == kept
    assert [await redis_client.ttl(name) > 86000 for name in names] == [True, True]


def deals(changed: frozenset[int] = frozenset(), at: datetime = AT, count: int = 800) -> Snapshot:
    """A list with texts that do not compress away; `changed` rows have another value."""
    heads = (Column("title", Kind.TEXT), Column("value", Kind.MONEY))
    noise = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
    rows = [Row(noise[n], (noise[n][::-1], -n if n in changed else n)) for n in range(count)]
    members = frozenset(row.key for row in rows)
    return Snapshot(
        "deals", "f" * 8, None, at, (at, at), tables=(table("deals", heads, rows),), members=members, main="deals"
    )


async def sizes(client: Redis) -> list[int]:
    return sorted([await client.strlen(name) for name in await client.keys("tern:table:*") if isinstance(name, bytes)])


async def test_a_list_of_which_little_changed_is_stored_as_the_difference_under_the_name_of_its_content(
    redis_client: Redis,
) -> None:
    store, other = RedisSnapshots(redis_client, "tern", rows=0), RedisSnapshots(redis_client, "gull", rows=0)
    await store.keep(deals())
    kept = await store.keep(deals(frozenset(range(4)), AT + timedelta(days=1)))
    little, much = await sizes(redis_client)
    assert little * 15 < much
    assert await store.load(kept) == deals(frozenset(range(4)), AT + timedelta(days=1))
    assert await other.keep(deals(frozenset(range(4)), AT + timedelta(days=1))) == kept


async def test_lists_that_are_read_together_share_their_equal_rows(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    days = [await store.keep(deals(frozenset(range(1, day)), AT + timedelta(days=day))) for day in range(1, 4)]
    loaded = await asyncio.gather(*(store.load(one) for one in days))
    assert loaded == [deals(frozenset(range(1, day)), AT + timedelta(days=day)) for day in range(1, 4)]
    rows = [row for one in loaded if one for table in one.tables for row in table.rows]
    assert (len(rows), len({id(row) for row in rows})) == (3 * 800, 800 + 1 + 2)


async def test_every_thirty_second_list_is_whole_and_one_that_changed_altogether_is_too(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    for day in range(34):
        kept = await store.keep(deals(frozenset([day]), AT + timedelta(days=day)))
        assert await store.load(kept) == deals(frozenset([day]), AT + timedelta(days=day))
    assert sum(size > 20_000 for size in await sizes(redis_client)) == 2
    await store.keep(deals(frozenset(range(800)), AT + timedelta(days=50)))
    assert sum(size > 20_000 for size in await sizes(redis_client)) == 3


async def test_a_list_whose_frame_is_gone_is_stored_whole(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    await store.keep(deals())
    await redis_client.delete(*[name for name in await redis_client.keys("tern:table:*") if isinstance(name, bytes)])
    kept = await store.keep(deals(frozenset([1])))
    assert await store.load(kept) == deals(frozenset([1]))


async def table_of(redis_client: Redis, kept: str) -> str:
    found = await redis_client.hget(f"tern:snap:{kept}", "tables")
    return text(found) if isinstance(found, bytes) else ""


async def base_of(redis_client: Redis, kept: str) -> str | None:
    body = await redis_client.get(f"tern:table:{await table_of(redis_client, kept)}")
    return delta.base_of(body) if isinstance(body, bytes) else None


async def test_a_base_that_this_process_still_knows_is_not_used_once_it_is_gone_or_no_longer_whole(
    redis_client: Redis,
) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    base = await table_of(redis_client, await store.keep(deals()))
    assert await base_of(redis_client, await store.keep(deals(frozenset([1])))) == base
    frame = (f"tern:keyframe:{deals().fingerprint}:deals", f"{base} 1")
    whole = await redis_client.get(f"tern:table:{base}") or b""
    for change, found in enumerate((b"", bytes([delta.MARK]) + bytes(delta.NAME), whole), 2):
        await (redis_client.set(f"tern:table:{base}", found) if found else redis_client.delete(f"tern:table:{base}"))
        await redis_client.set(*frame)
        kept = await store.keep(deals(frozenset([change])))
        assert await base_of(redis_client, kept) == (base if found == whole else None)


async def test_a_frame_that_vanishes_between_the_question_and_the_write_is_noticed(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    await store.keep(deals())
    tables = [name for name in await redis_client.keys("tern:table:*") if isinstance(name, bytes)]
    asked = store._frame

    async def vanishing(*given: Any) -> Any:
        frame = await asked(*given)
        await redis_client.delete(*tables)
        return frame

    monkeypatch.setattr(store, "_frame", vanishing)
    kept = await store.keep(deals(frozenset([1])))
    assert await store.load(kept) == deals(frozenset([1]))


async def test_a_run_that_holds_a_difference_holds_what_it_differs_from(story: LedgerFixture) -> None:
    store = RedisSnapshots(story.client, "tern", rows=0)
    await store.keep(deals())
    kept = await store.keep(deals(frozenset([1])))
    key, attempt = await story.begun()
    await story.runs.deliver(key, attempt, {"deals": kept}, (), {who(ANN): await story.soon()})
    lives = [await story.client.ttl(name) for name in await story.client.keys("tern:table:*")]
    assert [round(seconds / 86400) for seconds in lives] == [401, 401]


def between(store: RedisSnapshots, monkeypatch: pytest.MonkeyPatch, key: str, happens: Callable[[], Any]) -> None:
    """Once, behind the first answer about `key`."""
    ask, left = store._scripts.ask, [happens]

    async def asked(*command: Any) -> Any:
        answer = await ask(*command)
        if command[1] == key and left:
            await left.pop()()
        return answer

    monkeypatch.setattr(store._scripts, "ask", asked)


async def test_a_table_that_is_stored_whole_while_it_is_read_has_not_expired(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deal is forgotten that only the base of the difference held."""
    store, other = RedisSnapshots(redis_client, "tern", rows=0), ForgetfulSnapshots(redis_client, "tern", rows=0)
    gone = deals().tables[0].rows[5].key
    first = await store.keep(deals())
    second = await store.keep(without(deals(frozenset([1])), gone))
    table = encode_snapshot(without(deals(frozenset([1])), gone))[1]["deals"].id
    assert await redis_client.strlen(f"tern:table:{table}") < 20_000
    between(store, monkeypatch, f"tern:table:{table}", lambda: other.forget_row(gone))
    assert await store.load(second) == without(deals(frozenset([1])), gone)
    assert await redis_client.strlen(f"tern:table:{table}") > 20_000
    assert await store.load(first) == without(deals(), gone)


async def test_a_snapshot_that_a_deal_is_taken_out_of_while_it_is_read_has_not_expired(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = RedisSnapshots(redis_client, "tern", rows=0), ForgetfulSnapshots(redis_client, "tern", rows=0)
    gone = deals().tables[0].rows[5].key
    kept = await store.keep(deals())
    between(store, monkeypatch, f"tern:snap:{kept}", lambda: other.forget_row(gone))
    assert await store.load(kept) == without(deals(), gone)


async def test_a_snapshot_whose_base_expired_for_good_is_gone(redis_client: Redis) -> None:
    store = RedisSnapshots(redis_client, "tern", rows=0)
    await store.keep(deals())
    whole_tables = await redis_client.keys("tern:table:*")
    kept = await store.keep(deals(frozenset([1])))
    await redis_client.delete(*whole_tables)
    assert await store.load(kept) is None


row_bytes = st.lists(st.binary(max_size=6), unique=True, max_size=12)


def raw(head: bytes, rows: list[bytes]) -> bytes:
    packed = b"".join(msgspec.msgpack.encode(row) for row in sorted(rows))
    return struct.pack(">I", len(head)) + head + b"\xdd" + struct.pack(">I", len(rows)) + packed


@given(before=row_bytes, after=row_bytes, common=row_bytes, head=st.binary(max_size=9))
@settings(max_examples=200, deadline=None)
def test_a_difference_applied_to_what_it_differs_from_gives_the_same_bytes(
    before: list[bytes], after: list[bytes], common: list[bytes], head: bytes
) -> None:
    base, new = raw(b"old", [*{*before, *common}]), raw(head, [*{*after, *common}])
    made = delta.encode("ab" * 16, delta.places(base), new)
    assert delta.base_of(made) == "ab" * 16
    assert delta.decode(made, base) == new
