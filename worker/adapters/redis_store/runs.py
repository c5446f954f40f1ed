"""A worker's operations on a run: begin it, renew its lease, hand it over, or leave it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.alert_changes import stage
from worker.adapters.redis_store.codec import gap_rows, short, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.notices import request_row
from worker.adapters.redis_store.scripts import AGAIN, LOST, Scripts
from worker.adapters.redis_store.subscriptions import entry_text
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import Baseline, BaselineMove, DeliveryKey, Reader, plain_id
from worker.domain.events import Fact
from worker.domain.notice import NoticeEnd, NoticeRequest
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Gap
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import AlertChanges, BeginResult, CancelResult, FailResult, HandOver, RunLease

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

    async def beat(self, key: RunKey, attempt: int) -> bool:
        lease = self._times.ms("run_lease")
        return bool(await self._scripts.own("beat", key, {**_mine(key, attempt), "lease": lease}))

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

    async def deliver(  # noqa: PLR0913  # one write begins everything that follows from the run's answers
        self,
        key: RunKey,
        attempt: int,
        snapshots: Mapping[str, str],
        gaps: Sequence[Gap],
        readers: Mapping[Reader, datetime],
        *,
        supersede: bool = True,
        subscribed: Mapping[Reader, Subscription] | None = None,
        alerts: AlertChanges | None = None,
        moved: Sequence[BaselineMove] = (),
    ) -> HandOver:
        told, given = await self._staged(key, alerts)
        rows = [[reader.id, to_ms(expires)] for reader, expires in readers.items()] + told
        await self._stage_rows(key, attempt, rows, {r.id: one for r, one in (subscribed or {}).items()})
        arguments: dict[str, Any] = {
            **_mine(key, attempt),
            "slot": to_ms(key.slot),
            "snapshots": json.dumps(dict(snapshots)),
            "gaps": gap_rows(gaps),
            "stored": sorted(set(snapshots.values())),
            "links": [[query, stored] for query, stored in snapshots.items() if not query.endswith(COMPARED)],
            "readers": len(rows),
            "supersede": supersede,
            "moved": [[one.old.id, one.new.id] for one in moved],
            "ended": sorted({one.old.id for one in moved if one.ends}),
            "republish": self._times.ms("republish"),
            "recount": self._times.ms("recount"),
            "keep": self._times.ms("keep"),
            "alerts": given,
        }
        answer = await self._scripts.own("deliver", key, arguments)
        if answer == AGAIN:
            return HandOver((), again=True)
        made, more, ends = answer
        found = [*facts(ends)]
        while more:  # other clients run between two steps
            more, ends = await self._scripts.run("finish", self._finish(key))
            found += facts(ends)
        return HandOver(tuple(DeliveryKey(key, row[0]) for row in rows) if made else (), tuple(found))

    async def _stage_rows(
        self, key: RunKey, attempt: int, rows: Sequence[Sequence[Any]], subscribed: Mapping[str, Subscription]
    ) -> None:
        for start in range(0, len(rows), STEP):
            some = rows[start : start + STEP]
            names = dict.fromkeys(plain_id(row[0]) for row in some)
            entries = [[name, entry_text(subscribed[name])] for name in names if name in subscribed]
            given = {"first": start == 0, "readers": some, "subscribed": entries}
            await self._scripts.own("stage", key, {**_mine(key, attempt), **given})

    async def _staged(self, key: RunKey, alerts: AlertChanges | None) -> tuple[list[list[Any]], dict[str, Any] | None]:
        """The rows of notifications, and what scripts are told of the changes."""
        if alerts is None:
            return [], None
        staged = await stage(self._scripts, key, alerts, self._times.ms("notice"))
        return staged.rows, staged.given

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
        alerts: AlertChanges | None = None,
    ) -> FailResult:
        told, changes = await self._staged(key, alerts)
        end = {"state": RunState.FAILED, "reason": reason, "sentence": short(sentence, 1000), "gaps": gap_rows(gaps)}
        words = {"notice": self._notice(notice), "alerts": changes, "told": told, "keep": self._times.ms("keep")}
        answer = await self._scripts.own("leave", key, {**_mine(key, attempt), **end, **words})
        if answer == AGAIN:
            return FailResult((), noticed=False, again=True)
        made, ends = answer
        return FailResult(facts(ends), noticed=bool(made))

    async def notify(
        self,
        key: RunKey,
        gaps: Sequence[Gap],
        notice: NoticeRequest | None,
        alerts: AlertChanges | None = None,
        over: Sequence[str] = (),
    ) -> FailResult:
        told, changes = await self._staged(key, alerts)
        words = {"notice": self._notice(notice), "alerts": changes, "told": told, "keep": self._times.ms("keep")}
        given = {"key": str(key), "gaps": gap_rows(gaps) if gaps else None, "over": list(over), **words}
        made, ends = await self._scripts.run("notify", given)
        return FailResult(facts(ends), noticed=made == 1, again=made == AGAIN)

    async def report_troubles(self, key: RunKey, notices: Sequence[NoticeRequest], ends: Sequence[NoticeEnd]) -> int:
        expires = self._times.ms("notice")
        over = [{"of": one.of, "notice": request_row(one.request, expires)} for one in ends]
        given = {"run": str(key), "notices": [request_row(one, expires) for one in notices], "ends": over}
        return int(await self._scripts.run("trouble", given))

    def _notice(self, notice: NoticeRequest | None) -> dict[str, Any] | None:
        return None if notice is None else request_row(notice, self._times.ms("notice"))

    async def skip_run(self, key: RunKey, attempt: int, reason: Reason) -> tuple[Fact, ...]:
        end = {"state": RunState.SKIPPED, "reason": reason}
        return facts(await self._scripts.own("leave", key, {**_mine(key, attempt), **end}))

    async def cancel(self, key: RunKey) -> CancelResult:
        first, cursor, ended, told = b"", "0", 0, list[Fact]()
        while cursor:
            state, following, some, rows = await self._scripts.run("cancel", {"key": str(key), "cursor": cursor})
            first, cursor = first or state, text(following)
            ended, told = ended + some, [*told, *facts(rows)]
        return CancelResult(RunState(text(first)) if first else None, ended, tuple(told))


def _mine(key: RunKey, attempt: int) -> dict[str, Any]:
    return {"key": str(key), "attempt": attempt}
