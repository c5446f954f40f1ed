"""The ledger in Redis: one object for each port, with one client, one prefix and the same times."""

from redis.asyncio import Redis

from worker.adapters.redis_store.access import RedisAccessTokens, RedisAudit
from worker.adapters.redis_store.alerts import RedisAlerts
from worker.adapters.redis_store.baselines import RedisBaselineResets
from worker.adapters.redis_store.circuits import RedisCircuits
from worker.adapters.redis_store.clock import RedisClock
from worker.adapters.redis_store.deliveries import RedisDeliveries
from worker.adapters.redis_store.deployments import RedisDeployments
from worker.adapters.redis_store.event_stream import RedisEventStream
from worker.adapters.redis_store.event_webhooks import RedisEventWebhooks
from worker.adapters.redis_store.first_answers import RedisFirstAnswers
from worker.adapters.redis_store.heartbeats import RedisHeartbeats
from worker.adapters.redis_store.housekeeping import RedisUpkeep
from worker.adapters.redis_store.lookups import RedisLookups
from worker.adapters.redis_store.mailboxes import RedisMailboxes
from worker.adapters.redis_store.measured import RedisMeasured
from worker.adapters.redis_store.runs import RedisRuns
from worker.adapters.redis_store.scripts import Scripts
from worker.adapters.redis_store.source_events import RedisSourceEvents
from worker.adapters.redis_store.subscriptions import RedisSubscriptions
from worker.adapters.redis_store.times import LeaseTimes


class RedisLedger:
    """The only memory of runs and deliveries. `client` is from connection.connect; `project` prefixes every key."""

    def __init__(
        self, client: Redis, project: str, times: LeaseTimes | None = None, scripts: Scripts | None = None
    ) -> None:
        times = times or LeaseTimes()
        scripts = scripts or Scripts(client, project)
        self.clock = RedisClock(scripts, times)
        self.runs = RedisRuns(scripts, times)
        self.deliveries = RedisDeliveries(scripts, times)
        self.deployments = RedisDeployments(scripts)
        self.circuits = RedisCircuits(scripts, times)
        self.subscriptions = RedisSubscriptions(scripts)
        self.access = RedisAccessTokens(scripts)
        self.event_stream = RedisEventStream(scripts)
        self.event_webhooks = RedisEventWebhooks(scripts)
        self.first_answers = RedisFirstAnswers(scripts)
        self.audit = RedisAudit(scripts)
        self.resets = RedisBaselineResets(scripts)
        self.upkeep = RedisUpkeep(scripts)
        self.lookups = RedisLookups(scripts)
        self.alerts = RedisAlerts(scripts)
        self.mailboxes = RedisMailboxes(scripts)
        self.measured = RedisMeasured(scripts)
        self.heartbeats = RedisHeartbeats(scripts)
        self.source_events = RedisSourceEvents(scripts, times)
