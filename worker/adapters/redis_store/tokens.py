"""OAuth tokens in Redis, encrypted with a key from the environment, so that Redis alone does not reveal them."""

import json
import secrets
from dataclasses import asdict, fields

from redis.asyncio import Redis

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.sealed import SealedBox
from worker.ports.tokens import Tokens

TURN = 30_000
"""Milliseconds after which another worker may try a renewal that did not end. Longer than one request takes."""

_KNOWN = tuple(field.name for field in fields(Tokens))
_NOT_SAVED = 0
_SAVED = 1


class RedisTokens:
    """Implements worker.ports.TokenStore for one account. `key`: 32 bytes in base 64, as in FUNNELBEAT_TOKEN_KEY.

    Raises RequestError for anything else. The text never holds the key.
    """

    def __init__(self, client: Redis, project: str, account_id: str, key: str) -> None:
        self._box = SealedBox(key)
        self._client = client
        self._scripts = Scripts(client, project)
        self._account = account_id
        self._name = keys.tokens(project, account_id)
        self._turn = f"{self._name}:turn"

    async def load(self) -> Tokens | None:
        """Raises RequestError if the tokens were encrypted with another key. A guess would use up the refresh token."""
        kept = await self._sealed()
        return self._opened(kept) if kept else None

    async def save(self, tokens: Tokens, turn: str) -> bool:
        """Looks and stores until nothing else was stored in between: Redis cannot read what it holds."""
        sealed = self._box.seal(json.dumps(asdict(tokens)).encode()).decode()
        while True:
            kept = await self._sealed()
            held = self._opened(kept).number_beside(tokens) if kept else 0
            if held > tokens.number:
                return False
            fence = None if held < tokens.number else turn
            given = {"account": self._account, "over": kept, "tokens": sealed, "turn": fence}
            answer = await self._scripts.run("tokens_save", given)
            if answer in {_SAVED, _NOT_SAVED}:
                return bool(answer == _SAVED)

    async def begin(self) -> str:
        turn = secrets.token_hex(8)
        with translated():
            return turn if await self._client.set(self._turn, turn, nx=True, px=TURN) else ""

    async def leave(self, turn: str) -> None:
        await self._scripts.run("tokens_leave", {"account": self._account, "turn": turn})

    async def _sealed(self) -> str:
        """Empty if there are none."""
        return text(await self._scripts.ask("GET", self._name))

    def _opened(self, kept: str) -> Tokens:
        """What another version of the program knows of them beside is left out."""
        held = json.loads(self._box.open(kept, "tokens"))
        return Tokens(**{name: held[name] for name in _KNOWN if name in held})
