"""The ledger in Redis, put together from what each side of it does; it keeps worker.ports.Ledger."""

from datetime import datetime

from redis.asyncio import Redis

from worker.adapters.redis_store.clock import ClockSide
from worker.adapters.redis_store.codec import from_ms
from worker.adapters.redis_store.deliveries import DeliverySide
from worker.adapters.redis_store.deployments import Deployments
from worker.adapters.redis_store.forget import Forgetting
from worker.adapters.redis_store.heartbeats import AliveSide
from worker.adapters.redis_store.housekeeping import Chores
from worker.adapters.redis_store.queries import Questions
from worker.adapters.redis_store.runs import RunSide
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.times import LeaseTimes


class RedisLedger(Deployments, ClockSide, RunSide, DeliverySide, Questions, Chores, Forgetting, AliveSide):
    """`client` from connection.connect; `project` prefixes every key."""

    def __init__(self, client: Redis, project: str, times: LeaseTimes | None = None) -> None:
        scripts, given = Scripts(client, project), times or LeaseTimes()
        Deployments.__init__(self, scripts)
        ClockSide.__init__(self, scripts, given)
        RunSide.__init__(self, scripts, given)
        DeliverySide.__init__(self, scripts, given)
        Questions.__init__(self, scripts)
        Chores.__init__(self, scripts)
        Forgetting.__init__(self, scripts)
        AliveSide.__init__(self, scripts)

    async def now(self) -> datetime:
        seconds, micros = await self._scripts.ask("TIME")
        return from_ms(seconds * 1000 + micros // 1000)
