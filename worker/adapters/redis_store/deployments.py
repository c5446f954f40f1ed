"""What is in force: bundles, their activation, and which schedules they hold."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import from_ms, text, to_ms
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.delivery import Reader
from worker.domain.schedule import Bundle
from worker.errors import LedgerError
from worker.ports import Deployment

CHUNK = 5000


class Deployments:
    """`encode`, `decode` and `name` turn a bundle into bytes, bytes into a bundle, and bytes into the bundle's id."""

    def __init__(
        self,
        scripts: Scripts,
        encode: Callable[[Bundle], bytes],
        decode: Callable[[bytes], Bundle],
        name: Callable[[bytes], str],
    ) -> None:
        self._scripts = scripts
        self._encode = encode
        self._decode = decode
        self._name = name

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
    ) -> Deployment:
        """The names of its schedules are stored before the one step that puts it in force; killed in between, nothing
        refers to them. Raises LedgerError when other deployments keep coming in between.
        """
        body = self._encode(bundle)
        bundle_id = self._name(body)
        arguments = {
            "bundle": bundle_id,
            "count": len(bundle.schedules),
            "firsts": [[schedule, to_ms(slot)] for schedule, slot in firsts.items() if slot is not None],
            "ended": [*gone, *(schedule for schedule, slot in firsts.items() if slot is None)],
            "dropped": [[reader.schedule, reader.id] for reader in dropped],
        }
        for _ in range(3):
            await self._name_schedules(bundle_id, list(bundle.schedules))
            at = await self._scripts.run("activate", arguments, body)
            if at != LOST:
                return Deployment(bundle_id, from_ms(at))
        raise LedgerError("other deployments were activated meanwhile; deploy again")

    async def _name_schedules(self, bundle_id: str, schedules: list[str]) -> None:
        """In steps, because a hundred thousand names in one would block Redis."""
        name = keys.schedules(self._scripts.prefix, bundle_id)
        with translated():
            for start in range(0, len(schedules), CHUNK):
                await self._scripts.client.sadd(name, *schedules[start : start + CHUNK])

    async def deployed(self) -> Deployment | None:
        key = keys.single(self._scripts.prefix, "deployed")
        found, at = await self._scripts.ask("HMGET", key, "bundle", "at")
        return None if found is None or at is None else Deployment(text(found), from_ms(at))

    async def bundle(self, bundle_id: str) -> Bundle | None:
        body = await self._scripts.ask("GET", keys.bundle(self._scripts.prefix, bundle_id))
        return None if body is None else self._decode(body)

    async def last_slot(self, schedule: str) -> datetime | None:
        slot = await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "last"), schedule)
        return None if slot is None else from_ms(slot)
