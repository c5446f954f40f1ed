"""Removes a deal from stored answers, on request. An interrupted removal starts again from the beginning."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from worker.adapters.redis_store import delta, keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST
from worker.adapters.redis_store.snapshot_codec import table_of
from worker.adapters.redis_store.snapshots import RedisSnapshots, encode_snapshot, whole
from worker.domain.address import comparable, same
from worker.domain.snapshot.snapshot import Snapshot, Table

PASSES = 3
"""Passes, because a run may store an answer with an old table while the removal is working."""


class ForgetfulSnapshots(RedisSnapshots):
    """Snapshots from which a row can be removed. They keep their names, to which baselines, runs and pairs refer."""

    async def forget_row(self, key: str) -> int:
        """Returns the number of snapshots that held the row. Raises LedgerUnavailable."""
        changed: set[str] = set()
        self.decoded.clear()  # nor is it to stay here; another process loses it with the next tables that it reads
        for _ in range(PASSES):
            tables = await self._tables_with(key)
            await self._make_whole(tables)
            named = [snapshot async for snapshot in self._snapshots_with(key, tables)]
            found = {snapshot for snapshot in named if await self._take_out(snapshot, key)}
            await self._delete(tables)
            changed |= found
            if not tables and not found:
                break
        return len(changed)

    async def _tables_with(self, key: str) -> set[str]:
        found = set()
        async for name in self._scripts.names("table:*"):
            table_id = name.removeprefix("table:")
            bodies = await self.bodies(table_id)
            if bodies is not None and await asyncio.to_thread(_holds, table_id, bodies, key):
                found.add(table_id)
        return found

    async def _make_whole(self, bases: set[str]) -> None:
        """Stores deltas to a table that is being removed as whole tables, and prevents new deltas to it."""
        prefix = self._scripts.prefix
        async for name in self._scripts.names("keyframe:*"):
            told = text(await self._scripts.ask("GET", f"{prefix}:{name}")).split()
            if told and told[0] in bases:
                await self._scripts.remove("DEL", f"{prefix}:{name}")
        async for name in self._scripts.names("table:*"):
            table_id = name.removeprefix("table:")
            bodies = await self.bodies(table_id)
            if bodies is not None and delta.base_of(bodies[table_id]) in bases:
                body = await asyncio.to_thread(_compressed, table_id, bodies)
                await self._scripts.run("whole", {"id": table_id}, body)

    async def _snapshots_with(self, key: str, tables: set[str]) -> AsyncIterator[str]:
        async for name in self._scripts.names("snap:*"):
            header, listed = await self._scripts.ask("HMGET", f"{self._scripts.prefix}:{name}", "header", "tables")
            if header is None:
                continue
            named = tables & set(text(listed).split())
            if named or comparable(key).encode("utf-8", "surrogatepass") in _folded(delta.expand(header)):
                yield name.removeprefix("snap:")

    async def _take_out(self, name: str, key: str) -> bool:
        snapshot = await self.load(name)
        if snapshot is None or not _mentions(snapshot, key):
            return False
        header, blobs = await asyncio.to_thread(encode_snapshot, without(snapshot, key))
        arguments = {"id": name, "tables": [blob.id for blob in blobs.values()]}
        done = await self._scripts.run("redact", arguments, header.body, *(blob.body for blob in blobs.values()))
        return bool(done != LOST)

    async def _delete(self, tables: set[str]) -> None:
        for name in tables:
            await self._scripts.remove("UNLINK", keys.table(self._scripts.prefix, name))


def without(snapshot: Snapshot, key: str) -> Snapshot:
    """The same answer as if the service had not listed the row, or had not named this owner's address."""
    return replace(
        snapshot,
        tables=tuple(_cut(table, key) for table in snapshot.tables),
        followed=None if snapshot.followed is None else _cut(snapshot.followed, key),
        members=snapshot.members - {key},
        addresses=tuple(pair for pair in snapshot.addresses if not same(pair[1], key)),
    )


def _folded(header: bytes) -> bytes:
    return comparable(header.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")


def _cut(table: Table, key: str) -> Table:
    return replace(table, rows=tuple(row for row in table.rows if row.key != key))


def _mentions(snapshot: Snapshot, key: str) -> bool:
    tables = (*snapshot.tables, *([snapshot.followed] if snapshot.followed else []))
    if any(same(address, key) for _, address in snapshot.addresses):
        return True
    return key in snapshot.members or any(row.key == key for table in tables for row in table.rows)


def _holds(name: str, bodies: Mapping[str, bytes], key: str) -> bool:
    """Searches the bytes first, because decoding every table would be slow."""
    raw = whole(name, bodies)
    return key.encode("utf-8", "surrogatepass") in raw and any(row.key == key for row in table_of(raw).rows)


def _compressed(name: str, bodies: Mapping[str, bytes]) -> bytes:
    return delta.compress(whole(name, bodies))
