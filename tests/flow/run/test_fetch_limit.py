"""No fetch lasts longer than a worker may work at one task, whatever the definition allows."""

import asyncio
from dataclasses import replace

from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.patience import PATIENCE
from worker.adapters.celery.app import HAND_OVER, VISIBILITY_TIMEOUT, make_app
from worker.domain.limits import LONGEST_FETCH
from worker.domain.run import RunState
from worker.domain.snapshot.snapshot import GapReason

RABBITMQ_WAITS = 30 * 60
"""Seconds: RabbitMQ's own default for a message that nobody acknowledged."""


async def test_a_list_that_takes_longer_than_a_worker_may_fetch_is_a_gap_though_within_allows_a_week(
    week: InProcessRun,
) -> None:
    await week.deploy(f"{SCHEDULE}within: 7d\n")
    week.services = replace(week.services, times=replace(week.services.times, longest_fetch=1.0))
    week.box.gate.shut()
    async with asyncio.timeout(PATIENCE):
        run, _ = await week.run()
    week.box.gate.open()
    assert run.state is RunState.FAILED
    assert {reason for _, reason, _ in run.gaps} == {GapReason.DEADLINE}


def test_celery_kills_no_child_that_may_still_fetch_and_no_broker_hands_its_message_to_another() -> None:
    limit = make_app("redis://127.0.0.1:1/0", "tern").conf.task_time_limit
    assert limit >= LONGEST_FETCH.total_seconds() + HAND_OVER
    assert limit < RABBITMQ_WAITS < VISIBILITY_TIMEOUT
