"""What people ask the ledger: rows as they are, nothing is changed."""

import json
from collections.abc import Mapping

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.run import Missed, Run


class Questions:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def run(self, key: str) -> Run | None:
        row = await self._scripts.ask("HGETALL", keys.run(self._scripts.prefix, key))
        return codec.run(key, row) if row else None

    async def runs(self, schedule: str | None, limit: int) -> tuple[Run, ...]:
        prefix, client = self._scripts.prefix, self._scripts.client
        if limit <= 0:
            return ()
        found = await self._scripts.ask("ZREVRANGE", keys.index(prefix, "runs", schedule), 0, limit - 1)
        with translated():
            async with client.pipeline(transaction=False) as rows:
                for key in found:
                    rows.hgetall(keys.run(prefix, codec.text(key)))
                answers = await rows.execute()
        return tuple(codec.run(codec.text(key), row) for key, row in zip(found, answers, strict=True) if row)

    async def missed(self, schedule: str | None, limit: int) -> tuple[Missed, ...]:
        """Newest first, by the last slot of each row."""
        if limit <= 0:
            return ()
        found = await self._scripts.ask("ZREVRANGE", keys.index(self._scripts.prefix, "missed", schedule), 0, limit - 1)
        return tuple(codec.missed(raw) for raw in found)

    async def deliveries(self, run: str) -> tuple[Delivery, ...]:
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

    async def snapshots_of(self, run: str) -> Mapping[str, str]:
        raw = await self._scripts.ask("HGET", keys.run(self._scripts.prefix, run), "snapshots")
        return {} if raw is None else dict(json.loads(raw))
