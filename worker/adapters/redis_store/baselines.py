"""Baselines, as a person looks at them and resets them."""

import json
from collections.abc import Mapping
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.delivery import Baseline, DeliveryKey
from worker.domain.run import RunKey
from worker.errors import RequestError
from worker.ports import HeldBaseline

STEP = 200
"""Readers that are reset in one script: it blocks Redis for some milliseconds."""


class RedisBaselineResets:
    """Keeps worker.ports.BaselineResets."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def held(self, schedule: str) -> tuple[HeldBaseline, ...]:
        flat = await self._scripts.ask("HGETALL", keys.baseline(self._scripts.prefix, schedule))
        return tuple(
            HeldBaseline(text(reader), query, codec.baseline(row) if row[0] else None, codec.reset_at(row))
            for reader, raw in sorted(flat.items())
            for query, row in sorted(json.loads(raw).items())
        )

    async def reset(self, schedule: str, to: Mapping[tuple[str, str], Baseline | None]) -> tuple[DeliveryKey, ...]:
        moves: dict[str, dict[str, Any]] = {}
        for (reader, query), baseline in to.items():
            moves.setdefault(reader, {})[query] = codec.baseline_row(baseline) if baseline else ["", 0, 0]
        snapshots = sorted({baseline.snapshot for baseline in to.values() if baseline is not None})
        going: list[DeliveryKey] = []
        for some in _in_steps(list(moves.items())):
            answer = await self._scripts.run("reset", {"schedule": schedule, "snapshots": snapshots, "moves": some})
            if answer == LOST:
                raise RequestError("an answer to compare with is no longer stored; choose a newer run")
            going += [DeliveryKey(RunKey.parse(text(run)), text(reader)) for run, reader in answer]
        return tuple(going)


def _in_steps(moves: list[tuple[str, dict[str, Any]]]) -> list[list[tuple[str, dict[str, Any]]]]:
    return [moves[at : at + STEP] for at in range(0, len(moves), STEP)]
