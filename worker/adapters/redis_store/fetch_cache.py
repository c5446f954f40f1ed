"""Answers that several runs may share, and the turn to fetch each one. Every question is a hash in Redis.

Turns have increasing numbers, so a worker whose lease lapsed while it was stopped stores nothing.
"""

from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from worker.adapters.redis_store.codec import short, text
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.time.epoch import from_ms, to_ms
from worker.ports import FetchFailed, Hit, Turn

KEEP = 86_400_000
"""Milliseconds: the lifetime of a snapshot that no run holds."""


class RedisFetchCache:
    """Implements worker.ports.FetchCache. `lease` in seconds: without a heartbeat for this time, another worker may
    take over the turn.
    """

    def __init__(self, client: Redis, project: str, lease: float = 15.0) -> None:
        self._scripts = Scripts(client, project)
        self._lease = max(1, round(lease * 1000))

    async def look(
        self, key: str, since: datetime, age: float, waited: float, *, urgent: bool = False
    ) -> Hit | FetchFailed | Turn | None:
        arguments = {
            "key": key,
            "since": to_ms(since),
            "age": round(age * 1000),
            "waited": round(waited * 1000),
            "urgent": urgent,
            "lease": self._lease,
            "keep": KEEP,
        }
        match await self._scripts.run("share_look", arguments):
            case [b"kept", begun, snapshot, compared]:
                return Hit(from_ms(int(begun)), text(snapshot), text(compared) or None)
            case [b"failed", reason, sentence, retry]:
                return FetchFailed(text(reason), text(sentence), float(retry) if retry else None)
            case [b"lead", begun, turn]:
                return Turn(from_ms(int(begun)), int(turn))
        return None

    async def beat(self, key: str, token: int) -> bool:
        return await self._end(key, token, {"lease": self._lease})

    async def put(self, key: str, token: int, outcome: Hit | FetchFailed) -> bool:
        if isinstance(outcome, FetchFailed):
            told = {"reason": outcome.reason, "sentence": short(outcome.sentence, 1000), "retry": outcome.retry_after}
            return await self._end(key, token, told)
        kept = {"begun": to_ms(outcome.begun), "snapshot": outcome.snapshot, "compared": outcome.compared}
        return await self._end(key, token, kept)

    async def leave(self, key: str, token: int) -> None:
        await self._end(key, token, {})

    async def _end(self, key: str, token: int, outcome: dict[str, Any]) -> bool:
        if not token:
            return False  # a fetch outside the cache has no turn to end
        return bool(await self._scripts.run("share_end", {"key": key, "turn": token, "keep": KEEP, **outcome}))
