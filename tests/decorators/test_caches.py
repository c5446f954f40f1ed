"""Bundles are asked for once, and housekeeping is asked for seldom."""

from typing import Any, cast

from worker.decorators.caches import BUNDLES, with_kept_bundles, with_throttled_retention
from worker.domain.schedule import Bundle, Defaults
from worker.ports import Deployments, Upkeep

KNOWN = Bundle("tern", Defaults(), {}, {}, {})


class Stored:
    """A ledger that counts what it is asked."""

    def __init__(self, *bundles: str) -> None:
        self.bundles, self.asked = set(bundles), list[str]()

    async def bundle(self, bundle_id: str) -> Bundle | None:
        self.asked.append(bundle_id)
        return KNOWN if bundle_id in self.bundles else None

    async def deployed(self) -> str:
        return "deployed"

    async def next_batch(self, most: int, _pause: float) -> Any:
        self.asked.append(f"batch {most}")
        return "some"


async def test_a_bundle_is_asked_for_once_as_long_as_it_is_in_use() -> None:
    stored = Stored("a", *"bcdefg")
    kept = with_kept_bundles(cast(Deployments, stored))
    assert [await kept.bundle("a"), await kept.bundle("a")] == [KNOWN, KNOWN]
    assert stored.asked == ["a"]
    for other in "bcdefg"[:BUNDLES]:
        await kept.bundle(other)
    await kept.bundle("a")
    assert stored.asked.count("a") == 2, "the one that was used last is the one that went"


async def test_a_bundle_that_is_not_there_is_asked_for_again() -> None:
    stored = Stored()
    kept = with_kept_bundles(cast(Deployments, stored))
    assert await kept.bundle("a") is None
    stored.bundles.add("a")
    assert await kept.bundle("a") == KNOWN


async def test_what_is_not_kept_is_asked_of_the_ledger_itself() -> None:
    assert cast(Any, await with_kept_bundles(cast(Deployments, Stored())).deployed()) == "deployed"


async def test_no_batch_is_asked_for_until_the_pause_is_over() -> None:
    now, stored = [100.0], Stored()
    throttled = with_throttled_retention(cast(Upkeep, stored), lambda: now[0])
    assert cast(Any, await throttled.next_batch(5, 1.0)) == "some"
    assert await throttled.next_batch(5, 1.0) is None
    now[0] += 1.0
    assert cast(Any, await throttled.next_batch(5, 1.0)) == "some"
    assert stored.asked == ["batch 5", "batch 5"]
