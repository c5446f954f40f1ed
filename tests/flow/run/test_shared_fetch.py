"""Runs of several schedules over one account: real Redis, real sandbox, requests counted by the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey, RunState
from worker.domain.snapshot.snapshot import Cell, Row, Snapshot
from worker.entry.project_dir import bundle_of
from worker.flow.deploy.deploy import deploy
from worker.flow.operate.on_demand import request
from worker.flow.run.produce import produce
from worker.settings import Settings

LIST = "GET /close/api/v1/opportunity/"
MANY = tuple(f"team-{n}" for n in range(6))


@pytest.fixture
async def story(redis_url: str, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    async with in_process_run(
        redis_url, tmp_path / "project", replace(Settings(), heartbeat=1.0, retry_fetch=60.0)
    ) as told:
        await told.services.runs._scripts.client.flushall()  # type: ignore[attr-defined]
        yield told


async def define(story: InProcessRun, *names: str, text: str = SCHEDULE) -> None:
    for name in names:
        (story.place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")
    await deploy(bundle_of(story.place), story.services)


async def due_together(story: InProcessRun, *names: str) -> dict[str, RunKey]:
    """Runs by the schedule's name, all asked for with one slot."""
    now = await story.services.clock.now()
    at = now.replace(microsecond=now.microsecond // 1000 * 1000) - timedelta(milliseconds=1)
    return {name: await request(story.services, name, at, None) for name in names}


async def produced(story: InProcessRun, *names: str) -> dict[str, RunKey]:
    runs = await due_together(story, *names)
    await asyncio.gather(*(produce(story.services, key) for key in runs.values()))
    return runs


async def found(story: InProcessRun, run: RunKey, query: str = "deals") -> Snapshot:
    snapshot = await story.services.snapshots.load((await story.services.lookups.snapshots_of(run))[query])
    assert snapshot is not None
    return snapshot


def rows_of(*answers: Snapshot) -> list[tuple[Row, ...]]:
    return [answer.tables[0].rows for answer in answers]


def without(row: Row, index: int) -> tuple[Cell, ...]:
    return row.cells[:index] + row.cells[index + 1 :]


def lists(story: InProcessRun) -> int:
    return [served.route for served in story.box.log].count(LIST)


async def test_six_schedules_that_ask_the_same_are_one_fetch_a_query(story: InProcessRun) -> None:
    await define(story, *MANY)
    runs = await produced(story, *MANY)
    assert lists(story) == 2
    answers = [await found(story, run) for run in runs.values()]
    assert len({answer.tables for answer in answers}) == 1
    assert {answer.query_id for answer in answers} == {"deals"}
    assert {answer.slot for answer in answers} == {run.slot for run in runs.values()}


async def test_one_query_asked_twice_in_a_report_is_fetched_once(story: InProcessRun) -> None:
    twice = SCHEDULE.replace("  - id: stalled", "  - id: again").replace(", is_stalled: true", "")
    await define(story, "twice", text=twice)
    runs = await produced(story, "twice")
    assert lists(story) == 1
    again = await found(story, runs["twice"], "again")
    assert (again.query_id, again.tables) == ("again", (await found(story, runs["twice"])).tables)


async def test_an_answer_that_was_begun_before_the_slot_serves_nobody_after_it(story: InProcessRun) -> None:
    await define(story, "one", "other")
    await produced(story, "one")
    story.step()
    runs = await produced(story, "other")
    assert lists(story) == 4
    assert (await found(story, runs["other"])).members == {deal.id for deal in story.box.pipeline.open_deals()}


async def test_each_run_looks_up_what_left_since_its_own_past(story: InProcessRun) -> None:
    await define(story, "old")
    first = (await produced(story, "old"))["old"]
    before = await found(story, first)
    for _ in range(3):
        story.step()
    await define(story, "new")
    earlier = lists(story)
    runs = await produced(story, "old", "new")
    old, new = await found(story, runs["old"]), await found(story, runs["new"])
    gone = before.members - old.members
    assert old.members == new.members
    since = old.tables[0].index("stalled_since")
    carried = [(mine.cells[since], theirs.cells[since]) for mine, theirs in zip(*rows_of(old, new), strict=True)]
    assert any(isinstance(mine, int) and isinstance(theirs, int) and mine < theirs for mine, theirs in carried), (
        "known longer to whoever asked before"
    )
    assert [without(row, since) for row in rows_of(old)[0]] == [without(row, since) for row in rows_of(new)[0]]
    assert old.followed is not None
    assert new.followed is not None
    assert {row.key for row in old.followed.rows} == gone
    assert new.followed.rows == ()
    assert gone, "three steps of the story take somebody away"
    assert lists(story) - earlier <= 2 + 2, "two lists for both; what left each is found on a page of closed deals"


async def test_a_fetch_that_fails_is_one_failure_for_all_who_waited_and_none_for_the_next(story: InProcessRun) -> None:
    await define(story, *MANY)
    for _ in range(8):
        story.box.faults.arm(LIST, "status", status=503)
    runs = await produced(story, *MANY)
    for key in runs.values():
        run = await story.services.lookups.run(key)
        assert run is not None
        assert run.state is RunState.FAILED
    assert lists(story) == 8, "four tries of two queries, not of twelve"
    again = await produced(story, *MANY)
    assert lists(story) == 10
    assert (await found(story, again[MANY[0]])).members


async def test_share_for_ends_the_sharing(story: InProcessRun) -> None:
    await define(
        story, "a", "b", text=SCHEDULE.replace("query: opportunities", "query: opportunities\n    share_for: 1s")
    )
    runs = await due_together(story, "a", "b")
    await produce(story.services, runs["a"])
    await asyncio.sleep(1.1)
    await produce(story.services, runs["b"])
    assert lists(story) == 4


async def test_connections_with_other_credentials_share_nothing(story: InProcessRun) -> None:
    place = story.place / "funnelbeat.yaml"
    url = story.box.close_url
    place.write_text(
        place.read_text().replace(
            "close: {type: sandbox}",
            f"close: {{type: close, base_url: '{url}', api_key: api_sandbox}}\n"
            f"  token: {{type: close, base_url: '{url}', access_token: token_sandbox}}",
        )
    )
    await define(story, "by-key")
    await define(story, "by-token", text=SCHEDULE.replace("source: close", "source: token"))
    await produced(story, "by-key", "by-token")
    assert lists(story) == 4


async def by_the_clock(story: InProcessRun, name: str, minutes: int) -> Run:
    """A run of a slot, fetched once; its deadline lies `minutes` ahead."""
    now, deployed = await story.services.clock.now(), await story.services.deployments.deployed()
    assert deployed is not None
    key = RunKey(name, now.replace(microsecond=0))
    await story.services.clock.request(Claim(key, deployed.bundle, "cron", now + timedelta(minutes=minutes)), 1)
    await produce(story.services, key)
    run = await story.services.lookups.run(key)
    assert run is not None
    return run


async def test_a_wait_that_the_service_names_is_waited_for_outside_the_worker(story: InProcessRun) -> None:
    await define(story, "team")
    story.box.faults.arm(LIST, "status", status=429, retry_after="300", times=2)
    run = await by_the_clock(story, "team", 10)
    assert run.state is RunState.CLAIMED
    assert run.not_before is not None
    assert 295 < (run.not_before - run.claimed_at).total_seconds() < 310
    assert lists(story) == 2, "asked once for each query: whoever names five minutes is not asked again"


async def test_a_wait_that_is_longer_than_the_run_has_ends_the_run(story: InProcessRun) -> None:
    await define(story, "team")
    story.box.faults.arm(LIST, "status", status=429, retry_after="3939", times=2)
    run = await by_the_clock(story, "team", 10)
    assert (run.state, run.reason) == (RunState.FAILED, Reason.SOURCE)
    assert {reason for _, reason, _ in run.gaps} == {"rate_limited"}
