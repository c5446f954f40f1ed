"""The Close stand-in over real sockets: who may ask, lookups, filters, order, pages, groups, sums, refusals."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from worker.adapters.tls import tls_context
from worker.sandbox.cast import MAIN, OTHER, SAVED_SEARCH, STAGES, USERS
from worker.sandbox.close_api import ACCESS_TOKEN, API_KEY
from worker.sandbox.events import Stalled
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox

Json = dict[str, Any]


async def asked(close: httpx.AsyncClient, params: Mapping[str, Any], **headers: str) -> Json:
    answer = await close.get("/opportunity/", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def whole(close: httpx.AsyncClient, params: Mapping[str, Any], limit: int = 17) -> list[Json]:
    """Every row, page after page."""
    rows: list[Json] = []
    more = True
    while more:
        page = await asked(close, {**params, "_limit": limit, "_skip": len(rows)})
        rows += page["data"]
        more = page["has_more"]
    return rows


def ids(rows: list[Json]) -> set[str]:
    return {row["id"] for row in rows}


@pytest.mark.parametrize(
    "auth", [httpx.BasicAuth("wrong", ""), httpx.BasicAuth(API_KEY, "password"), httpx.BasicAuth("", "")]
)
async def test_a_wrong_key_is_401_in_the_recorded_words(box: Sandbox, auth: httpx.BasicAuth) -> None:
    async with httpx.AsyncClient(auth=auth, verify=tls_context()) as stranger:
        answer = await stranger.get(f"{box.close_url}/me/")
    assert answer.status_code == 401
    assert answer.json()["error"].startswith("The server could not verify that you are authorized")


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic %%%", "Basic /w==", f"Bearer {API_KEY}", "Digest x"])
async def test_no_other_credential_opens_it(box: Sandbox, header: str) -> None:
    async with httpx.AsyncClient(headers={"authorization": header}, verify=tls_context()) as stranger:
        assert (await stranger.get(f"{box.close_url}/me/")).status_code == 401


async def test_a_bearer_token_opens_it_too(box: Sandbox) -> None:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {ACCESS_TOKEN}"}, verify=tls_context()) as client:
        assert (await client.get(f"{box.close_url}/me/")).status_code == 200


async def test_the_lookups_have_the_recorded_shapes(close: httpx.AsyncClient) -> None:
    me = (await close.get("/me/")).json()
    assert me["organizations"][0]["currency"] == "EUR"
    pipelines = (await close.get("/pipeline/")).json()
    assert set(pipelines) == {"data"}
    assert [status["label"] for status in pipelines["data"][0]["statuses"]][:2] == ["Qualified", "Demo"]
    assert "+" not in pipelines["data"][0]["date_created"]
    statuses = (await close.get("/status/opportunity/")).json()
    assert {status["pipeline_id"] for status in statuses["data"]} == {MAIN, OTHER}
    assert statuses["has_more"] is False


async def test_users_come_in_pages_without_the_former_one(close: httpx.AsyncClient) -> None:
    first = (await close.get("/user/", params={"_limit": 3})).json()
    last = (await close.get("/user/", params={"_limit": 3, "_skip": 3})).json()
    assert (first["has_more"], last["has_more"]) == (True, False)
    assert [user["id"] for user in first["data"] + last["data"]] == [user.id for user in USERS if not user.former]


async def test_pages_add_up_to_the_list_without_gap_or_repeat(
    close: httpx.AsyncClient, pipeline: PipelineSimulation
) -> None:
    rows = await whole(close, {"_order_by": "date_created"})
    assert len(rows) == len(ids(rows)) == len(list(pipeline.visible()))
    assert [row["date_created"] for row in rows] == sorted(row["date_created"] for row in rows)


async def test_a_page_is_a_hundred_long_unless_asked_otherwise(close: httpx.AsyncClient) -> None:
    assert len((await asked(close, {}))["data"]) == 100
    assert len((await asked(close, {"_limit": 200}))["data"]) > 100


async def test_filters_keep_what_matches_and_nothing_else(
    close: httpx.AsyncClient, pipeline: PipelineSimulation
) -> None:
    everything = await whole(close, {}, 200)
    stage = next(s.id for s in STAGES.values() if s.label == "Demo")
    middle = sorted(row["date_updated"] for row in everything)[50]
    cases: list[tuple[Json, set[str]]] = [
        ({"status_type": "active"}, {r["id"] for r in everything if r["status_type"] == "active"}),
        ({"status_type__in": "won,lost"}, {r["id"] for r in everything if r["status_type"] != "active"}),
        ({"status_id": stage}, {r["id"] for r in everything if r["status_id"] == stage}),
        ({"status_label__in": "Demo,Won"}, {r["id"] for r in everything if r["status_label"] in {"Demo", "Won"}}),
        ({"user_id": USERS[1].id}, {r["id"] for r in everything if r["user_id"] == USERS[1].id}),
        ({"value_period": "monthly"}, {r["id"] for r in everything if r["value_period"] == "monthly"}),
        ({"is_stalled": "true"}, {d.id for d in pipeline.visible() if d.stalled}),
        ({"date_updated__gte": middle}, {r["id"] for r in everything if r["date_updated"] >= middle}),
        ({"date_updated__lt": middle}, {r["id"] for r in everything if r["date_updated"] < middle}),
        ({"query": "note:pilot"}, {r["id"] for r in everything if "pilot" in r["note"].lower()}),
        ({"lead_query": "unicorn"}, {r["id"] for r in everything if "Unicorn" in r["lead_name"]}),
        (
            {"lead_saved_search_id": SAVED_SEARCH},
            {r["id"] for r in everything if (r["annualized_value"] or 0) >= 1_000_000},
        ),
        ({"lead_id": everything[0]["lead_id"]}, {everything[0]["id"]}),
    ]
    for params, expected in cases:
        assert 0 < len(expected) < len(everything), params
        assert ids(await whole(close, params, 200)) == expected, params


async def test_a_day_is_the_callers_day(close: httpx.AsyncClient) -> None:
    """The same day means other instants east and west of Greenwich."""
    rows = await whole(close, {}, 200)
    evening = next(row for row in rows if row["date_updated"][11:13] > "12")
    day = evening["date_updated"][:10]
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    assert evening["id"] in ids((await asked(close, {"date_updated": day}))["data"])
    for asked_day, found in ((day, False), (next_day, True)):
        page = await asked(close, {"date_updated": asked_day}, **{"x-tz-offset": "12"})
        assert (evening["id"] in ids(page["data"])) is found


@pytest.mark.parametrize("name", ["value", "annualized_value", "confidence", "user_name", "date_won"])
async def test_order_goes_both_ways_with_the_unknown_last(close: httpx.AsyncClient, name: str) -> None:
    up = [row[name] for row in await whole(close, {"_order_by": name}, 200)]
    down = [row[name] for row in await whole(close, {"_order_by": f"-{name}"}, 200)]
    known = [value for value in up if value is not None]
    assert known == sorted(known)
    assert [value for value in down if value is not None] == sorted(known, reverse=True)
    assert up[len(known) :] == down[len(known) :] == [None] * (len(up) - len(known))


async def test_sums_are_of_all_that_match_and_a_zero_has_no_twin(close: httpx.AsyncClient) -> None:
    params = {"status_type": "active", "value_period__in": "annual,one_time"}
    page = await asked(close, {**params, "_limit": 1})
    rows = await whole(close, params, 200)
    assert page["total_results"] == len(rows)
    assert page["count_by_value_period"] == Counter(row["value_period"] for row in rows)
    assert page["total_value_annualized"] == sum(row["annualized_value"] or 0 for row in rows)
    assert page["total_value_annual"] == sum(row["value"] or 0 for row in rows if row["value_period"] == "annual")
    assert page["expected_value_annualized"] == sum(row["annualized_expected_value"] or 0 for row in rows)
    assert page["total_value_annualized_formatted"].startswith("€")
    assert page["total_value_monthly"] == 0
    assert page["total_value_monthly_formatted"] is None


async def test_only_the_fields_that_were_asked_for_come(close: httpx.AsyncClient) -> None:
    page = await asked(close, {"_fields": "id,value,nonsense", "_limit": 2})
    assert [set(row) for row in page["data"]] == [{"id", "value"}] * 2


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("user_id", {"user_id", "user_name"}),
        ("-user_id", {"user_id", "user_name"}),
        ("date_won__week", {"weekyear", "week"}),
        ("date_won__month", {"year", "month"}),
        ("-date_won__quarter", {"year", "quarter"}),
        ("date_won__year", {"year"}),
    ],
)
async def test_groups_split_over_pages_join_again_by_their_key(
    close: httpx.AsyncClient, by: str, parts: set[str]
) -> None:
    """Pages count objects, so that one group may come in pieces; its sums are of the whole group in each piece."""
    joined: dict[str, list[Json]] = {}
    totals: dict[str, int] = {}
    pieces = skip = 0
    more = True
    while more:
        page = await asked(close, {"_group_by": by, "_limit": 7, "_skip": skip, "_order_by": "date_created"})
        for group in page["data"]:
            assert parts <= set(group)
            joined.setdefault(group["key"], []).extend(group["objects"])
            assert totals.setdefault(group["key"], group["total_results"]) == group["total_results"]
            pieces += 1
        skip += sum(len(group["objects"]) for group in page["data"])
        more = page["has_more"]
    assert pieces > len(joined)
    assert {key: len(rows) for key, rows in joined.items()} == totals
    assert sum(totals.values()) == page["total_results"]
    assert all(rows == sorted(rows, key=lambda r: r["date_created"]) for rows in joined.values())


async def test_groups_reverse_with_a_minus(close: httpx.AsyncClient) -> None:
    up = (await asked(close, {"_group_by": "date_won__month", "_limit": 200, "status_type": "won"}))["data"]
    down = (await asked(close, {"_group_by": "-date_won__month", "_limit": 200, "status_type": "won"}))["data"]
    assert [group["key"] for group in up] == [group["key"] for group in down][::-1]
    assert len(up) > 1


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"_limit": 201}, "_limit"),
        ({"_limit": -1}, "_limit"),
        ({"_skip": "many"}, "_skip"),
        ({"pipeline_id": MAIN}, "pipeline_id"),
        ({"status_type": "open"}, "status_type"),
        ({"value_period__in": "annual,weekly"}, "value_period__in"),
        ({"is_stalled": "perhaps"}, "is_stalled"),
        ({"date_created__gte": "yesterday"}, "date_created__gte"),
        ({"_order_by": "id"}, "_order_by"),
        ({"_group_by": "lead_id"}, "_group_by"),
        ({"lead_id__in": "a,b"}, "lead_id__in"),
        ({"lead_saved_search_id": "save_nobody"}, "lead_saved_search_id"),
    ],
)
async def test_a_wrong_parameter_is_400_and_named(close: httpx.AsyncClient, params: Json, field: str) -> None:
    answer = await close.get("/opportunity/", params=params)
    assert answer.status_code == 400
    assert set(answer.json()["field-errors"]) == {field}


async def test_a_skip_past_the_bound_is_400_in_the_recorded_words(close: httpx.AsyncClient) -> None:
    answer = await close.get("/opportunity/", params={"_skip": 250_001})
    assert answer.status_code == 400
    assert "max_skip = 250000" in answer.json()["errors"][0]


async def test_one_deal_is_found_by_id_and_a_deleted_one_is_404(
    close: httpx.AsyncClient, pipeline: PipelineSimulation, box: Sandbox
) -> None:
    deal = pipeline.open_deals()[0]
    assert (await close.get(f"/opportunity/{deal.id}/")).json()["id"] == deal.id
    happened = pipeline.step(box.now())
    gone = next(event.deal for event in happened if type(event).__name__ == "Deleted")
    for wrong in (gone, "oppo_nobody"):
        answer = await close.get(f"/opportunity/{wrong}/")
        assert answer.status_code == 404
        assert answer.json() == {"error": "Empty query: Opportunity matching query does not exist."}


async def test_a_long_filter_may_come_as_a_post(close: httpx.AsyncClient) -> None:
    params = {"status_type__in": ["won", "lost"], "_limit": 5, "is_stalled": False}
    body = {"_params": params}
    answer = await close.post("/opportunity/", json=body, headers={"x-http-method-override": "GET"})
    assert answer.json()["total_results"] == (await asked(close, {"status_type__in": "won,lost"}))["total_results"]
    assert (await close.post("/opportunity/", json=body)).status_code == 405
    override = {"x-http-method-override": "GET"}
    assert (await close.post("/opportunity/", content=b"{", headers=override)).status_code == 400
    assert (await close.post("/opportunity/", json={}, headers=override)).status_code == 400


async def test_a_stalled_deal_says_what_to_do(
    close: httpx.AsyncClient, pipeline: PipelineSimulation, box: Sandbox
) -> None:
    deal = next(d for d in pipeline.open_deals() if not d.stalled)
    everything = {"_fields": "_all"}
    before = (await close.get(f"/opportunity/{deal.id}/", params=everything)).json()
    assert (before["is_stalled"], before["stall_status"], before["suggested_action"]) == (False, None, None)
    pipeline.apply(Stalled(at=box.now(), deal=deal.id, action=("follow_up_call", "Nobody called.")))
    after = (await close.get(f"/opportunity/{deal.id}/", params=everything)).json()
    assert after["is_stalled"] is True
    assert after["suggested_action"]["action"] == "follow_up_call"
    assert after["stall_status"]["next_action"] == {"action": "follow_up", "justification": "Nobody called."}


async def test_a_list_that_shifts_passes_a_row_over(close: httpx.AsyncClient, box: Sandbox) -> None:
    params = {"status_type": "active", "_order_by": "date_created"}
    truth = await whole(close, params)
    box.close.shifts.arm("delete")
    read = await whole(close, params)
    missed = ids(truth) - ids(read)
    assert len(missed) == 1
    assert truth[0]["id"] not in missed


async def test_a_list_that_shifts_the_other_way_repeats_a_row(close: httpx.AsyncClient, box: Sandbox) -> None:
    box.close.shifts.arm("insert")
    read = await whole(close, {"status_type": "active", "_order_by": "date_created"})
    assert len(read) == len(ids(read)) + 1


async def test_a_swap_leaves_the_total_as_it_was(close: httpx.AsyncClient, box: Sandbox) -> None:
    params = {"status_type": "active", "_order_by": "date_created"}
    before = (await asked(close, params))["total_results"]
    box.close.shifts.arm("swap")
    await whole(close, params)
    assert (await asked(close, params))["total_results"] == before
    assert box.pipeline.log[-1].at - box.now() < timedelta(seconds=1)
