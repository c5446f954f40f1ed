"""The stand-in answers as Pipedrive's specifications and recorded answers say."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import NOW
from worker.adapters.tls import tls_context
from worker.sandbox.cast import USERS
from worker.sandbox.pipedrive_api import ACCESS_TOKEN, API_TOKEN
from worker.sandbox.pipedrive_limits import COSTS
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox


@pytest.fixture
async def api(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-api-token": API_TOKEN}
    async with httpx.AsyncClient(base_url=box.pipedrive_url, headers=headers, verify=tls_context()) as client:
        yield client


async def data(api: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["success"] is True
    return body["data"]


async def test_a_wrong_token_and_one_in_the_address_are_refused(api: httpx.AsyncClient, box: Sandbox) -> None:
    answer = await api.get("/api/v2/deals", headers={"x-api-token": "nope"}, params={"api_token": API_TOKEN})
    assert answer.status_code == 401
    assert answer.headers["x-401-by-gw"] == "true"
    assert answer.json() == {
        "success": False,
        "error": "unauthorized access",
        "errorCode": 401,
        "error_info": "Please check developers.pipedrive.com",
    }
    bearer = {"authorization": f"Bearer {ACCESS_TOKEN}", "x-api-token": ""}
    assert (await api.get("/api/v2/deals", headers=bearer)).status_code == 200


async def test_a_list_is_read_by_cursor_to_a_null_one(api: httpx.AsyncClient, pipeline: PipelineSimulation) -> None:
    ids: list[int] = []
    params: dict[str, Any] = {"limit": 9, "pipeline_id": 1, "status": "open"}
    while True:
        body = (await api.get("/api/v2/deals", params=params)).json()
        ids += [deal["id"] for deal in body["data"]]
        if body["additional_data"]["next_cursor"] is None:
            break
        params["cursor"] = body["additional_data"]["next_cursor"]
    assert ids == sorted(set(ids))
    assert len(ids) == len(pipeline.open_deals())


@pytest.mark.parametrize("field", ["id", "update_time", "add_time"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_every_order_goes_on_where_it_ended(api: httpx.AsyncClient, field: str, direction: str) -> None:
    whole = await data(api, "/api/v2/deals", limit=500, sort_by=field, sort_direction=direction)
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    for _ in range(200):
        body = (
            await api.get(
                "/api/v2/deals", params={"limit": 11, "sort_by": field, "sort_direction": direction, **cursor}
            )
        ).json()
        found += body["data"]
        if body["additional_data"]["next_cursor"] is None:
            break
        cursor = {"cursor": body["additional_data"]["next_cursor"]}
    assert found == whole
    keys = [(deal[field], deal["id"]) for deal in whole]
    assert all((a < b) is (direction == "asc") for a, b in pairwise(keys))


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"nonsense": "1"}, "nonsense: Parameter 'nonsense' is not allowed for this request"),
        ({"start": "1"}, "start: Parameter 'start' is not allowed for this request"),
        ({"limit": "501"}, "limit: Number must be between 1 and 500"),
        ({"limit": "x"}, "limit: Expected integer, received x"),
        ({"cursor": "%%%"}, "cursor: Invalid cursor"),
        ({"updated_since": "2026-01-01T00:00:00.5Z"}, "updated_since: Invalid date-time"),
        ({"status": "active"}, "status: Invalid value active"),
        ({"ids": ",".join(map(str, range(1, 102)))}, "ids: No more than 100 ids are allowed"),
    ],
)
async def test_what_version_two_does_not_know_it_refuses(
    api: httpx.AsyncClient, params: dict[str, str], problem: str
) -> None:
    answer = await api.get("/api/v2/deals", params=params)
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": f"Validation failed: {problem}",
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
    }


async def test_numbers_of_deals_are_given_at_birth_and_stay(api: httpx.AsyncClient, box: Sandbox) -> None:
    before = {deal["id"]: deal["title"] for deal in await data(api, "/api/v2/deals", limit=500)}
    box.pipeline.step(NOW)
    after = {deal["id"]: deal["title"] for deal in await data(api, "/api/v2/deals", limit=500)}
    assert all(after[number] == before[number] for number in before.keys() & after.keys())
    assert min(after.keys() - before.keys()) > max(before)


async def test_a_deleted_deal_is_only_listed_when_asked_for(api: httpx.AsyncClient, box: Sandbox) -> None:
    box.pipeline.step(NOW)
    gone = next(deal for deal in box.pipeline.deals.values() if deal.deleted)
    number = box.pipedrive.book.number(gone.id)
    assert await data(api, "/api/v2/deals", ids=number) == []
    (found,) = await data(api, "/api/v2/deals", ids=number, status="deleted")
    assert (found["status"], found["is_deleted"]) == ("deleted", True)
    answer = await api.get(f"/api/v2/deals/{number}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "Entity was not found"


async def test_winning_leaves_a_deal_in_its_last_stage(api: httpx.AsyncClient) -> None:
    stages = {stage["id"]: stage for stage in await data(api, "/api/v2/stages")}
    won = await data(api, "/api/v2/deals", status="won", limit=500)
    assert won
    assert all(deal["stage_id"] in stages and deal["won_time"] == deal["close_time"] for deal in won)


async def test_what_stalls_in_the_simulation_rots_here(api: httpx.AsyncClient, box: Sandbox) -> None:
    stages = {stage["id"]: stage["days_to_rotten"] for stage in await data(api, "/api/v2/stages", pipeline_id=1)}
    rotten = {
        deal["id"]
        for deal in await data(api, "/api/v2/deals", status="open", pipeline_id=1, limit=500)
        if (NOW - _at(deal["update_time"])).total_seconds() >= stages[deal["stage_id"]] * 86_400
    }
    stalled = {box.pipedrive.book.number(deal.id) for deal in box.pipeline.open_deals() if deal.stalled}
    assert rotten == stalled


def _at(text: str) -> Any:
    return type(NOW).fromisoformat(text)


async def test_the_first_versions_list_heeds_everyone_then_user_then_filter(api: httpx.AsyncClient) -> None:
    path = "/api/v1/pipelines/1/deals"
    everyone = await data(api, path, everyone=1, user_id=12, filter_id=1, limit=500)
    user = await data(api, path, user_id=12, filter_id=1, limit=500)
    mine = await data(api, path, limit=500)
    large = await data(api, path, filter_id=1, limit=500)
    assert {deal["user_id"] for deal in everyone} > {12}
    assert {deal["user_id"] for deal in user} == {12}
    assert {deal["user_id"] for deal in mine} == {11}
    assert all(deal["value"] >= 10_000 for deal in large)
    assert all(deal["pipeline_id"] == 1 and deal["status"] == "open" for deal in everyone)


async def test_the_first_versions_list_is_paged_by_offset(api: httpx.AsyncClient) -> None:
    body = (await api.get("/api/v1/pipelines/1/deals", params={"everyone": 1, "limit": 10, "start": 5})).json()
    assert body["additional_data"]["pagination"] == {
        "start": 5,
        "limit": 10,
        "more_items_in_collection": True,
        "next_start": 15,
    }
    assert len(body["data"]) == 10
    beyond = (await api.get("/api/v1/pipelines/1/deals", params={"everyone": 1, "start": 5000})).json()
    assert beyond["data"] is None
    assert beyond["additional_data"]["pagination"]["more_items_in_collection"] is False


async def test_statistics_are_of_the_tokens_own_user_unless_another_is_named(api: httpx.AsyncClient) -> None:
    days = {"start_date": "2026-06-01", "end_date": "2026-11-18"}
    for kind in ("conversion_statistics", "movement_statistics"):
        path = f"/api/v1/pipelines/1/{kind}"
        own = await data(api, path, **days)
        assert own == await data(api, path, user_id=11, **days)
        assert own != await data(api, path, user_id=12, **days)
        assert (await api.get(path)).status_code == 400


async def test_rates_are_whole_per_cent_and_empty_maps_are_lists(api: httpx.AsyncClient) -> None:
    days = {"start_date": "2026-06-01", "end_date": "2026-11-18"}
    found = await data(api, "/api/v1/pipelines/1/conversion_statistics", **days)
    rates = [step["conversion_rate"] for step in found["stage_conversions"]]
    rates += [found["won_conversion"], found["lost_conversion"]]
    assert all(isinstance(rate, int) and 0 <= rate <= 100 for rate in rates)
    long_ago = {"start_date": "2000-01-01", "end_date": "2000-01-02"}
    nothing = await data(api, "/api/v1/pipelines/1/movement_statistics", **long_ago)
    assert nothing["won_deals"] == {"count": 0, "deals_ids": [], "values": [], "formatted_values": []}


async def test_a_pipeline_is_made_changed_and_marked_as_deleted(api: httpx.AsyncClient) -> None:
    made = (await api.post("/api/v2/pipelines", json={"name": "Partners"})).json()["data"]
    assert (made["id"], made["is_deal_probability_enabled"], made["is_deleted"]) == (3, False, False)
    changed = (await api.patch("/api/v2/pipelines/3", json={"name": "Allies"})).json()["data"]
    assert changed == made | {"name": "Allies"}
    assert (await api.delete("/api/v2/pipelines/3")).json() == {"success": True, "data": {"id": 3}}
    assert [p["id"] for p in await data(api, "/api/v2/pipelines")] == [1, 2]
    assert (await data(api, "/api/v2/pipelines/3"))["is_deleted"] is True
    assert (await api.delete("/api/v2/pipelines/4")).status_code == 404
    for body in ({}, {"name": 7}, {"nonsense": 1}):
        assert (await api.post("/api/v2/pipelines", json=body)).status_code == 400


async def test_users_hold_those_who_left_and_the_token_belongs_to_one(api: httpx.AsyncClient) -> None:
    users = await data(api, "/api/v1/users")
    assert [user["active_flag"] for user in users] == [not user.former for user in USERS]
    me = await data(api, "/api/v1/users/me")
    assert (me["id"], me["is_you"], me["default_currency"]) == (users[0]["id"], True, "EUR")
    assert {currency["code"] for currency in await data(api, "/api/v1/currencies")} == {"EUR", "USD", "JPY"}


async def test_both_limits_are_told_and_kept(api: httpx.AsyncClient, box: Sandbox) -> None:
    box.pipedrive.limit.set(2, 60.0, tokens=COSTS["GET /api/v1/users/me"] * 2)
    first = await api.get("/api/v1/users/me")
    assert first.headers["x-ratelimit-limit"] == "2"
    assert first.headers["x-ratelimit-remaining"] == "1"
    assert first.headers["x-daily-ratelimit-token-remaining"] == "2"
    assert (await api.get("/api/v1/users/me")).status_code == 200
    over = await api.get("/api/v1/users/me")
    assert (over.status_code, over.json()["error"]) == (429, "request over limit")
    assert 1 <= int(over.headers["retry-after"]) <= 60
    box.pipedrive.limit.says_wait = False
    assert "retry-after" not in (await api.get("/api/v1/users/me")).headers
    box.pipedrive.limit.set(9)
    spent = await api.get("/api/v1/users/me")
    assert (spent.status_code, spent.json()["error"]) == (429, "daily request budget exceeded")
    assert spent.headers["retry-after"] == "3939"


async def test_faults_and_the_gate_hold_for_it_as_for_the_others(api: httpx.AsyncClient, box: Sandbox) -> None:
    box.faults.arm("GET /pipedrive/*", "status", status=503, retry_after="1")
    assert (await api.get("/api/v2/stages")).status_code == 503
    assert (await api.get("/api/v2/stages")).status_code == 200
    box.front.latency = 0.02
    assert (await api.get("/api/v2/stages")).elapsed.total_seconds() >= 0.02
