"""The Close adapter reads the sandbox, the domain makes a bridge of it, and it equals the journal to the cent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.traits import bridged
from worker.documents.bridge import bridge_document
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Snapshot
from worker.ports import Question
from worker.sandbox import journal
from worker.sandbox.cast import MAIN
from worker.sandbox.close_api import API_KEY
from worker.sandbox.close_dialect import REFUSING, CloseDialect
from worker.sandbox.journal import EVERYTHING_OPEN, STALLED, Population
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sandbox.wander import wander
from worker.sources.close import open_source
from worker.sources.close.source import CloseSource

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
TICK = timedelta(seconds=10)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(
    pipeline: PipelineSimulation, clock: Clock, dialect: CloseDialect = REFUSING
) -> AsyncIterator[CloseSource]:
    async with Sandbox(pipeline=pipeline, now=clock) as box:
        box.close.dialect = dialect
        source = open_source({"base_url": box.close_url, "api_key": API_KEY}, clock=clock)
        try:
            yield source
        finally:
            await source.aclose()


def ask(item: Query, clock: Clock, before: Snapshot | None) -> Question:
    members = before.members if before else frozenset[str]()
    since = before.as_of[0] if before else None
    return Question(item, clock.now, "UTC", None, None, formerly=members, since=since, previous=before)


def deals(**more: Any) -> Query:
    params = {"pipeline": MAIN, "status_type": "active"} | more
    return Query("deals", "close", "opportunities", params=params, follow=Follow.CLOSED)


CASES = [(deals(), EVERYTHING_OPEN), (deals(is_stalled=True), STALLED)]


@pytest.mark.parametrize(("item", "population"), CASES, ids=["open", "stalled"])
@pytest.mark.parametrize("dialect", CloseDialect)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_read_is_what_happened(
    seed: int, dialect: CloseDialect, item: Query, population: Population
) -> None:
    clock, pipeline = Clock(), PipelineSimulation(seed, NOW, names=HOSTILE)
    async with opened(pipeline, clock, dialect) as source:
        before = (await source.fetch(ask(item, clock, None))).snapshot
        for _ in range(3):
            began = clock.now
            clock.now += TICK
            pipeline.step(clock.now)
            clock.now += TICK
            after = (await source.fetch(ask(item, clock, before))).snapshot
            found = bridged(before, after, item)
            assert found is not None
            assert bridge_document(found) == journal.bridge(pipeline.log, began, clock.now, population)
            before = after


@pytest.mark.parametrize("seed", range(6))
async def test_chance_is_read_as_it_happened_too(seed: int) -> None:
    """Every kind of event, currencies and unknown values among them."""
    clock, item = Clock(), deals()
    pipeline = PipelineSimulation(seed, NOW, history=False, names=HOSTILE)
    clock.now = began = wander(pipeline, NOW, 40)
    async with opened(pipeline, clock) as source:
        before = (await source.fetch(ask(item, clock, None))).snapshot
        clock.now = wander(pipeline, began, 40)
        after = (await source.fetch(ask(item, clock, before))).snapshot
    found = bridged(before, after, item)
    assert found is not None
    told, truth = bridge_document(found), journal.bridge(pipeline.log, began, clock.now)
    for lines in (*told.values(), *truth.values()):
        # Closed before the baseline was read, open now: a list alone cannot tell it from one that was moved here.
        lines["moved_in"] += lines.pop("reopened")
    assert told == truth
