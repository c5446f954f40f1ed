"""A worker's operations on a delivery: take it, write the intent, settle it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from worker.adapters.redis_store import codec, keys
from worker.adapters.redis_store.codec import short
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.notices import held_row, suspension_row
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.subscriptions import preference_of
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.cap import MOST_HELD, Cap
from worker.domain.delivery import Baseline, DeliveryKey
from worker.domain.events import Fact
from worker.domain.notice import Suspension
from worker.domain.outcome import Deferred, DeliveryFailed, Outcome, Pending, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import DeliveryLease, HoldResult, InForce, TakenOver

_COPIES = 10_000
"""Characters: the address of each copy that a mail may have, with what the server said."""


class RedisDeliveries:
    """Implements worker.ports.DeliveryLedger."""

    def __init__(self, scripts: Scripts, times: LeaseTimes) -> None:
        self._scripts = scripts
        self._times = times

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        taken = await self._scripts.run("hold", {**_named(key), "pid": pid, "lease": self._lease})
        if taken == LOST:
            return HoldResult(None)
        if not taken[0]:
            return HoldResult(None, facts(taken[1]))
        now, raw, pair, current, stopped, ends, said, there = taken
        row = codec.delivery(key, raw, codec.fixed(pair))
        preference = preference_of(said) if said is not None else None
        lease = DeliveryLease(row, from_ms(now), codec.baselines(current), bool(stopped), preference, _in_force(there))
        return HoldResult(lease, facts(ends))

    async def settle(
        self, key: DeliveryKey, attempt: int, outcome: Outcome, suspension: Suspension | None = None
    ) -> tuple[Fact, ...]:
        times = {"republish": self._times.ms("republish"), "lease": self._lease}
        given = {**_named(key), "attempt": attempt, **times, **_event(outcome)}
        if suspension is not None:
            given["suspend"] = suspension_row(suspension, self._times.ms("notice"))
        return facts(await self._scripts.own("settle", key, given))

    async def suspend(self, run: RunKey, suspension: Suspension) -> tuple[Fact, ...]:
        given = {"run": str(run), "suspend": suspension_row(suspension, self._times.ms("notice"))}
        return facts(await self._scripts.run("suspend", given))

    async def intend(  # noqa: PLR0913  # one write stores everything that determines a message
        self,
        key: DeliveryKey,
        part: int,
        parts: int,
        sha256: str,
        date: datetime,
        compared_with: Mapping[str, Baseline | None],
        *,
        attempt: int = 0,
        why_first: Mapping[str, Reason] | None = None,
        version: str = "",
        link_key: str = "",
        left_out: Mapping[int, Reason] | None = None,
        untold: Sequence[int] = (),
    ) -> int:
        intent = {"attempt": attempt, "part": part, "parts": parts, "sha": sha256, "date": to_ms(date)}
        known = {
            "pair": codec.fixed_row(
                codec.DecisionRecord(compared_with, why_first or {}, version, link_key, left_out or {}, tuple(untold))
            ),
            "past": sorted({baseline.snapshot for baseline in compared_with.values() if baseline is not None}),
            "keep": self._times.ms("keep"),
            "version": version or None,
        }
        arguments = {**_named(key), **intent, **known, "lease": self._lease}
        return int(await self._scripts.own("intend", key, arguments))

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        await self._scripts.own("check", key, {**_named(key), "attempt": attempt, "lease": self._lease})

    async def handed_over(
        self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: Mapping[str, Baseline]
    ) -> None:
        done = {"attempt": attempt, "part": part, "receipt": short(receipt), "lease": self._lease}
        done["baselines"] = _moves(moved)
        await self._scripts.own("handed_over", key, {**_named(key), **done})

    async def retry(self, run: RunKey, readers: Mapping[str, datetime]) -> tuple[DeliveryKey, ...]:
        arguments = {
            "run": str(run),
            "slot": to_ms(run.slot),
            "readers": [[reader, to_ms(expires)] for reader, expires in readers.items()],
            "republish": self._times.ms("republish"),
        }
        return tuple(DeliveryKey(run, codec.text(r)) for r in await self._scripts.run("retry", arguments))

    async def lift(self, subjects: Sequence[str]) -> None:
        if subjects:
            with translated():
                await self._scripts.client.hdel(keys.single(self._scripts.prefix, "suspended"), *subjects)

    async def count_repeat(self, key: DeliveryKey, part: int, receipt: str) -> None:
        await self._scripts.run("repeat", {**_named(key), "part": part, "receipt": short(receipt)})

    async def turn(self, subject: str, key: DeliveryKey, cap: Cap, *, always: bool = False) -> datetime | None:
        arguments = {"subject": subject, "delivery": str(key), "messages": cap.messages, "per": cap.per * 1000}
        ends = await self._scripts.run("turn", {**arguments, "always": always or None})
        return from_ms(ends) if ends else None

    async def take_over_held(self, key: DeliveryKey, subject: str) -> TakenOver:
        taken = await self._scripts.run("take_over_held", {**_named(key), "subject": subject, "most": MOST_HELD})
        if taken == LOST:
            return TakenOver()
        return TakenOver(codec.held_digests(json.loads(taken[0])), int(taken[1]), facts(taken[2]))

    async def pace(self, bucket: str, seconds: float, who: str) -> float:
        every, patience = ceil(seconds * 1000), self._times.ms("patience")
        arguments = {"bucket": bucket, "who": who, "every": every, "patience": patience}
        wait: int = await self._scripts.run("pace", arguments)
        return wait / 1000

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        if not subjects:
            return {}
        found = await self._scripts.ask("HMGET", keys.single(self._scripts.prefix, "suspended"), *subjects)
        return {s: codec.text(why) for s, why in zip(subjects, found, strict=True) if why is not None}

    @property
    def _lease(self) -> int:
        return self._times.ms("delivery_lease")


def _named(key: DeliveryKey) -> dict[str, str]:
    return {"run": str(key.run), "reader": key.reader}


def _in_force(found: Sequence[Any]) -> InForce | None:
    bundle, at, schedule, reader, subscribed = found
    if bundle is None:
        return None
    return InForce(codec.text(bundle), from_ms(int(at)), codec.text(schedule), codec.text(reader), bool(subscribed))


def _event(outcome: Outcome) -> dict[str, Any]:
    """The arguments that lua/settle.lua reads."""
    match outcome:
        case Sent(receipt, baselines, reason, missing):
            words = {"receipt": short(receipt), "reason": reason, "sentence": short(missing, _COPIES) or None}
            return {"event": "sent", "baselines": _moves(baselines), **words}
        case Skipped(reason, baselines, held, sentence):
            words = {"reason": reason, "sentence": _sentence(sentence) or None}
            return {"event": "skipped", "baselines": _moves(baselines), **words, "also": held and held_row(held)}
        case Deferred(until, reason, sentence, extends, held_as):
            waits = {"at": to_ms(until), "extends": extends or None, "own": held_as and codec.held_digest_row(held_as)}
            return {"event": "deferred", **waits, "reason": reason, "sentence": _sentence(sentence)}
        case Refused(reason, sentence) | DeliveryFailed(reason, sentence):
            event = "refused" if isinstance(outcome, Refused) else "failed"
            return {"event": event, "reason": reason, "sentence": _sentence(sentence)}
        case Unknown(sentence, again_at):
            return _unknown(sentence, again_at)
        case Pending(reason, expires):
            return _pending(reason, expires)


def _unknown(sentence: str, again_at: datetime | None) -> dict[str, Any]:
    if again_at is None:
        return {"event": "held", "sentence": _sentence(sentence) or None}
    return {"event": "unknown", "at": to_ms(again_at), "sentence": _sentence(sentence)}


def _pending(reason: Reason, expires: datetime | None) -> dict[str, Any]:
    if expires is not None:
        return {"event": "unsent", "reason": reason, "expires": to_ms(expires)}
    return {"event": "resolved", "reason": reason, "duplicate": reason is Reason.POSSIBLE_DUPLICATE}


def _sentence(words: str) -> str:
    return short(words, 1000)


def _moves(baselines: Mapping[str, Baseline]) -> dict[str, list[Any]]:
    return {query: codec.baseline_row(baseline) for query, baseline in baselines.items()}
