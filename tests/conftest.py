"""A real Redis for tests: started once, emptied before each test that uses it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
import structlog
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from tests.support.ledger_fixture import LedgerFixture
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("funnelbeat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("funnelbeat")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """A command inside a test makes the log write to that test's stream, which is closed afterwards."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def embedded_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """Keeps its data in a temporary directory, and never touches a Redis that the environment names."""
    directory: Path = tmp_path_factory.mktemp("redis")
    with EmbeddedRedis(directory) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(embedded_redis: EmbeddedRedis) -> str:
    """Not emptied between tests: use `empty_redis` for that, or another project name."""
    return embedded_redis.url


@pytest.fixture(scope="module")
def module_redis(embedded_redis: EmbeddedRedis) -> EmbeddedRedis:
    """The same Redis, emptied before the first test of a file: what other files deployed owns the project's name."""
    with redis.Redis.from_url(embedded_redis.url) as client:
        client.flushall()
    return embedded_redis


@pytest.fixture
def empty_redis(embedded_redis: EmbeddedRedis) -> EmbeddedRedis:
    """The same Redis with nothing in any of its databases."""
    with redis.Redis.from_url(embedded_redis.url) as client:
        client.flushall()
    return embedded_redis


@pytest.fixture
async def redis_client(empty_redis: EmbeddedRedis) -> AsyncIterator[Redis]:
    """A client of the emptied Redis, as the application opens it."""
    client = connect(empty_redis.url)
    yield client
    await client.aclose()


@pytest.fixture
def story(redis_client: Redis) -> LedgerFixture:
    """An empty ledger on that Redis."""
    return LedgerFixture(redis_client)
