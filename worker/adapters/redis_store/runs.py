"""A worker's operations on a run: begin it, renew its lease, hand it over, or leave it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import gap_rows, short, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.notices import request_row
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.subscriptions import entry_text
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import Baseline, BaselineMove, DeliveryKey, Reader
from worker.domain.events import Fact
from worker.domain.notice import NoticeRequest
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Gap
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import BeginResult, FailResult, HandOver, RunLease

COMPARED = ":compared"
STEP = 200
"""Readers whose deliveries one script writes. It blocks Redis for about a millisecond."""


class RedisRuns:
    """Implements worker.ports.RunLedger."""

    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def begin(self, key: RunKey, pid: int) -> BeginResult:
        answer = await self._scripts.run(
            "begin",
            {
                "key": str(key),
                "pid": pid,
                "lease": self._times.ms("run_lease"),
                "republish": self._times.ms("republish"),
            },
        )
        if answer == LOST:
            return BeginResult(None)
        now, flat, more = answer
        if not now:
            return BeginResult(None, facts(more))
        row = codec.fields(flat)
        lease = RunLease(codec.run(key, row), int(row[b"attempt"]), from_ms(now), postponed=bool(more))
        return BeginResult(lease)

    async def beat(self, key: RunKey, attempt: int) -> None:
        await self._scripts.own("beat", key, {**_mine(key, attempt), "lease": self._times.ms("run_lease")})

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        """Every given reader is in the answer, with an empty mapping if it has no baselines."""
        found: dict[Reader, Mapping[str, Baseline]] = {}
        for schedule in {reader.schedule for reader in readers}:
            own = [reader for reader in readers if reader.schedule == schedule]
            key = keys.baseline(self._scripts.prefix, await self._current(schedule))
            rows = await self._scripts.ask("HMGET", key, *(reader.id for reader in own))
            found.update({reader: codec.baselines(row) for reader, row in zip(own, rows, strict=True)})
        return found

    async def baselines_of(self, schedule: str, entry: str) -> Mapping[Reader, Mapping[str, Baseline]]:
        held = await self._scripts.ask("HGETALL", keys.baseline(self._scripts.prefix, await self._current(schedule)))
        ids = {codec.text(reader).partition("|"): raw for reader, raw in held.items()}
        return {Reader(schedule, entry, name[2]): codec.baselines(raw) for name, raw in ids.items() if name[0] == entry}

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        key, client = keys.chain(self._scripts.prefix, await self._current(schedule), query), self._scripts.client
        if since is None:
            return tuple(codec.text(snapshot) for snapshot in await self._scripts.ask("ZREVRANGE", key, 0, 0))
        with translated():
            # Both are read at one instant. A link added in between would otherwise be in neither half.
            async with client.pipeline(transaction=True) as both:
                both.zrevrangebyscore(key, "+inf", f"({to_ms(since)}")
                both.zrevrangebyscore(key, to_ms(since), "-inf", start=0, num=1)
                after, at = await both.execute()
        return tuple(codec.text(snapshot) for snapshot in (*after, *at))

    async def _current(self, schedule: str) -> str:
        """The schedule's id now. A run that began before a rename knows only the old id."""
        return text(await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "renamed"), schedule)) or schedule

    async def deliver(
        self,
        key: RunKey,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[Reader, datetime],
        *,
        supersede: bool = True,
        subscribed: Mapping[Reader, Subscription] | None = None,
        moved: Sequence[BaselineMove] = (),
    ) -> HandOver:
        subscribed = subscribed or {}
        for start in range(0, len(readers), STEP):
            some = [[reader.id, to_ms(expires)] for reader, expires in islice(readers.items(), start, start + STEP)]
            entries = [
                [r.id, entry_text(subscribed[r])] for r in islice(readers, start, start + STEP) if r in subscribed
            ]
            given = {"first": start == 0, "readers": some, "subscribed": entries}
            await self._scripts.own("stage", key, {**_mine(key, attempt), **given})
        arguments: dict[str, Any] = {
            **_mine(key, attempt),
            "slot": to_ms(key.slot),
            "snapshots": json.dumps(dict(snapshots)),
            "gaps": gap_rows(gaps),
            "stored": sorted(set(snapshots.values())),
            "links": [[query, stored] for query, stored in snapshots.items() if not query.endswith(COMPARED)],
            "readers": len(readers),
            "supersede": supersede,
            "moved": [[one.old.id, one.new.id] for one in moved],
            "ended": sorted({one.old.id for one in moved if one.ends}),
            "republish": self._times.ms("republish"),
            "recount": self._times.ms("recount"),
            "keep": self._times.ms("keep"),
        }
        made, more, rows = await self._scripts.own("deliver", key, arguments)
        told = [*facts(rows)]
        while more:  # other clients run between two steps
            more, rows = await self._scripts.run("finish", self._finish(key))
            told += facts(rows)
        return HandOver(tuple(DeliveryKey(key, reader.id) for reader in readers) if made else (), tuple(told))

    def _finish(self, key: RunKey) -> dict[str, Any]:
        return {"key": str(key), "republish": self._times.ms("republish"), "recount": self._times.ms("recount")}

    async def postpone(self, key: RunKey, attempt: int, until: datetime, gaps: Sequence[Gap]) -> None:
        await self._scripts.own("leave", key, {**_mine(key, attempt), "until_": to_ms(until), "gaps": gap_rows(gaps)})

    async def fail(
        self,
        key: RunKey,
        attempt: int,
        reason: Reason,
        sentence: str,
        gaps: Sequence[Gap],
        notice: NoticeRequest | None,
    ) -> FailResult:
        end = {"state": RunState.FAILED, "reason": reason, "sentence": short(sentence, 1000), "gaps": gap_rows(gaps)}
        given = {**_mine(key, attempt), **end, "notice": self._notice(notice)}
        made, told = await self._scripts.own("leave", key, given)
        return FailResult(facts(told), noticed=bool(made))

    async def notify(self, key: RunKey, gaps: Sequence[Gap], notice: NoticeRequest | None) -> bool:
        given = {"key": str(key), "gaps": gap_rows(gaps) if gaps else None, "notice": self._notice(notice)}
        return bool(await self._scripts.run("notify", given))

    def _notice(self, notice: NoticeRequest | None) -> dict[str, Any] | None:
        return None if notice is None else request_row(notice, self._times.ms("notice"))

    async def skip_run(self, key: RunKey, attempt: int, reason: Reason) -> tuple[Fact, ...]:
        end = {"state": RunState.SKIPPED, "reason": reason}
        return facts(await self._scripts.own("leave", key, {**_mine(key, attempt), **end}))


def _mine(key: RunKey, attempt: int) -> dict[str, Any]:
    return {"key": str(key), "attempt": attempt}
