"""Runs that a person asks for."""

from datetime import UTC, datetime

from tests.support.in_process import InProcessRun
from worker.flow.operate.on_demand import request


async def test_an_instant_more_exact_than_a_key_is_written_names_the_run_as_the_ledger_does(week: InProcessRun) -> None:
    key = await request(week.services, "week", datetime(2026, 11, 16, 9, 0, 0, 500, tzinfo=UTC), None)
    assert [run.key for run in await week.services.lookups.runs("week", 1)] == [key]
