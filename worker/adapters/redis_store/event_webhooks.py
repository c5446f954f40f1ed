"""Queues of the webhooks of events. A fact is copied into the queue of each webhook that wants it, so that a receiver
that is down for a day loses none when the stream of facts is cut.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.address import comparable
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports.event_webhooks import DeadEvent, FailedTry, WaitingEvent, WebhookState, WebhookTurn

LEASE = 60_000
"""Milliseconds. One try takes much less."""
LONGEST = 10_000
"""Events in one queue."""
KEPT = 1_000
"""Events of one webhook that were given up."""
PAGE = 200


class RedisEventWebhooks:
    """Implements worker.ports.EventWebhooks."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def take(self, name: str, who: str) -> WebhookTurn | None:
        answer = await self._scripts.run("webhook_take", {"name": name, "who": who, "lease": LEASE})
        if answer == LOST:
            return None
        cursor, now, retry_at = answer
        return WebhookTurn(text(cursor), from_ms(now), _instant(retry_at))

    async def add(
        self, name: str, who: str, cursor: str, events: Sequence[tuple[str, bytes]], *, unknown: int = 0
    ) -> None:
        given = [[one, body.decode()] for one, body in events]
        await self._step(name, who, event="added", cursor=cursor, events=given, unknown=unknown)

    async def waiting(self, name: str, limit: int) -> tuple[WaitingEvent, ...]:
        rows = await self._scripts.ask(
            "XRANGE", keys.webhook(self._scripts.prefix, name, "queue"), "-", "+", "COUNT", limit
        )
        return tuple(WaitingEvent(text(e), text(held[b"i"]), held[b"b"], _at(text(held[b"i"]))) for e, held in rows)

    async def failures(self, name: str) -> int:
        return int(await self._scripts.ask("HGET", keys.webhook(self._scripts.prefix, name), "failures") or 0)

    async def sent(self, name: str, who: str, event: WaitingEvent) -> None:
        await self._step(name, who, event="sent", entry=event.entry)

    async def failed(self, name: str, who: str, event: WaitingEvent, failure: FailedTry) -> int:
        return await self._step(
            name,
            who,
            event="failed",
            entry=event.entry,
            sentence=failure.sentence,
            wait=round(failure.wait * 1000),
            given_up=failure.given_up,
            stale=None if failure.stale is None else to_ms(failure.stale),
        )

    async def leave(self, name: str, who: str) -> None:
        await self._step(name, who, event="left")

    async def _step(self, name: str, who: str, **given: Any) -> int:
        arguments = {"name": name, "who": who, "lease": LEASE, "longest": LONGEST, "kept": KEPT, **given}
        return int(await self._scripts.own("webhook_step", f"the webhook {name}", arguments))

    async def states(self, names: Sequence[str]) -> Mapping[str, WebhookState]:
        prefix = self._scripts.prefix
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as each:
                for name in names:
                    each.hgetall(keys.webhook(prefix, name))
                    each.xlen(keys.webhook(prefix, name, "queue"))
                    each.hlen(keys.webhook(prefix, name, "dead"))
                rows = await each.execute()
        return {name: _state(*rows[3 * n : 3 * n + 3]) for n, name in enumerate(names)}

    async def dead(self, name: str, limit: int) -> tuple[DeadEvent, ...]:
        found = await self._scripts.ask("HGETALL", keys.webhook(self._scripts.prefix, name, "dead"))
        rows = sorted((_order(text(one)), text(one), json.loads(raw)) for one, raw in found.items())
        return tuple(DeadEvent(one, _at(one), body.encode(), said) for _, one, (body, said) in rows[:limit])

    async def retry(self, name: str, event: str) -> int:
        wanted = [event] if event else [one.id for one in await self.dead(name, KEPT)]
        parts = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
        return sum([await self._scripts.run("webhook_retry", {"name": name, "ids": part}) for part in parts])

    async def forget(self, wanted: str) -> None:
        """Removes events that name this address, as it is compared, from every queue."""
        async for name in self._scripts.names("webhook:*:queue"):
            await self._forget_waiting(f"{self._scripts.prefix}:{name}", wanted)
        async for name in self._scripts.names("webhook:*:dead"):
            key = f"{self._scripts.prefix}:{name}"
            held = await self._scripts.ask("HGETALL", key)
            gone = [text(one) for one, raw in held.items() if wanted in _words(json.loads(raw)[0])]
            if gone:
                await self._scripts.remove("HDEL", key, *gone)
                await self._scripts.remove("ZREM", f"{key}:order", *gone)

    async def _forget_waiting(self, key: str, wanted: str) -> None:
        last = "-"
        while rows := await self._scripts.ask("XRANGE", key, last, "+", "COUNT", PAGE):
            gone = [text(entry) for entry, held in rows if wanted in _words(held[b"b"])]
            if gone:
                await self._scripts.remove("XDEL", key, *gone)
            last = f"({text(rows[-1][0])}"


def _words(body: bytes | str) -> str:
    """As people write it: JSON may hold escapes."""
    return comparable(json.dumps(json.loads(body), ensure_ascii=False))


def _state(held: Mapping[bytes, bytes], waiting: int, dead: int) -> WebhookState:
    numbers = {name: int(held.get(name.encode(), 0)) for name in ("sent", "lost", "unknown", "failures")}
    return WebhookState(
        waiting, dead, **numbers, trouble=text(held.get(b"trouble")), retry_at=_instant(held.get(b"retry_at"))
    )


def _instant(ms: bytes | None) -> datetime | None:
    return None if ms is None else from_ms(int(float(ms)))


def _at(fact: str) -> datetime:
    return from_ms(int(fact.partition("-")[0]))


def _order(fact: str) -> tuple[int, int]:
    first, _, rest = fact.partition("-")
    return int(first), int(rest)
