"""Read-only questions to the ledger."""

import json
from collections.abc import Mapping, Sequence

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.subscriptions import entry_of
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.missed import MissedRow, SinceRun
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Subscription
from worker.errors import NotFound

NEWEST = 3
"""Runs among which the one before a run is looked for: one on demand may be newer."""


class RedisLookups:
    """Implements worker.ports.Lookups."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def run(self, key: RunKey) -> Run | None:
        row = await self._scripts.ask("HGETALL", keys.run(self._scripts.prefix, key))
        return codec.run(key, row) if row else None

    async def runs(self, schedule: str | None, limit: int, before: str = "") -> tuple[Run, ...]:
        """Those of several schedules that are asked for at once take two round trips."""
        prefix = self._scripts.prefix
        if limit <= 0:
            return ()
        index = keys.index(prefix, "runs", schedule)
        first = await self._behind(index, before) if before else 0
        names = await self._scripts.ask("ZREVRANGE", index, first, first + limit - 1)
        found = [RunKey.parse(codec.text(name)) for name in names]
        rows = await self._scripts.ask_each([("HGETALL", keys.run(prefix, key)) for key in found])
        return tuple(codec.run(key, row) for key, row in zip(found, rows, strict=True) if row)

    async def _behind(self, index: str, before: str) -> int:
        place = await self._scripts.ask("ZREVRANK", index, before)
        if place is None:
            raise NotFound(f"no run {before!r} to go on from: begin with the first page")
        return int(place) + 1

    async def missed(self, schedule: str | None, limit: int) -> tuple[MissedRow, ...]:
        """Newest first, by the last slot of each row."""
        if limit <= 0:
            return ()
        found = await self._scripts.ask("ZREVRANGE", keys.index(self._scripts.prefix, "missed", schedule), 0, limit - 1)
        return tuple(codec.missed(raw) for raw in found)

    async def since(self, run: RunKey, missed: int, subjects: Sequence[str]) -> SinceRun:
        given = {"schedule": run.schedule, "runs": NEWEST, "missed": missed, "subjects": list(subjects)}
        runs, rows, told = await self._scripts.run("since", given)
        known = [(RunKey.parse(codec.text(name)), expired) for name, expired in runs]
        before, expired = next(((key, number) for key, number in known if key.slot < run.slot), (None, 0))
        return SinceRun(before, expired, tuple(map(codec.missed, rows)), frozenset(map(codec.text, told)))

    async def delivery(self, key: DeliveryKey) -> Delivery | None:
        prefix = self._scripts.prefix
        raw = await self._scripts.ask("HGET", keys.rows(prefix, key.run), key.reader)
        if raw is None:
            return None
        # Pairs never change once written, so reading them second returns nothing newer than the rows.
        pair = await self._scripts.ask("HGET", keys.pairs(prefix, key.run), codec.pair_name(raw) or "")
        return codec.delivery(key, raw, codec.fixed(pair))

    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        """Sorted by reader."""
        prefix, client = self._scripts.prefix, self._scripts.client
        with translated():
            async with client.pipeline(transaction=True) as both:
                both.hgetall(keys.rows(prefix, run))
                both.hgetall(keys.pairs(prefix, run))
                rows, pairs = await both.execute()
        fixed = {codec.text(name): codec.fixed(raw) for name, raw in pairs.items()} | {"": codec.DecisionRecord()}
        return tuple(
            codec.delivery(DeliveryKey(run, codec.text(reader)), raw, fixed[codec.pair_name(raw) or ""])
            for reader, raw in sorted(rows.items())
        )

    async def subscribed(self, run: RunKey) -> Mapping[str, Subscription]:
        held = await self._scripts.ask("HGETALL", keys.subscribed(self._scripts.prefix, run))
        return {codec.text(reader): entry_of(raw) for reader, raw in held.items()}

    async def snapshots_of(self, run: RunKey) -> Mapping[str, str]:
        raw = await self._scripts.ask("HGET", keys.run(self._scripts.prefix, run), "snapshots")
        return {} if raw is None else dict(json.loads(raw))
