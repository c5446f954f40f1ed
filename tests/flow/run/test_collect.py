"""Asking every query of a report at once."""

import asyncio
from datetime import datetime

import pytest

from tests.support.in_process import InProcessRun
from worker.errors import LedgerUnavailable
from worker.flow.operate.on_demand import request
from worker.flow.run.produce import produce
from worker.flow.run.shared_fetch import SharedFetches
from worker.ports import Answer, Question, Source


async def test_a_ledger_that_fails_ends_the_other_queries_fetches(
    week: InProcessRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They went on asking the service for an answer that nobody waited for any more."""
    ended = asyncio.Event()
    chain = week.services.runs.chain

    async def failing(schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        if query == "stalled":
            await asyncio.sleep(0.05)
            raise LedgerUnavailable("Redis cannot be reached")
        return await chain(schedule, query, since)

    async def endless(_fetches: SharedFetches, _source: Source, _account: str, _question: Question) -> Answer:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        raise AssertionError

    monkeypatch.setattr(week.services.runs, "chain", failing)
    monkeypatch.setattr(SharedFetches, "answer", endless)
    key = await request(week.services, "week", None, None)
    with pytest.raises(LedgerUnavailable):
        await produce(week.services, key)
    assert ended.is_set()
