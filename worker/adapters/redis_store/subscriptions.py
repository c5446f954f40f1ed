"""Subscriptions that were added at run time, and the choices of readers: one hash of each for a schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.choices import Choices
from worker.domain.schedule import Subscription
from worker.domain.subscription import Choice, Preference, SubscriptionRecord
from worker.domain.time.epoch import from_ms, to_ms
from worker.errors import ClaimLost
from worker.ports import Said

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Stored:
    """`expires_ms` is for scripts, which do not read the record."""

    record: SubscriptionRecord
    expires_ms: int | None = None
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class _Said(Preference):
    """Until `for_copies` was kept, a preference stopped copies too."""

    for_copies: bool = True


_ENTRY = msgspec.json.Decoder(Subscription)
_RECORD = msgspec.json.Decoder(_Stored)
_CHOICES = msgspec.json.Decoder(Choices)
_PREFERENCE = msgspec.json.Decoder(_Said)


class RedisSubscriptions:
    """Keeps worker.ports.Subscriptions."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def records(self, schedule: str) -> tuple[SubscriptionRecord, ...]:
        key = keys.subscriptions(self._scripts.prefix, await self.current(schedule))
        held = await self._scripts.ask("HGETALL", key)
        ended = await self._scripts.ask("HGETALL", f"{key}:ended") if held else {}
        found = [_record(raw, ended.get(reader), schedule) for reader, raw in held.items()]
        return tuple(sorted(found, key=lambda record: record.entry.id))

    async def schedules(self) -> tuple[str, ...]:
        found = set()
        for kind in ("subscriptions", "preferences", "choices"):
            async for name in self._scripts.names(f"{kind}:*"):
                found.add(name.removeprefix(f"{kind}:").removesuffix(":ended"))
        return tuple(sorted(found))

    async def add(self, record: SubscriptionRecord) -> bool:
        expires = to_ms(record.expires) if record.expires is not None else None
        given = {
            "schedule": record.schedule,
            "entry": record.entry.id,
            "reader": record.reader.id,
            "record": msgspec.json.encode(_Stored(record, expires)).decode(),
        }
        return bool(await self._scripts.run("subscribe", given))

    async def remove(self, schedule: str, entry: str) -> bool:
        return bool(await self._scripts.run("unsubscribe", {"schedule": schedule, "entry": entry}))

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        key = keys.preferences(self._scripts.prefix, await self.current(schedule))
        held = await self._scripts.ask("HGETALL", key)
        return {text(reader): preference_of(raw) for reader, raw in held.items()}

    async def said_of(self, schedule: str, readers: Sequence[str]) -> Said:
        found = await self._scripts.run("said", {"schedule": schedule, "readers": list(readers)})
        preferences, ids = (dict(zip(flat[::2], flat[1::2], strict=True)) for flat in found)
        return Said(
            {text(reader): preference_of(raw) for reader, raw in preferences.items()},
            {text(old): text(new) for old, new in ids.items()},
        )

    async def prefer(self, schedule: str, reader: str, preference: Preference) -> bool:
        words = msgspec.json.encode(preference).decode()
        given = {"schedule": schedule, "reader": reader, "preference": words, "choice": str(preference.choice)}
        changed = await self._scripts.run("prefer", given)
        if changed == LOST:
            raise ClaimLost(f"{schedule}, {reader}")
        return bool(changed)

    async def clear(self, schedule: str, reader: str, choice: Choice) -> bool:
        given = {"schedule": schedule, "reader": reader, "choice": str(choice)}
        return bool(await self._scripts.run("prefer", given))

    async def stop_all(self, readers: Sequence[tuple[str, str]], preference: Preference) -> None:
        words = msgspec.json.encode(preference).decode()
        await self._scripts.run("stop_all", {"readers": [list(one) for one in readers], "preference": words})

    async def choices(self, schedule: str) -> Mapping[str, Choices]:
        key = keys.choices(self._scripts.prefix, await self.current(schedule))
        held = await self._scripts.ask("HGETALL", key)
        return {text(reader): _CHOICES.decode(raw) for reader, raw in held.items()}

    async def choose(self, schedule: str, reader: str, choices: Choices) -> None:
        words = msgspec.json.encode(choices).decode() if choices.any else None
        await self._scripts.run("choose", {"schedule": schedule, "reader": reader, "choices": words})

    async def current(self, schedule: str) -> str:
        return text(await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "renamed"), schedule)) or schedule

    async def continued(self, schedule: str) -> Mapping[str, str]:
        key = keys.continued(self._scripts.prefix, await self.current(schedule))
        return {text(old): text(new) for old, new in (await self._scripts.ask("HGETALL", key)).items()}


def entry_text(entry: Subscription) -> str:
    return msgspec.json.encode(entry).decode()


def entry_of(raw: bytes) -> Subscription:
    return _ENTRY.decode(raw)


def preference_of(raw: bytes) -> Preference:
    said = _PREFERENCE.decode(raw)
    return Preference(said.choice, said.origin, said.by, said.at, said.until, said.for_copies)


def _record(raw: bytes, ended: bytes | None, schedule: str) -> SubscriptionRecord:
    """Under the id by which its schedule was asked for."""
    record, over = _RECORD.decode(raw).record, _instant(ended)
    return replace(record, schedule=schedule, ended_at=over)


def _instant(ms: bytes | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
