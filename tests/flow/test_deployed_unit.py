"""The bundle that a run pins, and those that were in force before."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import NOW, WEEKLY, Deployed, bundle_with, uses
from worker.errors import LedgerError
from worker.flow.deployed import bundle_of, last_definition, remembered_bundles, schedule_of
from worker.ports import Deployment


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


async def test_bundles_that_were_in_force_are_loaded_once_each_and_what_is_lost_is_left_out() -> None:
    held, asked = {"a": bundle_with(WEEKLY), "b": bundle_with()}, list[str]()

    async def bundle(bundle_id: str) -> object:
        asked.append(bundle_id)
        return held.get(bundle_id)

    async def history() -> Sequence[Deployment]:
        return [Deployment(one, NOW) for one in ("a", "b", "lost", "a")]

    assert await remembered_bundles(uses(bundle=bundle, history=history)) == [held["a"], held["b"], held["a"]]
    assert asked == ["a", "b", "lost"]


async def test_a_schedule_that_is_gone_has_the_definition_of_the_last_deployment_that_had_it() -> None:
    held = {"now": bundle_with(), "before": bundle_with(replace(WEEKLY, name="later")), "first": bundle_with(WEEKLY)}

    async def bundle(bundle_id: str) -> object:
        return held[bundle_id]

    async def history() -> Sequence[Deployment]:
        return [Deployment(one, NOW) for one in held]

    async def deployed() -> Deployment:
        return Deployment("now", NOW)

    deployments = uses(bundle=bundle, history=history, deployed=deployed)
    assert await last_definition(deployments, "weekly") == (held["before"], replace(WEEKLY, name="later"))
    assert await last_definition(deployments, "other") is None
    in_force = uses(bundle=Deployed(held["first"]).bundle, deployed=deployed)
    assert await last_definition(in_force, "weekly") == (held["first"], WEEKLY), "nothing else is read"
    known = uses(bundle=Deployed(held["first"]).bundle)
    assert await last_definition(known, "weekly", "now") == (held["first"], WEEKLY), "nor what is in force"
    assert await last_definition(uses(deployed=Deployed(None).deployed), "weekly") is None
