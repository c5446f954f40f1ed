"""Snapshots in Redis, addressed by content: equal tables of different runs are stored once."""

import asyncio

from redis.asyncio import Redis

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.snapshot_codec import Blob, decode_header, decode_table, encode_header, encode_table
from worker.domain.snapshot import Snapshot

DAY = 86_400_000
"""Milliseconds that a snapshot lives which no run holds: longer than any run takes from first answer to last."""


class RedisSnapshots:
    """`client` from connection.connect; `project` prefixes every key."""

    def __init__(self, client: Redis, project: str) -> None:
        self._scripts = Scripts(client, project)

    async def keep(self, snapshot: Snapshot) -> str:
        header, blobs = await asyncio.to_thread(_encode, snapshot)
        arguments = {"id": header.id, "tables": [blob.id for blob in blobs], "day": DAY}
        await self._scripts.run("keep", arguments, header.body, *(blob.body for blob in blobs))
        return header.id

    async def load(self, snapshot_id: str) -> Snapshot | None:
        """None when the snapshot, or a table of it, is past its time. Raises LedgerError for an unknown version."""
        prefix = self._scripts.prefix
        header, listed = await self._scripts.ask("HMGET", keys.snap(prefix, snapshot_id), "header", "tables")
        if header is None:
            return None
        names = text(listed).split()
        bodies = [await self._scripts.ask("GET", keys.table(prefix, name)) for name in names]
        if None in bodies:
            return None
        return await asyncio.to_thread(_decode, header, dict(zip(names, bodies, strict=True)))

    async def forgotten(self, snapshot_id: str) -> bool:
        return bool(await self._scripts.ask("HEXISTS", keys.snap(self._scripts.prefix, snapshot_id), "forgotten"))


def _encode(snapshot: Snapshot) -> tuple[Blob, list[Blob]]:
    """The header, and every table once."""
    tables = [encode_table(table) for table in snapshot.tables]
    followed = None if snapshot.followed is None else encode_table(snapshot.followed)
    header = encode_header(snapshot, [blob.id for blob in tables], followed.id if followed else None)
    every = {blob.id: blob for blob in [*tables, *([followed] if followed else [])]}
    return header, list(every.values())


def _decode(header: bytes, bodies: dict[str, bytes]) -> Snapshot:
    return decode_header(header, {name: decode_table(body) for name, body in bodies.items()})
