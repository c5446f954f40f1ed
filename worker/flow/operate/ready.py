"""Whether the installation can do its work now, for load balancers and monitors. `doctor` looks at more."""

from collections.abc import Iterable
from typing import Protocol

from worker.flow.operate.doctor import CheckResult, Level, looked_at, processes
from worker.flow.uses import UsesClock, UsesDeployments, UsesHeartbeats


class ReadyUses(UsesClock, UsesDeployments, UsesHeartbeats, Protocol): ...


async def readiness(uses: ReadyUses) -> tuple[CheckResult, ...]:
    """Checks Redis, the deployment, clocks and workers. Without Redis nothing else is known, so only Redis is
    reported.
    """
    redis = await looked_at("redis", lambda: _redis(uses))
    if redis.level is not Level.OK:
        return (redis,)
    return redis, await _deployed(uses), *await processes(uses.heartbeats, uses.clock)


def is_ready(found: Iterable[CheckResult]) -> bool:
    return all(one.level is Level.OK for one in found)


async def _redis(uses: UsesClock) -> str:
    return f"it answers, and its clock says {await uses.clock.now():%Y-%m-%d %H:%M:%S} UTC"


async def _deployed(uses: UsesDeployments) -> CheckResult:
    deployed = await uses.deployments.deployed()
    if deployed is None:
        return CheckResult("deployment", Level.FAIL, "nothing is deployed")
    since = f"{deployed.activated_at:%Y-%m-%d %H:%M} UTC"
    return CheckResult("deployment", Level.OK, f"{deployed.bundle[:12]}, deployed at {since}")
