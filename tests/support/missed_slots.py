"""A slot that came while its schedule was paused."""

from datetime import datetime

import redis

from tests.web.console.served import OPS
from worker.flow.deployed import bundle_of
from worker.flow.operate.acts import pause_schedule, resume_schedule
from worker.flow.services import Services


async def missed_slot(services: Services, redis_url: str) -> datetime:
    """Of the schedule `week`, the newest one, as though no clock had looked since."""
    deployed = await services.deployments.deployed()
    assert deployed is not None
    schedule = (await bundle_of(services.deployments, deployed.bundle)).schedules["week"]
    slot = services.triggers.previous(schedule.trigger, await services.clock.now())
    assert slot is not None
    with redis.Redis.from_url(redis_url) as ledger:
        ledger.zadd("acme:due", {"week": int(slot.timestamp() * 1000)})
    await pause_schedule(services, OPS, "week", None)
    await resume_schedule(services, OPS, "week")
    return slot
