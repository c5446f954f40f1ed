"""First answers to requests with an idempotency key."""

from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import Scripts
from worker.ports.first_answers import FirstAnswer, Repetition

KEPT = 24 * 3600 * 1000
"""Milliseconds."""

TURN = 30_000
"""Milliseconds for which a process that was killed holds a key."""


class RedisFirstAnswers:
    """Implements worker.ports.FirstAnswers."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def begin(self, key: str, request: str) -> FirstAnswer | Repetition:
        asked = {"key": key, "request": request, "turn": TURN, "keep": KEPT}
        word, *rest = await self._scripts.run("answer_begin", asked)
        if text(word) != "answer":
            return Repetition(text(word))
        status, body = rest
        return FirstAnswer(int(status), text(body) or None)

    async def keep(self, key: str, answer: FirstAnswer) -> None:
        await self._scripts.run("answer_end", {"key": key, "status": answer.status, "body": answer.body})

    async def release(self, key: str) -> None:
        await self._scripts.run("answer_end", {"key": key})
