"""Snapshots in Redis, addressed by content. Equal tables of different runs are stored once, and a table that differs
little from an earlier one of its query is stored as the difference.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from worker.adapters.redis_store import delta, keys
from worker.adapters.redis_store.bases import Bases
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.snapshot_codec import (
    Blob,
    decode_header,
    decode_table,
    encode_header,
    encode_table,
    table_from,
)
from worker.adapters.redis_store.table_cache import ROWS, Decoded
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.snapshot.snapshot import Snapshot, Table

DAY = 86_400_000
"""Milliseconds that a snapshot lives if no run holds it. Longer than any run takes from its first answer to its last.
"""

FRAME = 31
"""Deltas against one whole table before the next whole one."""

SMALL, LARGE = 2_000, 8_000_000
"""Bytes of a compressed table. Below, a delta saves nothing; above, making one takes too much memory."""

WORTH = 0.5
"""A delta is stored if it is at most this share of the whole table. Otherwise a new whole table is stored."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """`base` is None if this table becomes the next whole one. `places`: of the base's rows."""

    name: str
    base: str | None = None
    count: int = 0
    places: Mapping[bytes, int] | None = None


class RedisSnapshots:
    """`client` is from connection.connect. `project` prefixes every key. `rows`: how many are kept decoded."""

    def __init__(self, client: Redis, project: str, times: LeaseTimes | None = None, *, rows: int = ROWS) -> None:
        self._scripts = Scripts(client, project)
        self._times = times or LeaseTimes()
        self.decoded = Decoded(rows)
        self._bases = Bases()
        self._reading: dict[str, asyncio.Future[Table | None]] = {}

    async def keep(self, snapshot: Snapshot) -> str:
        header, blobs = await asyncio.to_thread(encode_snapshot, snapshot)
        frames = {blob.id: await self._frame(snapshot, name, blob) for name, blob in blobs.items()}
        made = await asyncio.to_thread(_differences, blobs.values(), frames)
        if await self._store(header, made) == LOST:  # a base expired meanwhile; store whole tables
            whole = {name: _Frame(frame.name) for name, frame in frames.items()}
            await self._store(header, _differences(blobs.values(), whole))
        for table in snapshot.tables:
            if table.id in blobs:
                self.decoded.put(blobs[table.id].id, table)
        return header.id

    async def load(self, snapshot_id: str) -> Snapshot | None:
        """None if the snapshot or one of its tables has expired. Raises LedgerError for an unknown version.

        A table that is gone is no proof: rows may have been taken out of the snapshot since its header was read.
        """
        read, before = await self._header(snapshot_id), None
        while read is not None and read != before:
            header, names = read
            tables = await asyncio.gather(*(self._table(name) for name in names))
            found = {name: table for name, table in zip(names, tables, strict=True) if table is not None}
            if len(found) == len(names):
                return decode_header(header, found)
            read, before = await self._header(snapshot_id), read
        return None

    async def _header(self, snapshot_id: str) -> tuple[bytes, tuple[str, ...]] | None:
        """With the names of its tables."""
        key = keys.snap(self._scripts.prefix, snapshot_id)
        header, listed = await self._scripts.ask("HMGET", key, "header", "tables")
        return None if header is None else (header, tuple(text(listed).split()))

    async def _table(self, name: str) -> Table | None:
        """Concurrent callers share one read."""
        known = self.decoded.get(name)
        if known is not None:
            return known
        reading = self._reading.get(name)
        if reading is None:
            reading = self._reading[name] = asyncio.ensure_future(self._read(name))
            reading.add_done_callback(lambda _: self._reading.pop(name, None))
        return await asyncio.shield(reading)

    async def _read(self, name: str) -> Table | None:
        """A base that is gone is no proof either: the table may have been stored whole since it was read."""
        key, before = keys.table(self._scripts.prefix, name), None
        while (body := await self._scripts.ask("GET", key)) is not None and body != before:
            table, known = await self._decode(body)
            if table is not None:
                self.decoded.put(name, table, known)
                return table
            before = body
        return None

    async def _decode(self, body: bytes) -> tuple[Table | None, Table | None]:
        """The table, and its base if it is a delta. No table if the base is gone."""
        base = delta.base_of(body)
        if base is None:
            return await asyncio.to_thread(decode_table, body), None
        known = await self._table(base)
        return (None if known is None else await asyncio.to_thread(table_from, body, known)), known

    async def bodies(self, name: str) -> dict[str, bytes] | None:
        """As `_read`, of the stored bytes: of the table and, if it is a delta, of its base. None if one is missing."""
        key, before = keys.table(self._scripts.prefix, name), None
        while (body := await self._scripts.ask("GET", key)) is not None and body != before:
            base = delta.base_of(body)
            if base is None:
                return {name: body}
            known = await self._scripts.ask("GET", keys.table(self._scripts.prefix, base))
            if known is not None:
                return {name: body, base: known}
            before = body
        return None

    async def forgotten(self, snapshot_id: str) -> bool:
        return bool(await self._scripts.ask("HEXISTS", keys.snap(self._scripts.prefix, snapshot_id), "forgotten"))

    async def _frame(self, snapshot: Snapshot, table_id: str, blob: Blob) -> _Frame:
        """The base to which a table may be a delta."""
        name = f"{snapshot.fingerprint}:{table_id}"
        told = text(await self._scripts.ask("GET", keys.keyframe(self._scripts.prefix, name))).split()
        if not told or not SMALL <= len(blob.body) <= LARGE:
            return _Frame(name)
        base, count = told[0], int(told[1])
        if base == blob.id or count >= FRAME:
            return _Frame(name)
        places = await self._places(base)
        return _Frame(name) if places is None else _Frame(name, base, count, places)

    async def _places(self, base: str) -> Mapping[bytes, int] | None:
        """Of the rows of a table that is stored whole, now. None if it is not."""
        key, known = keys.table(self._scripts.prefix, base), self._bases.get(base)
        if known is not None:
            mark = await self._scripts.ask("GETRANGE", key, 0, 0)
            return known if mark and delta.base_of(mark) is None else None
        body = await self._scripts.ask("GET", key)
        if body is None or delta.base_of(body) is not None:
            return None
        places = await asyncio.to_thread(lambda: delta.places(delta.expand(body)))
        self._bases.put(base, places)
        return places

    async def _store(self, header: Blob, made: list["_Made"]) -> Any:
        arguments = {
            "id": header.id,
            "tables": [one.id for one in made],
            "bases": [one.base for one in made],
            "frames": [[one.frame, one.base or one.id, one.count] for one in made],
            "day": DAY,
            "keep": self._times.ms("keep"),
        }
        return await self._scripts.run("keep", arguments, header.body, *(one.body for one in made))


@dataclass(frozen=True, slots=True)
class _Made:
    """`base` is empty for a whole table."""

    id: str
    body: bytes
    base: str
    frame: str
    count: int


def _differences(blobs: Iterable[Blob], frames: Mapping[str, _Frame]) -> list[_Made]:
    made = []
    for blob in blobs:
        frame = frames[blob.id]
        body = _difference(blob, frame)
        if body is None:
            made.append(_Made(blob.id, blob.body, "", frame.name, 0))
        else:
            made.append(_Made(blob.id, body, frame.base or "", frame.name, frame.count + 1))
    return made


def _difference(blob: Blob, frame: _Frame) -> bytes | None:
    if frame.base is None or frame.places is None:
        return None
    body = delta.encode(frame.base, frame.places, blob.raw or delta.expand(blob.body))
    return body if len(body) <= WORTH * len(blob.body) else None


def encode_snapshot(snapshot: Snapshot) -> tuple[Blob, dict[str, Blob]]:
    """The header, and every table once, by its place in the snapshot."""
    tables = [encode_table(table) for table in snapshot.tables]
    followed = None if snapshot.followed is None else encode_table(snapshot.followed)
    header = encode_header(snapshot, [blob.id for blob in tables], followed.id if followed else None)
    named = {table.id: blob for table, blob in zip(snapshot.tables, tables, strict=True)}
    named |= {":followed": followed} if followed else {}
    once = {blob.id: name for name, blob in reversed(named.items())}
    return header, {name: blob for name, blob in named.items() if once[blob.id] == name}


def whole(name: str, bodies: Mapping[str, bytes]) -> bytes:
    """The uncompressed bytes of a table, from the result of `RedisSnapshots.bodies`."""
    body = bodies[name]
    base = delta.base_of(body)
    return delta.expand(body) if base is None else delta.decode(body, delta.expand(bodies[base]))
