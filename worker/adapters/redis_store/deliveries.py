"""What a worker does with a delivery: take it, write the intent, settle it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import from_ms, short, to_ms
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import Baseline, Delivery, DeliveryKey
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.ports import DeliveryLease


class DeliverySide:
    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def delivery(self, key: str) -> Delivery | None:
        named, prefix = DeliveryKey.parse(key), self._scripts.prefix
        raw = await self._scripts.ask("HGET", keys.rows(prefix, named.run), named.reader)
        if raw is None:
            return None
        # Written once and never changed, so that reading it second tells nothing newer.
        pair = await self._scripts.ask("HGET", keys.pairs(prefix, named.run), codec.pair_name(raw) or "")
        return codec.delivery(named, raw, codec.fixed(pair))

    async def hold(self, key: str, pid: int) -> DeliveryLease | None:
        taken = await self._scripts.run("hold", {**_named(key), "pid": pid, "lease": self._lease})
        if taken == LOST:
            return None
        now, raw, pair, current, stopped = taken
        row = codec.delivery(DeliveryKey.parse(key), raw, codec.fixed(pair))
        return DeliveryLease(row, from_ms(now), codec.baselines(current), suspensions=bool(stopped))

    async def skip(self, key: str, reason: Reason, baselines: Mapping[str, Baseline]) -> None:
        await self._settle("skipped", key, reason=reason, baselines=_moves(baselines))

    async def defer(self, key: str, attempt: int, until: datetime, reason: Reason, sentence: str) -> None:
        await self._settle(
            "deferred", key, attempt=attempt, at=to_ms(until), reason=reason, sentence=short(sentence, 1000)
        )

    async def intend(  # noqa: PLR0913  # one write fixes all that a message follows from
        self,
        key: str,
        part: int,
        parts: int,
        sha256: str,
        date: datetime,
        compared_with: Mapping[str, Baseline | None],
        *,
        attempt: int = 0,
        why_first: Mapping[str, Reason] | None = None,
        version: str = "",
    ) -> int:
        intent = {"attempt": attempt, "part": part, "parts": parts, "sha": sha256, "date": to_ms(date)}
        known = {
            "pair": codec.fixed_row(codec.DecisionRecord(compared_with, why_first or {}, version)),
            "past": sorted({baseline.snapshot for baseline in compared_with.values() if baseline is not None}),
            "keep": self._times.ms("keep"),
            "version": version or None,
        }
        arguments = {**_named(key), **intent, **known, "lease": self._lease}
        return int(await self._scripts.own("intend", key, arguments))

    async def check(self, key: str, attempt: int) -> None:
        await self._scripts.own("check", key, {**_named(key), "attempt": attempt, "lease": self._lease})

    async def handed_over(self, key: str, attempt: int, part: int, receipt: str) -> None:
        done = {"attempt": attempt, "part": part, "receipt": short(receipt), "lease": self._lease}
        await self._scripts.own("handed_over", key, {**_named(key), **done})

    async def sent(
        self,
        key: str,
        attempt: int,
        receipt: str,
        baselines: Mapping[str, Baseline],
        *,
        reason: Reason | None = None,
    ) -> None:
        told = {"attempt": attempt, "receipt": short(receipt), "reason": reason}
        await self._settle("sent", key, **told, baselines=_moves(baselines))

    async def unsent(self, key: str, attempt: int, expires: datetime) -> None:
        await self._settle("unsent", key, attempt=attempt, expires=to_ms(expires), reason=Reason.SETTLED)

    async def retry(self, run: str, readers: Mapping[str, datetime]) -> tuple[str, ...]:
        arguments = {
            "run": run,
            "slot": to_ms(RunKey.parse(run).slot),
            "readers": [[reader, to_ms(expires)] for reader, expires in readers.items()],
            "republish": self._times.ms("republish"),
        }
        return tuple(str(DeliveryKey(run, codec.text(r))) for r in await self._scripts.run("retry", arguments))

    async def lift(self, subjects: Sequence[str]) -> None:
        if subjects:
            with translated():
                await self._scripts.client.hdel(keys.single(self._scripts.prefix, "suspended"), *subjects)

    async def refuse(self, key: str, attempt: int, reason: Reason, sentence: str, *, failed: bool = False) -> None:
        event = "failed" if failed else "refused"
        await self._settle(event, key, attempt=attempt, reason=reason, sentence=short(sentence, 1000))

    async def uncertain(self, key: str, attempt: int, sentence: str, again_at: datetime) -> None:
        """Also from unknown, where it cannot be found out yet: looked at again at `again_at`."""
        await self._settle("unknown", key, attempt=attempt, sentence=short(sentence, 1000), at=to_ms(again_at))

    async def resolve(self, key: str, attempt: int, *, duplicate: bool, reason: Reason) -> bool:
        """False: it was sent once more before, and twice is the most."""
        return bool(await self._settle("resolved", key, attempt=attempt, duplicate=duplicate, reason=reason))

    async def count_repeat(self, key: str, part: int, receipt: str) -> None:
        await self._scripts.run("repeat", {**_named(key), "part": part, "receipt": short(receipt)})

    async def keep_unknown(self, key: str, attempt: int) -> None:
        await self._settle("held", key, attempt=attempt)

    async def pace(self, lane: str, seconds: float) -> float:
        arguments = {"lane": lane, "every": ceil(seconds * 1000), "patience": self._times.ms("patience")}
        wait: int = await self._scripts.run("pace", arguments)
        return wait / 1000

    async def suspend(self, subject: str, sentence: str) -> bool:
        with translated():
            key = keys.single(self._scripts.prefix, "suspended")
            return bool(await self._scripts.client.hsetnx(key, subject, short(sentence, 1000)))

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        if not subjects:
            return {}
        found = await self._scripts.ask("HMGET", keys.single(self._scripts.prefix, "suspended"), *subjects)
        return {s: codec.text(why) for s, why in zip(subjects, found, strict=True) if why is not None}

    @property
    def _lease(self) -> int:
        return self._times.ms("delivery_lease")

    async def _settle(self, event: str, key: str, **arguments: Any) -> int:
        given = {**_named(key), "event": event, "republish": self._times.ms("republish"), **arguments}
        return int(await self._scripts.own("settle", key, given))


def _named(key: str) -> dict[str, str]:
    parsed = DeliveryKey.parse(key)
    return {"run": parsed.run, "reader": parsed.reader}


def _moves(baselines: Mapping[str, Baseline]) -> dict[str, list[Any]]:
    return {query: codec.baseline_row(baseline) for query, baseline in baselines.items()}
