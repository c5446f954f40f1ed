"""What `plan` and `doctor` reckon is what the stand-in counts: for every query and every length of a list."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.sandbox.conftest import NOW
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from worker.adapters.redis_server import EmbeddedRedis
from worker.connectors import OpenConnectors
from worker.domain.schedule import Bundle, Connection, Defaults, Query, Schedule, Subscription, Trigger
from worker.domain.snapshot.requests import sent_for
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import WindowSpec, resolve
from worker.entry.project_dir import bundle_of
from worker.flow.deploy.cost import cost
from worker.flow.deploy.last_answers import LastAnswers
from worker.flow.deploy.plan import plan
from worker.ports import Question
from worker.sandbox import close_api
from worker.sandbox.cast import MAIN, SAVED_SEARCH, STAGES, USERS
from worker.sandbox.close_api import API_KEY, ROOT
from worker.sandbox.close_dialect import CloseDialect
from worker.sandbox.events import Created
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sources.close import CloseSource, open_source

NAMES = {f"GET {ROOT}{path}" for path in ("/me/", "/user/", "/pipeline/", "/status/opportunity/")}
"""Read at most once in five minutes, whatever is asked: a day's price holds them, a run's does not."""
OPEN = {"status_type": "active"}
LISTS: Mapping[str, dict[str, Any]] = {
    "open": OPEN,
    "of a pipeline": {**OPEN, "pipeline": MAIN},
    "stalled": {**OPEN, "is_stalled": True},
    "by user": {**OPEN, "_group_by": "user_id"},
    "by month": {**OPEN, "_group_by": "-date_won__month"},
    "cut": {**OPEN, "_limit": 7},
    "cut past a page": {**OPEN, "_limit": 150},
    "from the middle": {**OPEN, "_skip": 50, "_order_by": "-value"},
    "by search": {"query": "opportunity_status_type:active"},
    "by view": {"lead_saved_search_id": SAVED_SEARCH},
    "too long for a URL": {"status_id__in": [*STAGES, *(f"stat_{n:040}" for n in range(120))]},
}
ACTIVE = {"pipeline": MAIN, "type": "active-stage-cohort"}
CREATED = {"pipeline": MAIN, "type": "created-cohort"}
SPAN = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"}
WEEK = WindowSpec("last-week")
REPORTS: Mapping[str, Query] = {
    "of a window": Query("q", "close", "", window=WEEK, params=ACTIVE),
    "of users": Query("q", "close", "", window=WEEK, params={**ACTIVE, "users": [USERS[0].id]}),
    "with a comparison": Query("q", "close", "", window=WEEK, compare=WindowSpec("previous"), params=CREATED),
    "compared by name": Query(
        "q",
        "close",
        "",
        params={**ACTIVE, "report_relative_range": "last-week", "compared_relative_range": "last-month"},
    ),
    "compared by days": Query(
        "q",
        "close",
        "",
        params={**CREATED, "cohort_datetime_range": SPAN, "compared_datetime_range": "same-days-last-month"},
    ),
    "as written": Query("q", "close", "", params={**ACTIVE, "report_relative_range": "last-week"}, as_written=True),
    "compared as written": Query(
        "q",
        "close",
        "",
        params={**ACTIVE, "report_datetime_range": SPAN, "compared_custom_range": SPAN},
        as_written=True,
    ),
}


def reckoned(item: Query, rows: int | None, *, attached: bool = False, last: Snapshot | None = None) -> int:
    entry = Subscription(
        "team", "mail", "sales@acme.example", "pipeline", "en", "UTC", attach=(item.id,) if attached else ()
    )
    schedule = Schedule(Trigger("cron", "UTC", "0 9 * * *"), id="one", name="one", report=(item,), to=(entry,))
    bundle = Bundle("acme", Defaults(), {"close": Connection("close", "close")}, {}, {"one": schedule})
    sent = sent_for(last) if last is not None else None
    known = LastAnswers({item.id: rows}, {item.id: sent} if sent is not None else {})
    (of,) = cost(OpenConnectors({}, Path()), bundle, {"one": [NOW]}, {"one": known})
    assert of.unknown == 0
    return of.requests


async def counted(box: Sandbox, item: Query, *, attached: bool = False) -> tuple[int, Snapshot]:
    source = open_source({"base_url": box.close_url, "api_key": API_KEY}, clock=lambda: NOW)
    assert isinstance(source, CloseSource)
    window = None if item.window is None else resolve(item.window, NOW, "UTC")
    against = None if item.compare is None else resolve(WindowSpec("this-month"), NOW, "UTC")
    box.log.clear()
    try:
        answer = await source.fetch(Question(item, NOW, "UTC", window, against, files=attached))
    finally:
        await source.aclose()
    return len(box.log), answer.snapshot


@pytest.mark.parametrize("dialect", CloseDialect)
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 298, 299, 430])
async def test_a_list_costs_as_many_requests_as_were_reckoned(count: int, dialect: CloseDialect) -> None:
    async with Sandbox(pipeline=PipelineSimulation.big(count, now=NOW), now=lambda: NOW) as box:
        box.close.dialect = dialect
        for kind, params in LISTS.items():
            item = Query("q", "close", "opportunities", params=params)
            requests, snapshot = await counted(box, item)
            assert snapshot.rows is not None
            assert requests == reckoned(item, len(snapshot.rows.rows)), kind


@pytest.mark.parametrize("attached", [False, True])
@pytest.mark.parametrize("query", ["funnel_totals", "funnel_stages"])
@pytest.mark.parametrize("kind", REPORTS)
async def test_a_report_costs_as_many_requests_as_were_reckoned(kind: str, query: str, attached: bool) -> None:
    item = replace(REPORTS[kind], query=query)
    async with Sandbox(pipeline=PipelineSimulation(1, NOW), now=lambda: NOW) as box:
        requests, answer = await counted(box, item, attached=attached)
    assert requests == reckoned(item, None, attached=attached)
    assert [type(file.body) for file in answer.files] == [bytes] * attached, "any other type cannot be stored"


@pytest.mark.parametrize("people", [1, 99, 100, 101, 250, 1_001])
async def test_names_of_many_people_cost_as_many_requests_as_the_last_run_took(people: int) -> None:
    """Once for all queries, however many pages the list of people has."""
    crowd = tuple(replace(USERS[0], id=f"user_{n:04}", email=f"u{n}@acme.example") for n in range(people))
    items = [Query("q", "close", "opportunities", params=OPEN), replace(REPORTS["of a window"], query="funnel_totals")]
    with patch.object(close_api, "USERS", (*USERS[:1], *crowd[1:])):
        async with Sandbox(pipeline=PipelineSimulation.big(150, now=NOW), now=lambda: NOW) as box:
            for item in items:
                requests, last = await counted(box, item)
                rows = len(last.rows.rows) if last.rows is not None else None
                assert requests == reckoned(item, rows, last=last)
                assert requests == reckoned(item, rows) + max(0, -(-people // 100) - 1)


FUNNEL = """\
  - {id: funnel, source: close, query: funnel_totals, window: last-week, compare: previous,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}
  - {id: newest, source: close, query: opportunities, params: {_limit: 120, _order_by: -date_created}}
digest: {bridge: deals, attach: [funnel, deals]}
"""


def asked(story: InProcessRun) -> int:
    return sum(each.route.split()[1].startswith(ROOT) and each.route not in NAMES for each in story.box.log)


@pytest.mark.parametrize("count", [0, 50, 250])
async def test_what_plan_says_of_a_run_is_what_the_next_run_asks(
    empty_redis: EmbeddedRedis, tmp_path: Path, count: int
) -> None:
    async with in_process_run(empty_redis.url, tmp_path / "project") as story:
        await story.deploy(SCHEDULE.replace("digest: {bridge: deals}\n", FUNNEL))
        start = story.box.pipeline.log[-1].at
        for n in range(count):
            at = start + timedelta(milliseconds=n)
            deal = story.box.pipeline.draft(at)
            story.box.pipeline.apply(Created(at=at, deal=deal.id, start=deal))
        await story.run()
        found = await plan(story.services, bundle_of(story.place), 1)
        (planned,) = found.schedules
        before = asked(story)
        await story.run()
        assert planned.cost.unknown == ()
        assert asked(story) - before == planned.cost.requests
