"""What the stand-in of Close does as Close does it, and the two ways in which it treats what a client gets wrong."""

import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import NOW
from tests.sandbox.test_close_list import asked, ids, whole
from worker.adapters.tls import tls_context
from worker.sandbox.cast import LEAD_VIEW, OTHER, SAVED_SEARCH, STAGES
from worker.sandbox.close_dialect import FRAMEWORK
from worker.sandbox.close_rows import OPTIONAL
from worker.sandbox.events import Created
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox

Json = dict[str, Any]


@pytest.fixture
def lenient(box: Sandbox) -> Sandbox:
    box.close.dialect = FRAMEWORK
    return box


async def test_what_stalls_comes_only_where_it_is_asked_for(close: httpx.AsyncClient) -> None:
    (plain,) = (await asked(close, {"_limit": 1}))["data"]
    (every,) = (await asked(close, {"_limit": 1, "_fields": "_all"}))["data"]
    (named,) = (await asked(close, {"_limit": 1, "_fields": "id,is_stalled"}))["data"]
    alone = (await close.get(f"/opportunity/{plain['id']}/")).json()
    assert not OPTIONAL & (plain.keys() | alone.keys())
    assert every.keys() - plain.keys() == OPTIONAL
    assert named.keys() == {"id", "is_stalled"}


async def test_behind_the_override_the_url_alone_says_which_fields_come(close: httpx.AsyncClient) -> None:
    body = {"_params": {"_limit": 1, "_fields": "id,is_stalled"}}
    override = {"x-http-method-override": "GET"}
    (blind,) = (await close.post("/opportunity/", json=body, headers=override)).json()["data"]
    answer = await close.post("/opportunity/", json=body, headers=override, params={"_fields": "id,is_stalled"})
    assert "is_stalled" not in blind
    assert "value" in blind
    assert answer.json()["data"][0].keys() == {"id", "is_stalled"}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("opportunity_status_type:active", lambda row: row["status_type"] == "active"),
        ("opportunity_status:Demo", lambda row: row["status_label"] == "Demo"),
        ('opportunity_status_type:won note:"seats"', lambda r: r["status_type"] == "won" and "Seats" in r["note"]),
        ("unicorn pilot", lambda row: "Unicorn" in row["lead_name"] and "Pilot" in row["note"]),
    ],
)
async def test_a_search_knows_fields(close: httpx.AsyncClient, query: str, fits: Any) -> None:
    rows = await whole(close, {}, 200)
    expected = {row["id"] for row in rows if fits(row)}
    assert 0 < len(expected) < len(rows)
    assert ids(await whole(close, {"query": query}, 200)) == expected


async def test_a_search_for_what_is_not_simulated_is_refused_and_not_empty(close: httpx.AsyncClient) -> None:
    answer = await close.get("/opportunity/", params={"query": "status_change(Demo,Won)"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, [LEAD_VIEW]),
        ({"type": "opportunity"}, [SAVED_SEARCH]),
        ({"type__in": "lead,contact,opportunity"}, [SAVED_SEARCH, LEAD_VIEW]),
    ],
)
async def test_saved_searches_are_those_of_leads_unless_asked(
    close: httpx.AsyncClient, params: Json, found: list[str]
) -> None:
    assert [view["id"] for view in (await close.get("/saved_search/", params=params)).json()["data"]] == found


async def test_an_instant_without_a_fraction_is_written_without_one(
    close: httpx.AsyncClient, pipeline: PipelineSimulation
) -> None:
    whole_second = NOW.replace(microsecond=0) + timedelta(hours=1)
    pipeline.apply(Created(at=whole_second, deal="oppo_w", start=replace(pipeline.draft(whole_second), id="oppo_w")))
    assert (await close.get("/opportunity/oppo_w/")).json()["date_created"] == "2026-11-18T10:30:00+00:00"


async def test_of_two_pipelines_a_status_says_in_which_it_is(close: httpx.AsyncClient) -> None:
    stage = next(stage for stage in STAGES.values() if stage.pipeline == OTHER)
    row = (await asked(close, {"status_id": stage.id}))["data"][0]
    assert (row["status_label"], row["status_display_name"]) == (stage.label, f"Renewals: {stage.label}")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/elsewhere/", 404), ("DELETE", "/me/", 405)])
async def test_what_no_endpoint_takes_is_answered_in_json(
    close: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await close.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})


async def test_a_path_without_its_last_slash_is_sent_to_the_one_with_it(close: httpx.AsyncClient) -> None:
    answer = await close.get("/opportunity?_limit=1")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/opportunity/?_limit=1")


async def test_a_stranger_is_told_of_a_limit_too(box: Sandbox) -> None:
    async with httpx.AsyncClient(auth=("wrong", ""), verify=tls_context()) as stranger:
        answer = await stranger.get(f"{box.close_url}/me/")
    assert answer.status_code == 401
    assert answer.headers["ratelimit"].startswith("limit=")


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize(
    "params",
    [
        {"pipeline_id": "pipe_nobody"},
        {"status_type": "open"},
        {"status_type__in": "active,open"},
        {"lead_id__in": "a,b"},
        {"value__gte": "5"},
        {"date_won__near": "2026-01-01"},
        {"_order_by": "id"},
    ],
)
async def test_the_framework_ignores_what_it_does_not_know(close: httpx.AsyncClient, params: Json) -> None:
    assert (await asked(close, params))["total_results"] == (await asked(close, {}))["total_results"]


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize("name", ["user_id", "user_id__in"])
async def test_to_the_framework_an_empty_value_is_null(close: httpx.AsyncClient, name: str) -> None:
    rows = await whole(close, {}, 200)
    nobodys = {row["id"] for row in rows if row["user_id"] is None}
    assert nobodys
    assert ids(await whole(close, {name: ""}, 200)) == nobodys


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"_limit": "x"}, '_limit must be an integer (got "x" instead).'),
        ({"_skip": "-1"}, '_skip must be an integer (got "-1" instead).'),
        (
            {"_limit": 201},
            "The limit you set is larger than the maximum limit for this resource (max_limit = 200).",
        ),
    ],
)
async def test_the_framework_says_what_is_wrong_with_a_page_in_an_error(
    close: httpx.AsyncClient, params: Mapping[str, Any], words: str
) -> None:
    answer = await close.get("/opportunity/", params=params)
    assert (answer.status_code, answer.json()) == (400, {"error": words})


@pytest.mark.usefixtures("lenient")
async def test_the_framework_adds_in_single_precision(close: httpx.AsyncClient, pipeline: PipelineSimulation) -> None:
    for n in range(3):
        deal = replace(pipeline.draft(NOW), id=f"oppo_f{n}", value=137_557_900, period="annual", currency="EUR")
        pipeline.apply(Created(at=NOW, deal=deal.id, start=deal))
    page = await asked(close, {"value_period": "annual", "_limit": 1})
    rows = await whole(close, {"value_period": "annual"}, 200)
    exact = sum(row["value"] or 0 for row in rows)
    assert page["total_value_annual"] == sum(struct.unpack("f", struct.pack("f", r["value"] or 0))[0] for r in rows)
    assert 0 < abs(page["total_value_annual"] - exact) < 100


@pytest.mark.usefixtures("lenient")
async def test_the_framework_gives_rows_of_one_instant_in_another_order_each_time(
    close: httpx.AsyncClient, pipeline: PipelineSimulation
) -> None:
    for n in range(12):
        deal = replace(pipeline.draft(NOW), id=f"oppo_tie{n}")
        pipeline.apply(Created(at=NOW, deal=deal.id, start=deal))
    params = {"_order_by": "date_created", "_limit": 200, "date_created__gte": NOW.isoformat()}
    first, second = [[row["id"] for row in (await asked(close, params))["data"]] for _ in range(2)]
    assert first != second
    assert sorted(first) == sorted(second)


async def test_the_dialect_is_set_over_http_too(control: httpx.AsyncClient, box: Sandbox) -> None:
    assert (await control.post("/dialect", json={"close": "framework"})).status_code == 200
    assert box.close.dialect is FRAMEWORK
    assert (await control.post("/dialect", json={"close": "another"})).status_code == 400


@pytest.mark.parametrize(
    ("path", "most"),
    [("/opportunity/", 200), ("/user/", 200), ("/saved_search/", 100), ("/status/opportunity/", 100), ("/event/", 50)],
)
async def test_each_list_has_a_longest_page_of_its_own(close: httpx.AsyncClient, path: str, most: int) -> None:
    assert (await close.get(path, params={"_limit": most})).status_code == 200
    refused = await close.get(path, params={"_limit": most + 1})
    assert (refused.status_code, f"({most})" in refused.text) == (400, True)


async def test_an_answer_has_two_sets_of_limits_that_disagree(close: httpx.AsyncClient) -> None:
    """So it was recorded in 2026. A client has to keep to the stricter one."""
    headers = (await close.get("/me/")).headers
    assert headers["ratelimit"].startswith("limit=240; remaining=")
    assert headers["ratelimit-limit"] == "60"
    assert headers["x-ratelimit-limit"] == "60, 60;w=1, 100;w=1"


async def test_people_have_keys_that_no_documentation_names(close: httpx.AsyncClient) -> None:
    me, users = (await close.get("/me/")).json(), (await close.get("/user/")).json()["data"]
    assert {"email_verified_at", "features", "permissions"} <= me.keys()
    assert all("email_verified_at" in user for user in users)


async def test_the_organization_is_told_alone_too_and_events_go_by_cursor(close: httpx.AsyncClient) -> None:
    (own,) = (await close.get("/me/")).json()["organizations"]
    assert (await close.get(f"/organization/{own['id']}/")).json() == own
    assert (await close.get("/organization/orga_other/")).status_code == 404
    assert (await close.get("/event/")).json() == {"data": [], "cursor_next": None, "cursor_previous": None}
