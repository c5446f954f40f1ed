"""What a worker does with a run: begin it, keep it, hand it over, or leave it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import from_ms, gap_rows, short, text, to_ms
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import Baseline, DeliveryKey, Reader
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.snapshot.snapshot import Gap
from worker.ports import RunLease

COMPARED = ":compared"
STEP = 200
"""Readers whose deliveries are written in one script: it blocks Redis for about a millisecond."""


class RunSide:
    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def begin(self, key: str, pid: int) -> RunLease | None:
        answer = await self._scripts.run("begin", {"key": key, "pid": pid, "lease": self._times.ms("run_lease")})
        if answer == LOST:
            return None
        row = codec.fields(answer[1])
        return RunLease(codec.run(key, row), int(row[b"attempt"]), from_ms(answer[0]))

    async def beat(self, key: str, attempt: int) -> None:
        await self._scripts.own("beat", key, {**_mine(key, attempt), "lease": self._times.ms("run_lease")})

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        """Every reader asked for is in the answer, one without baselines with an empty mapping."""
        found: dict[Reader, Mapping[str, Baseline]] = {}
        for schedule in {reader.schedule for reader in readers}:
            own = [reader for reader in readers if reader.schedule == schedule]
            key = keys.baseline(self._scripts.prefix, await self._current(schedule))
            rows = await self._scripts.ask("HMGET", key, *(reader.id for reader in own))
            found.update({reader: codec.baselines(row) for reader, row in zip(own, rows, strict=True)})
        return found

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        key, client = keys.chain(self._scripts.prefix, await self._current(schedule), query), self._scripts.client
        if since is None:
            return tuple(codec.text(snapshot) for snapshot in await self._scripts.ask("ZREVRANGE", key, 0, 0))
        with translated():
            # Both from one instant: a link added in between would otherwise stand in neither half.
            async with client.pipeline(transaction=True) as both:
                both.zrevrangebyscore(key, "+inf", f"({to_ms(since)}")
                both.zrevrangebyscore(key, to_ms(since), "-inf", start=0, num=1)
                after, at = await both.execute()
        return tuple(codec.text(snapshot) for snapshot in (*after, *at))

    async def _current(self, schedule: str) -> str:
        """The id that a schedule has now: a run that began before a rename still knows the old one."""
        return text(await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "renamed"), schedule)) or schedule

    async def deliver(
        self,
        key: str,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[str, datetime],
        *,
        supersede: bool = True,
    ) -> tuple[str, ...]:
        for start in range(0, len(readers), STEP):
            some = [[reader, to_ms(expires)] for reader, expires in islice(readers.items(), start, start + STEP)]
            await self._scripts.own("stage", key, {**_mine(key, attempt), "first": start == 0, "readers": some})
        arguments: dict[str, Any] = {
            **_mine(key, attempt),
            "slot": to_ms(RunKey.parse(key).slot),
            "snapshots": json.dumps(dict(snapshots)),
            "gaps": gap_rows(gaps),
            "stored": sorted(set(snapshots.values())),
            "links": [[query, stored] for query, stored in snapshots.items() if not query.endswith(COMPARED)],
            "readers": len(readers),
            "supersede": supersede,
            "republish": self._times.ms("republish"),
            "recount": self._times.ms("recount"),
            "keep": self._times.ms("keep"),
        }
        made, more = await self._scripts.own("deliver", key, arguments)
        while more:  # each step lets other clients in between
            more = await self._scripts.run("finish", self._finish(key))
        if not made:
            return ()
        return tuple(str(DeliveryKey(key, reader)) for reader in readers)

    def _finish(self, key: str) -> dict[str, Any]:
        return {"key": key, "republish": self._times.ms("republish"), "recount": self._times.ms("recount")}

    async def postpone(self, key: str, attempt: int, until: datetime) -> None:
        await self._scripts.own("leave", key, {**_mine(key, attempt), "until_": to_ms(until)})

    async def fail(
        self, key: str, attempt: int, reason: Reason, sentence: str, gaps: Sequence[Gap], notice: str | None
    ) -> str | None:
        end = {"state": RunState.FAILED, "reason": reason, "sentence": short(sentence, 1000), "gaps": gap_rows(gaps)}
        tell = {
            "notice": notice,
            "expires": self._times.ms("notice"),
            "republish": self._times.ms("republish"),
        }
        await self._scripts.own("leave", key, {**_mine(key, attempt), **end, **tell})
        return None if notice is None else str(DeliveryKey(key, notice))

    async def skip_run(self, key: str, attempt: int, reason: Reason) -> None:
        await self._scripts.own("leave", key, {**_mine(key, attempt), "state": RunState.SKIPPED, "reason": reason})


def _mine(key: str, attempt: int) -> dict[str, Any]:
    return {"key": key, "attempt": attempt}
