"""The stand-in refuses what Pipedrive refuses, and has an account with everything that is odd."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import NOW
from tests.sandbox.test_pipedrive_agreement import CASES, OPEN, Clock, ask, item, opened
from tests.support.traits import bridged
from worker.adapters.tls import tls_context
from worker.domain.diff.bridge import Bridge
from worker.domain.money import label_of
from worker.domain.schedule import Query
from worker.domain.snapshot.opportunity import INWARD
from worker.errors import SourceRefused, SourceShapeChanged
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipedrive_api import API_TOKEN
from worker.sandbox.pipedrive_dialect import AccountDialect
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sources.pipedrive import open_source


@pytest.fixture
async def api(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-api-token": API_TOKEN}
    async with httpx.AsyncClient(base_url=box.pipedrive_url, headers=headers, verify=tls_context()) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/api/v2/deals", "user_id"),
        ("/api/v2/deals/archived", "include_labels"),
        ("/api/v2/deals/archived", "include_option_labels"),
        ("/api/v2/deals/101", "status"),
        ("/api/v2/pipelines", "status"),
        ("/api/v2/pipelines/1", "totals_convert_currency"),
        ("/api/v2/stages", "ids"),
        ("/api/v1/deals/summary", "owner_id"),
        ("/api/v1/pipelines/1/deals", "pipeline_id"),
        ("/api/v1/pipelines/1/conversion_statistics", "stage_id"),
        ("/api/v1/pipelines/1/movement_statistics", "everyone"),
        ("/api/v1/users", "limit"),
        ("/api/v1/users/me", "id"),
        ("/api/v1/currencies", "code"),
    ],
)
async def test_each_endpoint_knows_its_own_parameters_alone(api: httpx.AsyncClient, path: str, unknown: str) -> None:
    days = {"start_date": "2026-11-01", "end_date": "2026-11-18"} if path.endswith("statistics") else {}
    assert (await api.get(path, params=days)).status_code == 200
    refused = await api.get(path, params={**days, unknown: "1"})
    assert refused.status_code == 400
    assert f"Parameter '{unknown}' is not allowed for this request" in refused.json()["error"]


@pytest.mark.parametrize(
    "params", [{"custom_fields": ",".join(map(str, range(16)))}, {"include_fields": "notes_count,weather"}]
)
async def test_values_that_are_too_many_or_unknown_are_refused(api: httpx.AsyncClient, params: dict[str, str]) -> None:
    assert (await api.get("/api/v2/deals", params=params)).status_code == 400


async def test_version_one_has_two_addresses_and_errors_are_json(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/users/me")).json() == (await api.get("/api/v1/users/me")).json()
    assert (await api.get("/v2/deals")).status_code == 404
    for answer, status in ((await api.get("/api/v2/nothing"), 404), (await api.put("/api/v2/deals"), 405)):
        assert (answer.status_code, answer.json()["success"]) == (status, False)


async def test_every_refusal_has_an_id_to_ask_for(api: httpx.AsyncClient) -> None:
    refused = await api.get("/api/v2/deals", headers={"x-api-token": "nope"})
    assert (refused.status_code, len(refused.headers["x-correlation-id"])) == (401, 36)


@pytest.mark.parametrize(
    ("reason", "status", "words"),
    [
        ("closed", 402, "the account is not open (402)"),
        ("right", 403, "the token has no right to this (403)"),
        ("limit", 403, "the token has no right to this (403)"),
        ("scope", 403, "Scope and URL mismatch"),
        ("gone", 410, "no longer there (410)"),
    ],
)
async def test_an_endpoint_may_refuse_for_reasons_of_its_own(reason: str, status: int, words: str) -> None:
    clock = Clock()
    async with opened(PipelineSimulation(1, NOW, names=HOSTILE), clock) as (source, box):
        box.pipedrive.refusing["GET /api/v2/deals"] = reason
        with pytest.raises(SourceRefused) as error:
            await source.fetch(ask(OPEN, clock, None))
    assert error.value.status == status
    assert words in str(error.value)


@pytest.mark.parametrize("dialect", AccountDialect)
@pytest.mark.parametrize("wanted", [query for query, _ in CASES], ids=["open", "first version", "stalled"])
async def test_the_bridge_closes_over_whatever_an_account_holds(dialect: AccountDialect, wanted: Query) -> None:
    clock, pipeline = Clock(), PipelineSimulation(3, NOW, names=HOSTILE)
    async with opened(pipeline, clock) as (source, box):
        box.pipedrive.dialect = dialect
        before = (await source.fetch(ask(wanted, clock, None))).snapshot
        for _ in range(2):
            clock.now += timedelta(seconds=10)
            pipeline.step(clock.now)
            clock.now += timedelta(seconds=10)
            after = (await source.fetch(ask(wanted, clock, before))).snapshot
            found = bridged(before, after, wanted)
            assert found is not None
            assert closes(found)
            assert {label_of(terms.currency) for terms in found.terms} == (
                {"EUR", "seats"} if dialect is AccountDialect.ODD else {"EUR"}
            )
            assert not [step for step in found.steps if step.move.value == "unexplained"]
            before = after


def closes(found: Bridge) -> bool:
    return all(
        t.opening + sum(a if m in INWARD else -a for m, a in t.amounts.items()) == t.closing for t in found.terms
    )


async def read(query: Query, dialect: AccountDialect = AccountDialect.ODD) -> Any:
    clock = Clock()
    async with opened(PipelineSimulation(3, NOW, names=HOSTILE), clock) as (source, box):
        box.pipedrive.dialect = dialect
        return (await source.fetch(ask(query, clock, None))).snapshot


async def test_an_odd_account_lists_what_was_deleted_and_nothing_takes_it_for_living() -> None:
    found = (await read(item("pipelines"))).table("pipelines")
    listed = {row.key: found.record(row) for row in found.rows}
    assert [key for key, row in listed.items() if row["is_default"]] == ["1"]
    assert [key for key, row in listed.items() if row["is_deleted"]] == ["90"]
    one = await read(item("pipeline", id="1", by_stage=True))
    assert "91" not in {row.key for row in one.table("pipeline_stages").rows}


async def test_an_odd_account_converts_into_the_companys_currency() -> None:
    measures = (await read(item("deals_summary", status="open"))).measured()
    assert label_of(measures["total", "converted_value"].currency) == "US$"
    assert measures["total", "value_6_2"].value > 0


async def test_who_left_is_among_everybody_and_has_won() -> None:
    params: dict[str, Any] = {"id": "1", "user_id": ["all"], "start_date": "2026-06-01", "end_date": "2026-11-18"}
    moves = (await read(item("movements", **params))).table("movements")
    left = next(row for row in moves.rows if moves.record(row)["user"] == "Fred Becker")
    assert moves.record(left)["won_deals"] > 0


async def test_an_odd_deal_has_nulls_where_the_specification_has_none() -> None:
    clock = Clock()
    async with opened(PipelineSimulation(3, NOW, names=HOSTILE), clock) as (source, box):
        box.pipedrive.dialect = AccountDialect.ODD
        snapshot = (await source.fetch(ask(OPEN, clock, None))).snapshot
        async with httpx.AsyncClient(base_url=box.pipedrive_url, verify=tls_context()) as client:
            answer = await client.get("/api/v2/deals", params={"limit": 500}, headers={"x-api-token": API_TOKEN})
    rows = answer.json()["data"]
    for name in ("value", "is_archived", "custom_fields"):
        assert any(row[name] is None for row in rows), name
    assert snapshot.rows is not None
    assert snapshot.notes == ()


async def test_a_page_without_the_mark_of_its_end_is_a_gap() -> None:
    clock = Clock()
    async with opened(PipelineSimulation(3, NOW, names=HOSTILE), clock) as (source, box):
        box.pipedrive.marked = False
        with pytest.raises(SourceShapeChanged, match=r"additional_data\.next_cursor"):
            await source.fetch(ask(OPEN, clock, None))


@pytest.mark.parametrize("says_wait", [True, False])
async def test_a_burst_of_others_is_waited_for_as_long_as_the_refusal_asks(
    api: httpx.AsyncClient, box: Sandbox, says_wait: bool
) -> None:
    """Over a socket, with the service's own seconds: the next request comes when the refusal said, and is answered."""
    box.pipedrive.limit.set(3)
    box.pipedrive.limit.says_wait = says_wait
    source = open_source({"base_url": box.pipedrive_url, "api_token": API_TOKEN}, clock=lambda: datetime.now(UTC))
    for _ in range(3):
        assert (await api.get("/api/v1/users/me")).status_code == 200
    before, began = len(box.log), time.monotonic()
    try:
        await source.check()
    finally:
        await source.aclose()
    refused, *rest = list(box.log)[before:]
    assert (refused.status, {served.status for served in rest}) == (429, {200})
    assert len(rest) >= 1
    assert time.monotonic() - began >= 1.0
