"""What a load balancer asks before it sends anybody here."""

from datetime import timedelta

from tests.support.fakes import NOW, WEEKLY, Deployed, FixedClock, bundle_with, uses
from worker.domain.heartbeat import Alive
from worker.errors import LedgerUnavailable
from worker.flow.operate.doctor import Level
from worker.flow.operate.ready import is_ready, readiness


class Seen:
    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds

    async def alive(self) -> tuple[Alive, ...]:
        return tuple(Alive(kind, "host", 1, NOW - timedelta(seconds=5)) for kind in self._kinds)


class Nothing:
    async def deployed(self) -> None:
        return None


async def test_it_is_ready_when_redis_a_deployment_a_clock_and_a_worker_are_there() -> None:
    found = await readiness(
        uses(clock=FixedClock(), deployments=Deployed(bundle_with(WEEKLY)), heartbeats=Seen("clock", "worker"))
    )
    assert is_ready(found)
    assert [one.what for one in found] == ["redis", "deployment", "clocks", "workers"]


async def test_each_thing_that_is_missing_is_named() -> None:
    found = await readiness(uses(clock=FixedClock(), deployments=Nothing(), heartbeats=Seen("clock")))
    assert not is_ready(found)
    assert {one.what: one.level for one in found} == {
        "redis": Level.OK,
        "deployment": Level.FAIL,
        "clocks": Level.OK,
        "workers": Level.WARN,
    }


class NoRedis(FixedClock):
    async def now(self) -> None:  # type: ignore[override]
        raise LedgerUnavailable("Redis does not answer")


async def test_without_redis_nothing_else_is_asked() -> None:
    [found] = await readiness(uses(clock=NoRedis()))
    assert (found.what, found.level, found.sentence) == ("redis", Level.FAIL, "Redis does not answer")
