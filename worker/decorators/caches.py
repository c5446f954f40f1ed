"""Answers of ports that are kept instead of asked for again."""

from collections.abc import Callable

from worker.decorators.decorated import Method, decorated
from worker.domain.schedule import Bundle
from worker.memo import Memo
from worker.ports import Deployments, Upkeep

BUNDLES = 4
"""Bundles that a process keeps decoded: the one in force, and those that its latest runs pin."""


class _Absent(Exception):
    """A bundle that Redis does not have now may be there a moment later, so its absence is not kept."""


def with_kept_bundles(deployments: Deployments) -> Deployments:
    """Keeps the last few bundles. A bundle never changes."""
    memo = Memo(BUNDLES)

    def kept(load: Method) -> Method:
        async def bundle(bundle_id: str) -> Bundle | None:
            async def present() -> Bundle:
                found: Bundle | None = await load(bundle_id)
                if found is None:
                    raise _Absent
                return found

            try:
                return await memo.get(bundle_id, present)
            except _Absent:
                return None

        return bundle

    return decorated(deployments, bundle=kept)


def with_throttled_retention(upkeep: Upkeep, monotonic: Callable[[], float]) -> Upkeep:
    """`next_batch` returns None without asking Redis during the pause, in seconds, that the last call asked for."""
    quiet_until = 0.0

    def throttled(ask: Method) -> Method:
        async def next_batch(most: int, pause: float) -> object:
            nonlocal quiet_until
            if monotonic() < quiet_until:
                return None
            quiet_until = monotonic() + pause
            return await ask(most, pause)

        return next_batch

    return decorated(upkeep, next_batch=throttled)
