"""Five thousand requests in a flood, disordered and each event sent twice, become one run."""

import pytest
from redis.asyncio import Redis

from tests.web import test_hooks
from tests.web.test_hooks import Site, flood

site = test_hooks.site


@pytest.mark.soak
async def test_five_thousand_events_become_one_run(site: Site, redis_client: Redis) -> None:
    await flood(site, 2500, redis_client)
