"""OAuth tokens in Redis, encrypted with a key from the environment, so that Redis alone does not reveal them."""

import json
import secrets
from dataclasses import asdict

from redis.asyncio import Redis

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.sealed import SealedBox
from worker.ports.tokens import Tokens

TURN = 30_000
"""Milliseconds after which another worker may try a renewal that did not end. Longer than one request takes."""

_LEAVE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
"""In one step: between a look and the deletion the turn could lapse."""


class RedisTokens:
    """Implements worker.ports.TokenStore for one account. `key`: 32 bytes in base 64, as in FUNNELBEAT_TOKEN_KEY.

    Raises RequestError for anything else. The text never holds the key.
    """

    def __init__(self, client: Redis, project: str, account_id: str, key: str) -> None:
        self._box = SealedBox(key)
        self._client = client
        self._name = keys.tokens(project, account_id)
        self._turn = f"{self._name}:turn"

    async def load(self) -> Tokens | None:
        """Raises RequestError if the tokens were encrypted with another key. A guess would use up the refresh token."""
        with translated():
            kept = await self._client.get(self._name)
        if kept is None:
            return None
        return Tokens(**json.loads(self._box.open(kept, "tokens")))

    async def save(self, tokens: Tokens) -> None:
        with translated():
            await self._client.set(self._name, self._box.seal(json.dumps(asdict(tokens)).encode()))

    async def begin(self) -> str:
        turn = secrets.token_hex(8)
        with translated():
            return turn if await self._client.set(self._turn, turn, nx=True, px=TURN) else ""

    async def leave(self, turn: str) -> None:
        with translated():
            await self._client.eval(_LEAVE, 1, self._turn, turn)
