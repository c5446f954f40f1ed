"""Secrets of webhooks that were registered at a service, encrypted."""

from collections.abc import Mapping

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.sealed import NAME, SealedBox
from worker.errors import RequestError


class RedisWebhookKeys:
    """Implements worker.ports.webhook_keys.WebhookKeys. `key`: of FUNNELBEAT_TOKEN_KEY, "" without one."""

    def __init__(self, scripts: Scripts, key: str) -> None:
        self._scripts, self._key = scripts, key

    def refuse_without_key(self) -> None:
        self._box()

    async def keep(self, connection: str, webhook: str, secret: str) -> None:
        sealed = self._box().seal(secret.encode())
        with translated():
            await self._scripts.client.hset(keys.webhook_keys(self._scripts.prefix, connection), webhook, sealed)

    async def all(self, connection: str) -> Mapping[str, str]:
        held = await self._scripts.ask("HGETALL", keys.webhook_keys(self._scripts.prefix, connection))
        if not held:
            return {}
        box = self._box()
        return {text(one): box.open(sealed, "secrets of webhooks").decode() for one, sealed in held.items()}

    async def ids(self, connection: str) -> tuple[str, ...]:
        held = await self._scripts.ask("HKEYS", keys.webhook_keys(self._scripts.prefix, connection))
        return tuple(sorted(map(text, held)))

    async def drop(self, connection: str, webhook: str) -> None:
        await self._scripts.remove("HDEL", keys.webhook_keys(self._scripts.prefix, connection), webhook)

    def _box(self) -> SealedBox:
        if not self._key:
            raise RequestError(f"{NAME} is not set: it encrypts the secrets of webhooks, for `source` and for `web`")
        return SealedBox(self._key)
