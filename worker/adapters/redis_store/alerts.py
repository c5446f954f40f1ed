"""The memory of alert rules. Scripts that hand runs over write it: alert_changes.py, lua/deliver.lua, lua/leave.lua."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.alerts_codec import (
    RECORD,
    ack_of,
    ack_text,
    notification_of,
    record_of,
    silence_of,
    silence_text,
    state_of,
)
from worker.adapters.redis_store.codec import DecisionRecord, delivery, fields, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.forget_alerts import forget_alerts
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.standing_alerts import StandingAlerts
from worker.domain.alert.matcher_text import silence_fault
from worker.domain.alert.notification import Notification
from worker.domain.alert.rule import Severity
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, Phase
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.time.epoch import from_ms
from worker.errors import LedgerError, RequestError
from worker.ports import AlertMemory, AlertRecord

T = TypeVar("T")

KEPT = timedelta(days=400)
"""How long a silence is listed after its end."""

WAITING = frozenset({DeliveryState.PENDING, DeliveryState.DEFERRED})
NEVER = frozenset({DeliveryState.REFUSED, DeliveryState.FAILED, DeliveryState.SKIPPED})


class RedisAlerts:
    """Keeps worker.ports.AlertLedger."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._standing = StandingAlerts(scripts)

    async def memory(self, schedule: str) -> AlertMemory:
        """Those of several schedules that are asked for at once take one round trip."""
        now, states, acknowledged = await self._scripts.run("memory", {"schedule": schedule})
        held = fields(states)
        origin = text(held.pop(b"", None)) or text(now)
        readable, faults = _readable(held, state_of)
        known, unclear = _readable(fields(acknowledged), ack_of)
        return AlertMemory(origin, readable, known, faults, unclear)

    async def waiting(self, schedule: str, readers: Sequence[Reader]) -> Mapping[DeliveryKey, Notification]:
        if not readers:
            return {}
        prefix = self._scripts.prefix
        name = keys.index(prefix, "open", await self._current(schedule))
        runs = await self._that_notified(
            [RunKey.parse(text(run)) for run in await self._scripts.ask("ZRANGE", name, 0, -1)]
        )
        wanted = [DeliveryKey(run, reader.id) for run in runs for reader in readers]
        found = [row for row in await self._rows(wanted) if row is not None and _unsent(row)]
        names = {(row.key.run, row.content) for row in found}
        contents = {name: await self.notification(*name) for name in names}
        told = {row.key: contents[row.key.run, row.content] for row in found}
        return {key: one for key, one in told.items() if one is not None}

    async def reached(self, deliveries: Sequence[DeliveryKey]) -> frozenset[DeliveryKey]:
        rows = await self._rows(deliveries)
        return frozenset(key for key, row in zip(deliveries, rows, strict=True) if row is None or _reached(row))

    async def notification(self, run: RunKey, content: str) -> Notification | None:
        raw = await self._scripts.ask("HGET", keys.notifications(self._scripts.prefix, run), f"n:{content}")
        return None if raw is None else notification_of(raw)

    async def record(self, run: RunKey) -> AlertRecord | None:
        raw = await self._scripts.ask("HGET", keys.notifications(self._scripts.prefix, run), RECORD)
        return None if raw is None else record_of(raw)

    async def acknowledge(self, schedule: str, ack: Acknowledgement) -> None:
        key = keys.acks(self._scripts.prefix, await self._current(schedule))
        with translated():
            await self._scripts.client.hset(key, ack.fingerprint, ack_text(ack))

    async def unacknowledge(self, schedule: str, fingerprint: str) -> bool:
        key = keys.acks(self._scripts.prefix, await self._current(schedule))
        return bool(await self._scripts.remove("HDEL", key, fingerprint))

    async def silence(self, silence: Silence) -> None:
        """Those that ended long ago go with it."""
        fault = silence_fault(silence)
        if fault:
            raise RequestError(fault)
        now = await self._now()
        ended = [one.id for one in await self._silences() if one.until < now - KEPT]
        with translated():
            async with self._scripts.client.pipeline(transaction=True) as both:
                if ended:
                    both.hdel(self._key, *ended)
                both.hset(self._key, silence.id, silence_text(silence))
                await both.execute()

    async def expire(self, silence_id: str) -> bool:
        now = await self._now()
        known = next((one for one in await self._silences() if one.id == silence_id), None)
        if known is None or known.until <= now:
            return False
        if known.unreadable:
            return bool(await self._scripts.remove("HDEL", self._key, silence_id))
        ended = replace(known, starts=min(known.starts, now), until=now)
        with translated():
            await self._scripts.client.hset(self._key, silence_id, silence_text(ended))
        return True

    async def silences(self) -> tuple[Silence, ...]:
        now = await self._now()
        kept = (one for one in await self._silences() if one.until >= now - KEPT)
        return tuple(sorted(kept, key=lambda one: (one.starts, one.id)))

    async def standing(self, rules: Mapping[str, Collection[str]]) -> Mapping[tuple[Phase, Severity], int]:
        return await self._standing.counted(rules)

    async def forget(self, what: str) -> int:
        return await forget_alerts(self._scripts, what)

    async def forgotten(self, run: RunKey) -> bool:
        return bool(await self._scripts.ask("HEXISTS", keys.notifications(self._scripts.prefix, run), "forgotten"))

    @property
    def _key(self) -> str:
        return keys.single(self._scripts.prefix, "silences")

    async def _silences(self) -> list[Silence]:
        found = await self._scripts.ask("HGETALL", self._key)
        return [silence_of(text(name), raw) for name, raw in found.items()]

    async def _now(self) -> datetime:
        return from_ms(await self._scripts.run("now", {}))

    async def _that_notified(self, runs: Sequence[RunKey]) -> list[RunKey]:
        """Those that made notifications."""
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as each:
                for run in runs:
                    each.exists(keys.notifications(self._scripts.prefix, run))
                found = await each.execute()
        return [run for run, made in zip(runs, found, strict=True) if made]

    async def _rows(self, wanted: Sequence[DeliveryKey]) -> list[Delivery | None]:
        """In the order asked, in one round trip."""
        if not wanted:
            return []
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as rows:
                for key in wanted:
                    rows.hget(keys.rows(self._scripts.prefix, key.run), key.reader)
                found = await rows.execute()
        return [raw and delivery(key, raw, DecisionRecord()) for key, raw in zip(wanted, found, strict=True)]

    async def _current(self, schedule: str) -> str:
        return text(await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "renamed"), schedule)) or schedule


def _readable(stored: Mapping[bytes, bytes], read: Callable[[bytes], T]) -> tuple[dict[str, T], dict[str, str]]:
    """The records that are understood, by name, and why the others are not."""
    found, faults = dict[str, T](), dict[str, str]()
    for name, raw in stored.items():
        try:
            found[text(name)] = read(raw)
        except LedgerError as error:
            faults[text(name)] = str(error)
    return found, faults


def _unsent(row: Delivery) -> bool:
    """As lua/common.lua `unsent`."""
    begun = any(part.state is DeliveryState.SENT for part in row.parts[:1])
    return row.state in WAITING and not row.resent and not begun


def _reached(row: Delivery) -> bool:
    """One over the cap is named in the message that tells of what was held."""
    return row.state not in NEVER or row.may_have_arrived or row.resent or row.reason is Reason.CAPPED
