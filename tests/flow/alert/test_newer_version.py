"""A process leaves to others what a newer version of the program wrote, and sends nothing else in its place."""

from tests.domain.builders import deal
from tests.support.watched import Watched
from worker.adapters.bundle_codec import VERSION, bundle_id, encode
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunKey, RunState
from worker.flow.deployed import bundle_of
from worker.flow.run.produce import produce

BIG = 100_000


async def pinned_to_newer(watch: Watched, run: RunKey) -> str:
    """The run has a deployment of the next format. Returns what it had."""
    deployment = await watch.services.deployments.deployed()
    assert deployment is not None
    bundle = await bundle_of(watch.services.deployments, deployment.bundle)
    data = encode(bundle).replace(f'"version":{VERSION}'.encode(), f'"version":{VERSION + 1}'.encode())
    newer = bundle_id(data)
    client = watch.ledger.scripts.client
    await client.set(f"acme:bundle:{newer}", data)
    await client.hset(f"acme:run:{run}", "bundle", newer)
    return deployment.bundle


async def test_a_run_is_left_to_a_process_that_understands_it_however_often_it_comes(watch: Watched) -> None:
    watch.rows = [deal("a", BIG)]
    run = await watch.claimed()
    readable = await pinned_to_newer(watch, run)
    for _ in range(8):
        await watch.work([run])
        await watch.pass_time()
    found = await watch.services.lookups.run(run)
    assert found is not None
    assert (found.state, found.attempt, watch.left) == (RunState.CLAIMED, 0, {})
    await watch.ledger.scripts.client.hset(f"acme:run:{run}", "bundle", readable)
    await watch.work([run])
    assert [reason for *_, reason in await watch.told()] == ["first"]


async def test_a_message_is_left_to_a_process_that_understands_it(watch: Watched) -> None:
    """The run was fetched by a process of the newer version."""
    watch.rows = [deal("a", BIG)]
    run = await watch.claimed()
    rows = await produce(watch.services, run)
    await pinned_to_newer(watch, run)
    newer = "which a newer version of Funnelbeat wrote"
    for _ in range(3):
        await watch.work([], rows)
        seen = await watch.services.lookups.deliveries(run)
        assert {row.state for row in seen} == {DeliveryState.DEFERRED}
        assert {row.sentence for row in seen} == {
            f"a bundle of format {VERSION + 1}, {newer}; this one reads up to {VERSION}"
        }
        await watch.pass_time()
    assert watch.left == {}
