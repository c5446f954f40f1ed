"""The bundle that a run pins."""

import pytest

from tests.support.fakes import WEEKLY, Deployed, bundle_with, uses
from worker.errors import LedgerError
from worker.flow.deployed import bundle_of, schedule_of


async def test_a_bundle_that_redis_lost_is_named_in_short_and_what_to_do_is_said() -> None:
    deployments = Deployed(None)
    with pytest.raises(LedgerError, match=r"the deployment 0123456789ab is not in Redis any more; deploy again"):
        await bundle_of(uses(bundle=deployments.bundle), "0123456789abcdef")
    with pytest.raises(LedgerError, match="deploy again"):
        await schedule_of(uses(bundle=deployments.bundle), "0123456789abcdef", "weekly")


async def test_a_schedule_comes_with_the_bundle_that_holds_it() -> None:
    held = bundle_with(WEEKLY)
    deployments = uses(bundle=Deployed(held).bundle)
    assert await bundle_of(deployments, "bundle") is held
    bundle, schedule = await schedule_of(deployments, "bundle", "weekly")
    assert bundle is held
    assert schedule is WEEKLY
