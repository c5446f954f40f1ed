"""The clock's part of the ledger: find due slots, claim them, and sweep up abandoned work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import claim_row, fields, missed_row, pause, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import DeliveryKey
from worker.domain.due.pauses import Pause
from worker.domain.events import Fact, RunClaimed
from worker.domain.missed import MissedRow
from worker.domain.run import Claim, RunKey
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import Claimed, Due, SlotClaim, Sweep

ONCE = 24 * 3600
"""Seconds for which an idempotency key names the same run."""

CHUNK = 5000
"""Schedules in one command."""

BATCH = 150
"""Slots per script, which blocks Redis for about 4.5 ms. Each entry is decided separately, so a longer batch can be
several scripts.
"""


class RedisClock:
    """Implements worker.ports.ClockLedger."""

    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def now(self) -> datetime:
        seconds, micros = await self._scripts.ask("TIME")
        return from_ms(seconds * 1000 + micros // 1000)

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        now, flat, held = await self._scripts.run("due", {"limit": limit})
        found = zip(flat[::2], flat[1::2], strict=True)
        paused = fields(held)
        return from_ms(now), tuple(Due(text(name), from_ms(at), pause(paused.get(name))) for name, at in found)

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        told: list[Fact] = []
        for start in range(0, len(batch), BATCH):
            part = batch[start : start + BATCH]
            shared = part[0].bundle
            slots = [_entry(entry, shared) for entry in part]
            _, rows = await self._scripts.run("claim", {**self._by(pid), "bundle": shared or None, "slots": slots})
            told.extend(facts(rows))
        return Claimed(tuple(fact.run for fact in told if isinstance(fact, RunClaimed) and fact.run), tuple(told))

    async def request(
        self, claim: Claim, pid: int, *, missed: MissedRow | None = None, rest: Sequence[MissedRow] = ()
    ) -> bool:
        row = None if missed is None else missed_row(missed.schedule, missed)
        left = [missed_row(part.schedule, part) for part in rest]
        asked = {"slots": [], "request": claim_row(claim), "missed": row, "rest": left}
        created, _ = await self._scripts.run("claim", {**self._by(pid), **asked})
        return bool(created)

    async def pause(self, schedule: str, until: datetime | None) -> None:
        key = keys.single(self._scripts.prefix, "paused")
        with translated():
            await self._scripts.client.hset(key, schedule, str(0 if until is None else to_ms(until)))

    async def resume(self, schedule: str) -> bool:
        return bool(await self._scripts.own("resume", schedule, {"schedule": schedule}))

    async def pauses(self) -> Mapping[str, Pause]:
        held = await self._scripts.ask("HGETALL", keys.single(self._scripts.prefix, "paused"))
        return {text(name): found for name, till in held.items() if (found := pause(till)) is not None}

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        key, found = keys.single(self._scripts.prefix, "due"), {}
        for start in range(0, len(schedules), CHUNK):
            part = schedules[start : start + CHUNK]
            scores = await self._scripts.ask("ZMSCORE", key, *part)
            found.update({name: from_ms(at) for name, at in zip(part, scores, strict=True) if at is not None})
        return found

    async def once(self, name: str, value: str) -> str:
        key, client = keys.once(self._scripts.prefix, name), self._scripts.client
        with translated():
            # Sets the key if it is absent, else reads it. If it expires in between, the next caller sets it again.
            if await client.set(key, value, nx=True, ex=ONCE):
                return value
        return text(await self._scripts.ask("GET", key)) or value

    async def sweep(self, limit: int) -> Sweep:
        """The next tick sweeps again, so a lost answer causes one tick of delay and loses nothing."""
        times = self._times
        runs, deliveries, rows, mailboxes = await self._scripts.run(
            "sweep",
            {
                "limit": limit,
                "republish": times.ms("republish"),
                "recount": times.ms("recount"),
                "lookup": times.ms("lookup_after"),
            },
        )
        return Sweep(
            tuple(RunKey.parse(text(key)) for key in runs),
            tuple(DeliveryKey.parse(text(key)) for key in deliveries),
            facts(rows),
            tuple(text(channel) for channel in mailboxes),
        )

    def _by(self, pid: int) -> dict[str, int]:
        return {"pid": pid, "republish": self._times.ms("republish")}


def _entry(entry: SlotClaim, shared: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "schedule": entry.schedule,
        **({} if entry.bundle == shared else {"bundle": entry.bundle}),
        **({"late": entry.late} if entry.late else {}),
        "expected": to_ms(entry.expected),
        "runs": [claim_row(claim, shared) for claim in entry.runs],
        "missed": [missed_row(entry.schedule, missed) for missed in entry.missed],
        "latest": entry.latest,
    }
    if entry.next_due is not None:
        row["next"] = to_ms(entry.next_due)
    return row
