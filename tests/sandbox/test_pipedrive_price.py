"""What plan reckons for one run is what the stand-in counts for it, for every query."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import NOW
from tests.sandbox.test_pipedrive_agreement import Clock, ask, item, opened
from worker.connectors import OpenConnectors
from worker.domain.schedule import Bundle, Connection, Defaults, Query, Schedule, Trigger
from worker.domain.snapshot.requests import RequestCount, sent_for
from worker.flow.deploy.cost import DayCost, cost
from worker.flow.deploy.last_answers import LastAnswers
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipedrive_dialect import AccountDialect
from worker.sandbox.pipeline import PipelineSimulation

DAYS: dict[str, Any] = {"id": "1", "start_date": "2026-06-01", "end_date": "2026-11-18"}
ALL: dict[str, Any] = {**DAYS, "user_id": ["all"]}
QUESTIONS = {
    "pipelines": item("pipelines"),
    "pipeline": item("pipeline", id="1"),
    "pipeline by stage": item("pipeline", id="1", by_stage=True),
    "conversion of one": item("conversion", **DAYS),
    "conversion of two": item("conversion", **DAYS, user_id=["11", "12"]),
    "conversion without shares": item("conversion", **DAYS, user_id=["11", "12"], shares=False),
    "conversion of all": item("conversion", **ALL),
    "movements of one": item("movements", **DAYS),
    "movements of all": item("movements", **ALL),
    "deals": item("deals", pipeline_id="1", status=["open"]),
    "deals of all time": item("deals"),
    "archived": item("deals", archived=True),
    "old list": item("deals", id="1", everyone=1),
    "summary": item("deals_summary"),
    "rotting": item("stalled_deals", pipeline_id="1"),
    "nothing planned": item("stalled_deals", rule="no_next_activity"),
    "stage history": item("stalled_deals", rule="stage_history"),
}


def reckoned(query: Query, sent: RequestCount | None) -> DayCost:
    schedule = Schedule(Trigger("cron", "UTC", "0 9 * * *"), id="one", name="one", report=(query,))
    made = Bundle("acme", Defaults(), {"pipedrive": Connection("pipedrive", "pipedrive")}, {}, {"one": schedule})
    known = {} if sent is None else {"one": LastAnswers({}, {query.id: sent})}
    (found,) = cost(OpenConnectors({}, Path()), made, {"one": [NOW]}, known)
    return found


@pytest.mark.parametrize("dialect", AccountDialect)
@pytest.mark.parametrize("name", QUESTIONS)
async def test_the_next_run_costs_what_the_stand_in_counts(name: str, dialect: AccountDialect) -> None:
    clock, query = Clock(), QUESTIONS[name]
    spent, snapshots = [], []
    for _ in range(2):
        async with opened(PipelineSimulation(3, NOW, names=HOSTILE), clock) as (source, box):
            box.pipedrive.dialect = dialect
            snapshots.append((await source.fetch(ask(query, clock, None))).snapshot)
            spent.append((len(box.log), box.pipedrive.limit.tokens - box.pipedrive.limit.left))
    sent = sent_for(snapshots[0])
    assert sent is not None
    found = reckoned(query, sent)
    assert ((found.requests, found.tokens), found.unknown) == (spent[1], 0)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_before_the_first_run_it_is_known_or_said_to_be_more(name: str) -> None:
    clock, query = Clock(), QUESTIONS[name]
    async with opened(PipelineSimulation(3, NOW, names=HOSTILE), clock) as (source, box):
        await source.fetch(ask(query, clock, None))
        spent = box.pipedrive.limit.tokens - box.pipedrive.limit.left
    found = reckoned(query, None)
    assert found.tokens <= spent
    assert found.unknown or found.tokens == spent
