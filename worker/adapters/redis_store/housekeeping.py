"""What the housekeeping asks of the ledger: a few runs at a time, what may still be compared with, what goes."""

from collections.abc import Sequence
from datetime import datetime

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import text, to_ms
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.delivery import Baseline
from worker.domain.run import Run
from worker.ports import SweepResult

DAY = 86_400_000


class Chores:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def chores(self, limit: int, pause: float) -> SweepResult | None:
        answer = await self._scripts.run("chores", {"limit": limit, "pause": round(pause * 1000)})
        if answer == LOST:
            return None
        rows = await self._rows([text(key) for key in answer[0]])
        renamed = await self._scripts.ask("HGETALL", keys.single(self._scripts.prefix, "renamed"))
        named = {run.key.schedule: codec.text(renamed.get(run.key.schedule.encode())) for run in rows}
        return SweepResult(tuple((named[run.key.schedule] or run.key.schedule, run) for run in rows), bool(answer[1]))

    async def runs_between(self, schedule: str, start: datetime, end: datetime, limit: int) -> tuple[Run, ...]:
        key = keys.index(self._scripts.prefix, "runs", schedule)
        found = await self._scripts.ask("ZRANGEBYSCORE", key, to_ms(start), f"({to_ms(end)}", "LIMIT", 0, limit)
        return await self._rows([text(name) for name in found])

    async def floor(self, schedule: str, since: datetime) -> datetime | None:
        prefix, client = self._scripts.prefix, self._scripts.client
        held = await self._scripts.ask("HVALS", keys.baseline(prefix, schedule))
        slots = [b.slot for raw in held for b in codec.baselines(raw).values() if b.slot >= since]
        waiting = await self._scripts.ask("ZRANGE", keys.index(prefix, "open", schedule), 0, -1)
        with translated():
            async with client.pipeline(transaction=False) as asked:
                for run in waiting:
                    asked.hvals(keys.pairs(prefix, text(run)))
                pairs = await asked.execute()
        slots += [b.slot for of_run in pairs for raw in of_run for b in _baselines(raw)]
        return min(slots, default=None)

    async def drop(self, key: str, floor: datetime) -> bool:
        return bool(await self._scripts.run("drop", {"key": key, "floor": to_ms(floor)}))

    async def end_round(self, missed_before: datetime) -> int:
        """Bundles are found by a scan, which Redis answers in small steps."""
        prefix, found = self._scripts.prefix, []
        with translated():
            async for name in self._scripts.client.scan_iter(match=f"{prefix}:bundle:*", count=500):
                bundle = text(name).removeprefix(f"{prefix}:bundle:")
                if ":" not in bundle:
                    found.append(bundle)
        arguments = {"bundles": found, "missed": to_ms(missed_before), "day": DAY}
        return int(await self._scripts.run("round", arguments))

    async def _rows(self, names: Sequence[str]) -> tuple[Run, ...]:
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as rows:
                for name in names:
                    rows.hgetall(keys.run(self._scripts.prefix, name))
                answers = await rows.execute()
        return tuple(codec.run(name, row) for name, row in zip(names, answers, strict=True) if row)


def _baselines(raw: bytes) -> list[Baseline]:
    return [baseline for baseline in (codec.fixed(raw).compared_with or {}).values() if baseline is not None]
