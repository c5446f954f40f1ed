"""What a query says of its tables, beside the tables of its answers: `check` believes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.golden import two_mondays
from worker.domain.schedule import Query
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.time.window import WindowSpec, resolve
from worker.ports import Question
from worker.ports.kinds import SourceKind
from worker.sandbox.server import Sandbox
from worker.sources.close.kind import CLOSE
from worker.sources.pipedrive.kind import PIPEDRIVE
from worker.sources.umami.kind import UMAMI

SLOT = datetime(2026, 11, 23, 8, tzinfo=UTC)
BESIDE = {"stages", REQUESTS, HISTORY}
SITE = {"websiteId": "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"}
ASKED: list[tuple[SourceKind, str, dict[str, Any]]] = [
    (CLOSE, "opportunities", {"status_type": "active"}),
    (CLOSE, "opportunities", {"status_type": "active", "_group_by": "user_id"}),
    (PIPEDRIVE, "pipelines", {}),
    (PIPEDRIVE, "pipeline", {"id": "1"}),
    (PIPEDRIVE, "pipeline", {"id": "1", "by_stage": True}),
    (PIPEDRIVE, "conversion", {"id": "1", "user_id": "all"}),
    (PIPEDRIVE, "movements", {"id": "1", "user_id": "all"}),
    (PIPEDRIVE, "deals", {"pipeline_id": "1", "status": "open"}),
    (PIPEDRIVE, "deals_summary", {"pipeline_id": "1"}),
    (PIPEDRIVE, "stalled_deals", {"pipeline_id": "1"}),
    (UMAMI, "journey", {**SITE, "steps": 3}),
    (UMAMI, "retention", SITE),
    (UMAMI, "revenue", {**SITE, "currency": "USD"}),
    (UMAMI, "revenue", {**SITE, "currency": "USD", "unit": "hour"}),
    (UMAMI, "utm", SITE),
    (UMAMI, "attribution", {**SITE, "model": "first-click", "type": "path", "step": "/pricing"}),
    (UMAMI, "breakdown", {**SITE, "fields": ["country", "browser"]}),
    (UMAMI, "performance", SITE),
]


@pytest.mark.parametrize(("kind", "query", "params"), ASKED, ids=lambda one: one if isinstance(one, str) else "")
async def test_every_table_of_an_answer_is_one_that_the_query_names(
    kind: SourceKind, query: str, params: dict[str, Any]
) -> None:
    spec, clock = kind.queries[query], two_mondays.Clock(SLOT + timedelta(seconds=5))
    span = WindowSpec("last-week") if spec.windowed else None
    item = Query("one", kind.type, query, span, None, params)
    async with Sandbox(now=clock) as box:
        service = two_mondays.opened(box, kind.type, clock)
        window = resolve(span, SLOT, "Europe/Berlin") if span else None
        answer = (await service.fetch(Question(item, SLOT, "Europe/Berlin", window, None))).snapshot
        await service.aclose()
    found = {table.id: tuple(c.name for c in table.columns) for table in answer.tables if table.id not in BESIDE}
    assert found == dict(spec.tables_of(params))
