"""Removes data from the ledger: a few runs at a time by retention, and a person on request."""

import json
from collections.abc import Sequence
from datetime import datetime

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.access import RedisAudit
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.event_stream import RedisEventStream
from worker.adapters.redis_store.event_webhooks import RedisEventWebhooks
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.forget_authors import forget_authors
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.address import comparable
from worker.domain.delivery import Baseline
from worker.domain.events import Fact
from worker.domain.run import Run, RunKey
from worker.domain.time.epoch import to_ms
from worker.ports import Expired, SweepResult

DAY = 86_400_000
MONTH = 35 * DAY
FORGOTTEN = "it named an address that was forgotten on request"


class RedisUpkeep:
    """Implements worker.ports.Upkeep."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._events = RedisEventStream(scripts)
        self._webhooks = RedisEventWebhooks(scripts)
        self._audit = RedisAudit(scripts)

    async def next_batch(self, limit: int, pause: float) -> SweepResult | None:
        answer = await self._scripts.run("next_batch", {"limit": limit, "pause": round(pause * 1000)})
        if answer == LOST:
            return None
        rows = await self._rows(answer[0])
        renamed = await self._scripts.ask("HGETALL", keys.single(self._scripts.prefix, "renamed"))
        named = {run.key.schedule: codec.text(renamed.get(run.key.schedule.encode())) for run in rows}
        return SweepResult(tuple((named[run.key.schedule] or run.key.schedule, run) for run in rows), bool(answer[1]))

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        key = keys.index(self._scripts.prefix, "runs", schedule)
        found = await self._scripts.ask("ZRANGEBYSCORE", key, to_ms(start), f"({to_ms(end)}", "LIMIT", 0, limit)
        return await self._rows(found)

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        prefix, client = self._scripts.prefix, self._scripts.client
        held = await self._scripts.ask("HVALS", keys.baseline(prefix, schedule))
        slots = [b.slot for raw in held for b in codec.baselines(raw).values() if b.slot >= since]
        waiting = await self._scripts.ask("ZRANGE", keys.index(prefix, "open", schedule), 0, -1)
        with translated():
            async with client.pipeline(transaction=False) as asked:
                for run in waiting:
                    asked.hvals(keys.pairs(prefix, RunKey.parse(text(run))))
                pairs = await asked.execute()
        slots += [b.slot for of_run in pairs for raw in of_run for b in _baselines(raw)]
        return min(slots, default=None)

    async def drop(self, key: RunKey, floor: datetime) -> bool:
        return bool(await self._scripts.run("drop", {"key": str(key), "floor": to_ms(floor)}))

    async def end_round(self, missed_before: datetime) -> int:
        """Finds bundles with SCAN, which Redis answers in small steps."""
        prefix, found = self._scripts.prefix, []
        with translated():
            async for name in self._scripts.client.scan_iter(match=f"{prefix}:bundle:*", count=500):
                bundle = text(name).removeprefix(f"{prefix}:bundle:")
                if ":" not in bundle:
                    found.append(bundle)
        arguments = {"bundles": found, "missed": to_ms(missed_before), "day": DAY, "month": MONTH}
        return int(await self._scripts.run("round", arguments))

    async def forget_reader(self, address: str) -> Expired:
        """Compares addresses without regard to upper and lower case. Raises LedgerUnavailable."""
        prefix, wanted = self._scripts.prefix, comparable(address)
        baselines = 0
        async for name in self._scripts.names("baseline:*"):
            baselines += await self._cut(f"{prefix}:{name}", "|", wanted)
        for kind in ("unclear:*", "returned:*", "continued:*"):
            async for name in self._scripts.names(kind):
                await self._cut(f"{prefix}:{name}", "|", wanted)
        deliveries, ends = 0, list[Fact]()
        for name in await self._scripts.ask("ZRANGE", keys.single(prefix, "runs"), 0, -1):
            run = RunKey.parse(text(name))
            fields = await self._scripts.ask("HKEYS", keys.rows(prefix, run))
            readers = [text(reader) for reader in fields if await self._concerns(run, text(reader), wanted)]
            if readers:
                gone, rows = await self._scripts.run("forget", {"run": str(run), "readers": readers})
                deliveries += gone
                ends += facts(rows)
            await self._unname(run, wanted)
        suspensions = await self._cut(keys.single(prefix, "suspended"), " ", wanted)
        await self._cut(keys.single(prefix, "notices"), " ", wanted)
        await self._events.forget(wanted)
        await self._webhooks.forget(wanted)
        await self._audit.forget(wanted)
        await forget_authors(self._scripts, wanted)
        return Expired(baselines, deliveries, suspensions, tuple(ends))

    async def _unname(self, run: RunKey, wanted: str) -> None:
        """The deliveries of other readers that name the address, as one of `cc` that got no copy."""
        held = await self._scripts.ask("HGETALL", keys.rows(self._scripts.prefix, run))
        naming = [text(reader) for reader, raw in held.items() if wanted in _sentence(raw)]
        if naming:
            await self._scripts.run("unname", {"run": str(run), "readers": naming, "words": FORGOTTEN})

    async def _concerns(self, run: RunKey, reader: str, wanted: str) -> bool:
        """Whether a delivery is the reader's, or a notice that tells of the reader."""
        if _ends(reader, "|", wanted):
            return True
        if not reader.startswith(("operator|", "operator/")):
            return False
        raw = await self._scripts.ask("HGET", keys.rows(self._scripts.prefix, run), reader)
        told = codec.notice(run, json.loads(raw[1:]).get("i")) if raw else None
        return told is not None and wanted in comparable(str(told))

    async def _cut(self, key: str, before: str, wanted: str) -> int:
        """Deletes the fields of a hash that end with `before` and the address."""
        fields = [f for f in await self._scripts.ask("HKEYS", key) if _ends(text(f), before, wanted)]
        if not fields:
            return 0
        with translated():
            return int(await self._scripts.client.hdel(key, *(text(field) for field in fields)))

    async def _rows(self, names: Sequence[bytes]) -> tuple[Run, ...]:
        found = [RunKey.parse(text(name)) for name in names]
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as rows:
                for key in found:
                    rows.hgetall(keys.run(self._scripts.prefix, key))
                answers = await rows.execute()
        return tuple(codec.run(key, row) for key, row in zip(found, answers, strict=True) if row)


def _baselines(raw: bytes) -> list[Baseline]:
    return [baseline for baseline in (codec.fixed(raw).compared_with or {}).values() if baseline is not None]


def _sentence(raw: bytes) -> str:
    return comparable(str(json.loads(raw[1:]).get("m", "")))


def _ends(field: str, before: str, wanted: str) -> bool:
    return comparable(field.split(before, 1 if before == "|" else 2)[-1]) == wanted
