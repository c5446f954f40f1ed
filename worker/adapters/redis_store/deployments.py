"""The deployed bundle: its storage, its activation, and its schedules."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.adapters.bundle_codec import bundle_id, decode, encode, outgoing, timings
from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.adapters.redis_store.times import LeaseTimes
from worker.domain.delivery import Reader
from worker.domain.outgoing import Outgoing
from worker.domain.schedule import Bundle, Timing
from worker.domain.time.epoch import from_ms, to_ms
from worker.errors import ClaimLost, LedgerError, NameTaken
from worker.ports import ActivationBasis, Deployment, Owner

CHUNK = 5000
KEPT = 20
"""Deployments that are remembered, with their bundles."""

MOVED = -2
"""Returned by `activate` if its basis no longer holds."""

FOREIGN = -3
"""Returned by `activate` if the ledger belongs to another project directory."""


class RedisDeployments:
    """Implements worker.ports.Deployments."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._timings: tuple[str, Mapping[str, Timing]] = ("", {})
        self._outgoing = "", Outgoing()

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        *,
        fresh: Sequence[str] = (),
        basis: ActivationBasis | None = None,
        carried: Mapping[Reader, Reader] | None = None,
        owner: Owner | None = None,
    ) -> Deployment:
        """Stores the names of the schedules first, then activates the bundle in one step. If it is killed in between,
        nothing refers to the names.

        Raises LedgerError if other deployments keep interfering.
        """
        body = encode(bundle)
        name = bundle_id(body)
        arguments = {
            "bundle": name,
            "count": len(bundle.schedules),
            "remembered": KEPT,
            "firsts": [[schedule, to_ms(slot)] for schedule, slot in firsts.items() if slot is not None],
            "ended": [*gone, *(schedule for schedule, slot in firsts.items() if slot is None)],
            "gone": list(gone),
            "fresh": list(fresh),
            "dropped": [[reader.schedule, reader.id] for reader in dropped],
            "carried": [[new.schedule, old.id, new.id] for old, new in (carried or {}).items()],
            "paused": [schedule.id for schedule in bundle.schedules.values() if schedule.paused],
            "mailboxes": [[one.name, one.look_every * 1000] for one in bundle.channels.values() if one.look_every],
            "renamed": _renamed(bundle),
            "basis": None if basis is None else _basis(basis),
            "owner": None if owner is None else {"id": owner.id, "over": owner.over},
            "keep": LeaseTimes().ms("keep"),
        }
        for _ in range(3):
            await self._name_schedules(name, list(bundle.schedules))
            at = await self._scripts.run("activate", arguments, body)
            if at == MOVED:
                raise ClaimLost("the deployment")
            if at == FOREIGN:
                raise NameTaken(self._scripts.prefix)
            if at != LOST:
                return Deployment(name, from_ms(at))
        raise LedgerError("other deployments were activated meanwhile; deploy again")

    async def _name_schedules(self, bundle: str, schedules: list[str]) -> None:
        """Stores names in batches, because 100,000 names in one command would block Redis."""
        name = keys.schedules(self._scripts.prefix, bundle)
        with translated():
            for start in range(0, len(schedules), CHUNK):
                await self._scripts.client.sadd(name, *schedules[start : start + CHUNK])

    async def deployed(self) -> Deployment | None:
        key = keys.single(self._scripts.prefix, "deployed")
        found, at = await self._scripts.ask("HMGET", key, "bundle", "at")
        return None if found is None or at is None else Deployment(text(found), from_ms(at))

    async def owner(self) -> str | None:
        found = await self._scripts.ask("GET", keys.single(self._scripts.prefix, "owner"))
        return None if found is None else text(found)

    async def history(self) -> Sequence[Deployment]:
        rows = await self._scripts.ask("LRANGE", keys.single(self._scripts.prefix, "deployments"), 0, -1)
        return [Deployment(made["b"], from_ms(made["t"])) for made in map(json.loads, rows)]

    async def bundle(self, bundle_id: str) -> Bundle | None:
        body = await self._scripts.ask("GET", keys.bundle(self._scripts.prefix, bundle_id))
        return None if body is None else decode(body, bundle_id)

    async def timings(self, bundle_id: str) -> Mapping[str, Timing]:
        """The last few are kept in memory, because bundles are immutable."""
        if self._timings[0] != bundle_id:
            self._timings = bundle_id, timings(await self._body(bundle_id), bundle_id)
        return self._timings[1]

    async def outgoing(self, bundle_id: str) -> Outgoing:
        if self._outgoing[0] != bundle_id:
            self._outgoing = bundle_id, outgoing(await self._body(bundle_id))
        return self._outgoing[1]

    async def _body(self, bundle_id: str) -> bytes:
        body: bytes | None = await self._scripts.ask("GET", keys.bundle(self._scripts.prefix, bundle_id))
        if body is None:
            raise LedgerError(f"the deployment {bundle_id[:12]} is not in Redis any more; deploy again")
        return body

    async def last_slot(self, schedule: str) -> datetime | None:
        slot = await self._scripts.ask("HGET", keys.single(self._scripts.prefix, "last"), schedule)
        return None if slot is None else from_ms(slot)

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        key, found = keys.single(self._scripts.prefix, "last"), {}
        for start in range(0, len(schedules), CHUNK):
            part = schedules[start : start + CHUNK]
            slots = await self._scripts.ask("HMGET", key, *part)
            found.update({name: from_ms(slot) for name, slot in zip(part, slots, strict=True) if slot is not None})
        return found


def _renamed(bundle: Bundle) -> list[list[Any]]:
    """Old id, new id, and the queries whose chains move with the schedule."""
    heirs = (schedule for schedule in bundle.schedules.values() if schedule.previously)
    return [[heir.previously, heir.id, [item.id for item in heir.report]] for heir in heirs]


def _basis(basis: ActivationBasis) -> dict[str, Any]:
    pending = [[name, -1 if at is None else to_ms(at)] for name, at in basis.pending.items()]
    return {"bundle": basis.bundle or "", "pending": pending}
