"""Tokens of the API and the console, and the audit list."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.access import FORGOTTEN, AccessToken, AuditRecord, acted
from worker.domain.time.epoch import from_ms, to_ms

KEPT = 100_000
"""Audit records, about. A record has some 200 bytes."""

PAGE = 1_000

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
    """Implements worker.ports.Audit. A stream numbers its records. It changes none, so one in which a person is
    forgotten stands beside it, under the same number.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._key = keys.single(scripts.prefix, "audit")
        self._changed = f"{self._key}:forgotten"

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
        found = {text(name): fields[b"r"] for name, fields in rows}
        found |= {name: raw for name, raw in (await self._forgotten()).items() if not before or _older(name, before)}
        newest = sorted(found.items(), key=lambda one: _number(one[0]), reverse=True)[:limit]
        return tuple(replace(_RECORD.decode(raw), id=name) for name, raw in newest)

    async def forget(self, address: str) -> None:
        """Killed in between, a record stands in both places, and the one that was changed is read."""
        gone, last = _Gone(address), "-"
        full = await self._scripts.ask("XLEN", self._key) >= KEPT
        first = await self._scripts.ask("XRANGE", self._key, "-", "+", "COUNT", 1)
        for name, raw in (await self._forgotten()).items():
            if full and _older(name, text(first[0][0])):
                await self._scripts.remove("HDEL", self._changed, name)  # it would have left the list by now
            else:
                await self._change(name, raw, gone)
        while rows := await self._scripts.ask("XRANGE", self._key, last, "+", "COUNT", PAGE):
            for name, fields in rows:
                await self._change(text(name), fields[b"r"], gone)
            last = f"({text(rows[-1][0])}"

    async def _change(self, name: str, raw: bytes, gone: "_Gone") -> None:
        record = _RECORD.decode(raw)
        left = gone.record(record)
        if left != record:
            with translated():
                await self._scripts.client.hset(self._changed, name, msgspec.json.encode(left))
            await self._scripts.remove("XDEL", self._key, name)

    async def _forgotten(self) -> dict[str, bytes]:
        return {text(name): raw for name, raw in (await self._scripts.ask("HGETALL", self._changed)).items()}


class _Gone:
    """An audit record without a person. In words, only what can be nothing else is taken for the address: what has an
    @, and what stands behind the bar in a reader's id.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        bounded = r"(?<![\w.+-]){}(?![\w-]|\.\w)" if "@" in address else r"(?<=\|){}(?!\w)"
        self._part = re.compile(bounded.format(re.escape(address)), re.IGNORECASE)

    def record(self, of: AuditRecord) -> AuditRecord:
        before, after = self._values(of.before), self._values(of.after)
        return replace(of, who=self._text(of.who), subject=self._text(of.subject), before=before, after=after)

    def _values(self, of: Mapping[str, str]) -> Mapping[str, str]:
        return {name: self._text(value) for name, value in of.items()}

    def _text(self, text: str) -> str:
        return FORGOTTEN if acted(text, self._address) else self._part.sub(FORGOTTEN, text)


def _number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("-"))


def _older(name: str, other: str) -> bool:
    return _number(name) < _number(other)
