"""Alerts while a schedule is paused, catches up, and is asked about its past."""

from pathlib import Path

from tests.domain.builders import deal
from tests.support.watched import MINUTE, SCHEDULE, TEAM, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.flow.alert.explain import explain_run
from worker.flow.operate.pause import pause, resume
from worker.flow.operate.replay import replay

BIG, SMALL = 100_000, 100
TOTALS = (
    "  - {id: totals, source: close, query: funnel_totals, window: last-week, "
    "params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}\nalerts:"
)
ALL = (
    SCHEDULE.format(to=TEAM, rule=", after: 1")
    .replace("alerts:", TOTALS)
    .replace('cron: "0 0 1 1 *"', "every: 5m, catch_up: all")
)
"""Both queries may be asked for a slot in the past, and only one of them can be answered."""


async def test_a_pause_ends_nothing_tells_nothing_and_counts_as_no_time_without_data(watch: Watched) -> None:
    await watch.run([deal("a", BIG), deal("b", SMALL)])
    await pause(watch.services, "week", None)
    watch.rows = [deal("a", SMALL), deal("b", BIG)]
    key = await watch.claimed()
    await watch.work([key])
    run = await watch.services.lookups.run(key)
    assert run is not None
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.PAUSED)
    state = await watch.state()
    assert (set(state.alerts), state.missing) == ({"a"}, 0)
    assert await resume(watch.services, "week")
    await watch.run([deal("a", BIG), deal("b", BIG)], later=60 * MINUTE)
    assert await watch.told() == [("team", "a", "first"), ("team", "b", "new")]


async def test_what_is_caught_up_is_not_judged_by_what_nobody_knows_any_more(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    """Slots that came while no clock ran: the deals of then are not known, which is no time without data."""
    async with watched(empty_redis.url, tmp_path / "p") as watch:
        await watch.deploy(ALL)
        await watch.run([deal("a", BIG)])
        keys = [await watch.claimed() for _ in range(3)]
        watch.rows = [deal("a", BIG), deal("b", BIG)]
        await watch.work(keys)
        await watch.calm()
        told = await watch.told()
        assert [one for one in told if one[0] == "team"] == [("team", "a", "first"), ("team", "b", "new")]
        assert await watch.told(keys[-1]) == [("team", "b", "new")], "by the newest slot"
        assert ((await watch.state()).missing, set((await watch.state()).alerts)) == (0, {"a", "b"})


async def test_a_notification_is_made_again_byte_for_byte_also_when_the_answers_are_gone(watch: Watched) -> None:
    key = await watch.run([deal("a", BIG)])
    for value in (BIG, SMALL, SMALL):
        await watch.run([deal("a", value)])
    await watch.ledger.scripts.client.delete(*await watch.ledger.scripts.client.keys("acme:snap:*"))
    run = await watch.services.lookups.run(key)
    assert run is not None
    again = [one async for one in replay(watch.services, run) if one.row.key.reader.startswith("alert:")]
    assert [(one.row.key.run, one.equal) for one in again] == [(key, True)]
    explained = await explain_run(watch.services, key)
    assert explained is not None
    assert explained.balance.even
