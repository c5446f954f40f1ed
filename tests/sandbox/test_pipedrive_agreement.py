"""The Pipedrive adapter reads the sandbox, the domain makes a bridge of it, and it equals the journal to the cent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.traits import bridged
from worker.documents.bridge import bridge_document
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import WindowSpec, resolve
from worker.errors import SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports import Question
from worker.sandbox import journal
from worker.sandbox.journal import EVERYTHING_OPEN, STALLED, Population
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipedrive_api import API_TOKEN
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sandbox.wander import wander
from worker.sources.common.calls import Retries
from worker.sources.pipedrive import PipedriveSource, PipedriveTuning, open_source

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
TICK = timedelta(seconds=10)
HASTY = PipedriveTuning(page=7, timeout=2.0, retries=Retries(tries=2, pause=0.001))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(pipeline: PipelineSimulation, clock: Clock) -> AsyncIterator[tuple[PipedriveSource, Sandbox]]:
    async with Sandbox(pipeline=pipeline, now=clock) as box:
        options = {"base_url": box.pipedrive_url, "api_token": API_TOKEN}
        source = open_source(options, clock=clock, tuning=HASTY)
        try:
            yield source, box
        finally:
            await source.aclose()


def ask(item: Query, clock: Clock, before: Snapshot | None) -> Question:
    members = before.members if before else frozenset[str]()
    since = before.as_of[0] if before else None
    window = resolve(item.window, clock.now, "Europe/Berlin") if item.window else None
    return Question(item, clock.now, "Europe/Berlin", window, None, formerly=members, since=since, previous=before)


def item(query: str, window: str | None = None, **params: Any) -> Query:
    span = WindowSpec(window) if window else None
    return Query("q", "pipedrive", query, window=span, params=params, follow=Follow.CLOSED)


OPEN = item("deals", pipeline_id="1", status=["open"])
CASES = [
    (OPEN, EVERYTHING_OPEN),
    (item("deals", id="1", everyone=1), EVERYTHING_OPEN),
    (item("stalled_deals", pipeline_id="1"), STALLED),
]


@pytest.mark.parametrize(("item", "population"), CASES, ids=["open", "first version", "stalled"])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_read_is_what_happened(seed: int, item: Query, population: Population) -> None:
    clock, pipeline = Clock(), PipelineSimulation(seed, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, _):
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
            assert after.notes == ()
            before = after


@pytest.mark.parametrize("seed", range(6))
async def test_chance_is_read_as_it_happened_too(seed: int) -> None:
    """Every kind of event, currencies and unknown values among them."""
    clock = Clock()
    pipeline = PipelineSimulation(seed, NOW, history=False, names=HOSTILE)
    clock.now = began = wander(pipeline, NOW, 40)
    async with opened(pipeline, clock) as (source, _):
        before = (await source.fetch(ask(OPEN, clock, None))).snapshot
        clock.now = wander(pipeline, began, 40)
        after = (await source.fetch(ask(OPEN, clock, before))).snapshot
    found = bridged(before, after, OPEN)
    assert found is not None
    told, truth = bridge_document(found), journal.bridge(pipeline.log, began, clock.now)
    for lines in (*told.values(), *truth.values()):
        # Closed before the baseline was read, open now: a list alone cannot tell it from one that was moved here.
        lines["moved_in"] += lines.pop("reopened")
    assert told == truth


async def test_sums_counts_and_deals_agree_with_each_other() -> None:
    clock, pipeline = Clock(), PipelineSimulation(5, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, _):
        deals = (await source.fetch(ask(OPEN, clock, None))).snapshot
        one = (await source.fetch(ask(item("pipeline", id="1", by_stage=True), clock, None))).snapshot
        moved = (await source.fetch(ask(item("movements", "this-year", id="1", user_id=["all"]), clock, None))).snapshot
    assert deals.rows is not None
    values = [row.cells[deals.rows.index("annual")] for row in deals.rows.rows]
    total = sum(value for value in values if isinstance(value, int))
    found = one.measured()
    assert found["total", "count"].value == len(deals.members)
    assert found["total", "value_eur"].value == total
    by_stage = one.table("stage_sums")
    assert by_stage is not None
    assert sum(int(str(row.cells[by_stage.index("value")])) for row in by_stage.rows) == total
    # What is still theirs who left the company is in the movements as well.
    assert moved.measured()["total", "deals_left_open"].value == len(deals.members)


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("status", {"status": 500}, SourceUnavailable),
        ("status", {"status": 404}, SourceRefused),
        ("status", {"status": 429, "retry_after": "3939"}, SourceUnavailable),
        ("status", {"status": 403, "body": "<html>blocked</html>"}, SourceUnavailable),
        ("slow", {"seconds": 30.0}, SourceUnavailable),
        ("cut", {}, SourceUnavailable),
        ("drop", {}, SourceUnavailable),
        ("truncated", {}, SourceShapeChanged),
        ("malformed", {}, SourceShapeChanged),
        ("html", {}, SourceShapeChanged),
        ("redirect", {}, SourceRefused),
    ],
)
async def test_every_fault_on_a_later_page_ends_in_one_sentence(kind: str, how: Any, error: type[SourceError]) -> None:
    clock, pipeline = Clock(), PipelineSimulation(1, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, box):
        await source.fetch(ask(item("pipelines"), clock, None))
        box.faults.arm("GET /pipedrive/api/v2/deals", kind, times=2, after=2, **how)
        with pytest.raises(error) as caught:
            await source.fetch(ask(OPEN, clock, None))
        assert str(caught.value).startswith("GET /api/v2/deals: ")
        assert API_TOKEN not in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_a_deal_that_was_put_away_moved_out() -> None:
    clock, pipeline = Clock(), PipelineSimulation(1, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, box):
        before = (await source.fetch(ask(OPEN, clock, None))).snapshot
        away = pipeline.open_deals()[0]
        box.pipedrive.book.archived.add(away.id)
        after = (await source.fetch(ask(OPEN, clock, before))).snapshot
        archived = (await source.fetch(ask(item("deals", archived=True), clock, None))).snapshot
    number = str(box.pipedrive.book.number(away.id))
    found = bridged(before, after, OPEN)
    assert found is not None
    assert [(step.key, step.move, step.detail) for step in found.steps] == [(number, "moved_out", "archived")]
    assert archived.members == {number}


async def test_a_small_limit_is_kept_without_a_single_refusal() -> None:
    clock, pipeline = Clock(), PipelineSimulation(1, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, box):
        box.pipedrive.limit.set(8, 0.4)
        for _ in range(2):
            await source.fetch(ask(OPEN, clock, None))
        assert box.pipedrive.limit.refused == 0


async def test_a_spent_day_is_told_as_such() -> None:
    clock, pipeline = Clock(), PipelineSimulation(1, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, box):
        box.pipedrive.limit.set(400, 2.0, tokens=40)
        with pytest.raises(SourceUnavailable, match="daily budget") as caught:
            await source.fetch(ask(OPEN, clock, None))
        assert (caught.value.retry_after, caught.value.limited) == (3939.0, True)
        assert source.client.day.remaining == 0
