"""Every parameter of every endpoint, one by one: it goes out under the service's own name, with what was written."""

from typing import Any

import pytest

from tests.sources.close import account as close_account
from tests.sources.close.test_funnel import STAGES, STAGES_PATH, TOTALS, TOTALS_PATH
from tests.sources.pipedrive import account as pipedrive_account
from tests.sources.umami import account as umami_account
from tests.support.scripted_http import Asked, Said
from worker.domain.schedule import Query
from worker.errors import SourceError
from worker.ports import Question
from worker.sources.close import CLOSE
from worker.sources.pipedrive import PIPEDRIVE

INSTANT = "2026-11-01T00:00:00+00:00"
SPAN = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"}
DATES = ("date_won", "date_created", "date_updated")
LISTED: dict[str, str] = {
    "lead_id": "lead_1",
    "organization_id": "orga_acme",
    **dict.fromkeys(("user_id", "user_id__in"), "user_ada"),
    **dict.fromkeys(("status_id", "status_id__in"), "stat_first"),
    **dict.fromkeys(("status_type", "status_type__in"), "active"),
    **dict.fromkeys(("status_label", "status_label__in", "status", "status__in"), "Offer"),
    **dict.fromkeys(("value_period", "value_period__in"), "annual"),
    **{f"{date}{edge}": INSTANT for date in DATES for edge in ("", "__gte", "__gt", "__lte", "__lt")},
    "query": "note:urgent",
    "lead_query": "acme",
    "lead_saved_search_id": "save_1",
    "is_stalled": "true",
    "_order_by": "-value",
    "_group_by": "user_id",
    "_limit": "1",
    "_skip": "0",
    "_fields": "id",
}
FUNNELS: dict[str, dict[str, Any]] = {
    "pipeline": {},
    "type": {},
    "report_relative_range": {"report_relative_range": "last-week"},
    "report_datetime_range": {"report_datetime_range": SPAN},
    "cohort_relative_range": {"type": "created-cohort", "cohort_relative_range": "last-month"},
    "cohort_datetime_range": {"type": "created-cohort", "cohort_datetime_range": SPAN},
    "compared_relative_range": {"report_relative_range": "last-week", "compared_relative_range": "last-month"},
    "compared_datetime_range": {"report_datetime_range": SPAN, "compared_datetime_range": "same-days-last-year"},
    "compared_custom_range": {"report_datetime_range": SPAN, "compared_custom_range": SPAN},
    "query": {"query": {"type": "saved_search", "saved_search_id": "save_1"}},
    "users": {"users": ["user_ada", "group_1"]},
}
DEALS: dict[str, Any] = {
    "owner_id": "11",
    "person_id": "5",
    "org_id": "6",
    "pipeline_id": "1",
    "stage_id": "1",
    "filter_id": "9",
    "ids": ["1"],
    "status": ["open"],
    "updated_since": "2026-11-01T00:00:00Z",
    "updated_until": "2026-11-08T00:00:00Z",
    "sort_by": "add_time",
    "sort_direction": "desc",
    "limit": 2,
    "cursor": "0",
    "include_fields": ["next_activity_id"],
    "custom_fields": ["c1"],
    "include_option_labels": True,
    "include_labels": True,
}
OLD: dict[str, Any] = {
    "filter_id": "9",
    "user_id": "11",
    "everyone": 1,
    "stage_id": "1",
    "start": 0,
    "limit": 2,
    "get_summary": 1,
    "totals_convert_currency": "EUR",
}
CUT: dict[str, Any] = {"sort_by": "update_time", "sort_direction": "desc", "limit": 2, "cursor": "0"}
FILTERS = {
    **dict.fromkeys(("path", "referrer", "title", "query", "browser", "os", "device", "country", "region"), "x"),
    **dict.fromkeys(("city", "hostname", "tag"), "x"),
    "segment": "5d3c1e0a-7b91-4e8a-9f24-7b0f3a526c1d",
    "cohort": "5d3c1e0a-7b91-4e8a-9f24-7b0f3a526c1e",
}


def test_none_of_the_lists_is_shorter_than_what_is_offered() -> None:
    ours = {"pipeline"}
    assert LISTED.keys() == {p.name for p in CLOSE.queries["opportunities"].params} - ours
    assert FUNNELS.keys() == {p.name for p in CLOSE.queries["funnel_totals"].params}
    offered = {p.name for p in PIPEDRIVE.queries["deals"].params}
    assert DEALS.keys() | OLD.keys() == offered - {"archived", "id"}


@pytest.mark.parametrize("name", LISTED)
async def test_a_parameter_of_closes_list_goes_out(name: str) -> None:
    async with close_account.close(close_account.Account()) as (source, server):
        cut = {"_limit": "1"} if name == "_order_by" else {}
        ask = close_account.listing(**{name: LISTED[name], **cut})
        try:
            await source.fetch(ask)
        except SourceError:
            assert name == "_group_by", "this account has no groups to answer with; what went out is what counts"
        sent = server.to("/opportunity/")[0].params
    held = sent[name] if name in sent else sent[f"{name}__gte"]
    assert held.split(",")[0] == LISTED[name] or held.startswith("2026-1") or name == "_fields"


@pytest.mark.parametrize("query", ["funnel_totals", "funnel_stages"])
@pytest.mark.parametrize("name", FUNNELS)
async def test_a_parameter_of_closes_funnels_goes_out(name: str, query: str) -> None:
    params = {"pipeline": "pipe_new", "type": "active-stage-cohort", **FUNNELS[name]}
    window = None if any(key.endswith("_range") for key in params) else close_account.WEEK
    item = Query("funnel", "close", query, params=params, as_written=window is None)
    account = close_account.Account()
    account.reports = {TOTALS_PATH: TOTALS, STAGES_PATH: STAGES}
    async with close_account.close(account) as (source, server):
        await source.fetch(Question(item, close_account.NOW, "Europe/Berlin", window, None))
        sent = [asked.json for asked in server.asked if asked.path.startswith("/report/")]
    assert any(body.get(name) == params[name] for body in sent)


def went_out(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {str(value).lower(), str(int(value))}
    return {",".join(value) if isinstance(value, list) else str(value)}


@pytest.mark.parametrize("name", DEALS)
async def test_a_parameter_of_pipedrives_deals_goes_out(name: str) -> None:
    async with pipedrive_account.pipedrive(pipedrive_account.Account()) as (source, server):
        await source.fetch(pipedrive_account.asking("deals", **{"limit": 2, name: DEALS[name]}))
        sent = server.to(pipedrive_account.DEALS)[0].params
    assert sent[name] in went_out(DEALS[name]) or set(went_out(DEALS[name])) <= set(sent[name].split(","))


@pytest.mark.parametrize("name", OLD)
async def test_a_parameter_of_pipedrives_old_list_goes_out(name: str) -> None:
    account = pipedrive_account.Account()
    old = "/api/v1/pipelines/1/deals"
    account.instead[old] = lambda _: Said(
        {"success": True, "data": [], "additional_data": {"pagination": {"more_items_in_collection": False}}}
    )
    async with pipedrive_account.pipedrive(account) as (source, server):
        await source.fetch(pipedrive_account.asking("deals", **{"id": "1", "everyone": 1, name: OLD[name]}))
        sent = server.to(old)[0].params
    assert sent[name] in went_out(OLD[name])


@pytest.mark.parametrize("name", CUT)
async def test_a_parameter_of_pipedrives_pipelines_goes_out(name: str) -> None:
    async with pipedrive_account.pipedrive(pipedrive_account.Account()) as (source, server):
        await source.fetch(pipedrive_account.asking("pipelines", **{"limit": 2, name: CUT[name]}))
        sent = [asked.params for asked in server.to("/api/v2/pipelines")]
    assert any(params.get(name) == str(CUT[name]) for params in sent)


@pytest.mark.parametrize("query", ["conversion", "movements"])
async def test_days_and_users_of_pipedrives_statistics_go_out(query: str) -> None:
    account = pipedrive_account.Account()
    seen: list[Asked] = []

    def statistics(asked: Asked) -> Said:
        seen.append(asked)
        return Said({"success": False, "error": "enough"}, 400)

    for kind in ("conversion", "movement"):
        account.instead[f"/api/v1/pipelines/1/{kind}_statistics"] = statistics
    async with pipedrive_account.pipedrive(account) as (source, _):
        with pytest.raises(SourceError):
            await source.fetch(pipedrive_account.over(query, user_id=["12"]))
    assert seen[0].params == {"start_date": "2026-11-16", "end_date": "2026-11-22", "user_id": "12"}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_of_umami_goes_out(name: str) -> None:
    """Two of them are for stats alone: other reports ignore them, so that they are refused there."""
    query = "stats" if name in ("excludeBounce", "eventType") else "goal"
    async with umami_account.umami(umami_account.Account()) as (source, server):
        await source.fetch(umami_account.question(query, filters={name: FILTERS[name]}))
        asked = server.asked[-1]
    sent = asked.params if query == "stats" else asked.json["filters"]
    assert sent[name] == FILTERS[name]
