"""Tokens of the API and the console, and the audit list."""

import asyncio
from dataclasses import replace
from datetime import datetime

import msgspec

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.access import AccessToken, AuditRecord
from worker.domain.time.epoch import from_ms, to_ms

KEPT = 100_000
"""Audit records, about. A record has some 200 bytes."""

_TOKEN = msgspec.json.Decoder(AccessToken)
_RECORD = msgspec.json.Decoder(AuditRecord)


class RedisAccessTokens:
    """Implements worker.ports.AccessTokens."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._key = keys.single(scripts.prefix, "access")

    async def add(self, token: AccessToken) -> None:
        with translated():
            await self._scripts.client.hset(self._key, token.id, msgspec.json.encode(token))

    async def all(self) -> tuple[AccessToken, ...]:
        held, used = await self._scripts.ask("HGETALL", self._key), await self._used()
        found = [replace(_TOKEN.decode(raw), used=used.get(text(name))) for name, raw in held.items()]
        return tuple(sorted(found, key=lambda token: (token.name, token.id)))

    async def find(self, token_id: str) -> AccessToken | None:
        asked = (self._scripts.ask("HGET", key, token_id) for key in (self._key, f"{self._key}:used"))
        raw, used = await asyncio.gather(*asked)
        if raw is None:
            return None
        return replace(_TOKEN.decode(raw), used=from_ms(int(used)) if used is not None else None)

    async def note_use(self, token_id: str, at: datetime) -> None:
        with translated():
            await self._scripts.client.hset(f"{self._key}:used", token_id, to_ms(at))

    async def remove(self, token_id: str) -> bool:
        gone = await self._scripts.remove("HDEL", self._key, token_id)
        await self._scripts.remove("HDEL", f"{self._key}:used", token_id)
        return bool(gone)

    async def _used(self) -> dict[str, datetime]:
        found = await self._scripts.ask("HGETALL", f"{self._key}:used")
        return {text(name): from_ms(int(at)) for name, at in found.items()}


class RedisAudit:
    """Implements worker.ports.Audit. A stream numbers its records."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._key = keys.single(scripts.prefix, "audit")

    async def add(self, record: AuditRecord) -> None:
        with translated():
            await self._scripts.client.xadd(
                self._key, {"r": msgspec.json.encode(record)}, maxlen=KEPT, approximate=True
            )

    async def newest(self, limit: int, before: str = "") -> tuple[AuditRecord, ...]:
        if before and not before.strip("0-"):
            return ()  # nothing is older, and Redis refuses to look
        last = f"({before}" if before else "+"
        rows = await self._scripts.ask("XREVRANGE", self._key, last, "-", "COUNT", limit)
        return tuple(replace(_RECORD.decode(fields[b"r"]), id=text(name)) for name, fields in rows)
