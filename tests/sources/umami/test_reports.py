"""Every report's answer, field by field."""

from datetime import UTC, datetime

import pytest

from tests.sources.umami.account import ANSWERS, WEEK, answered, cells, copied, keys, totals
from worker.domain.digest.funnels import STAGES
from worker.domain.snapshot.snapshot import Kind, Snapshot
from worker.domain.time.window import Window
from worker.errors import SourceShapeChanged


def why_null(snapshot: Snapshot) -> dict[str, str | None]:
    return {measure.key[-1]: measure.why_null for measure in snapshot.measures if measure.value is None}


async def test_a_funnel_is_told_step_by_step_with_who_went_on() -> None:
    snapshot = await answered("funnel")
    assert cells(snapshot, STAGES, "1") == {
        "label": "/",
        "type": "active",
        "position": 0,
        "count": 200,
        "count_conversion_rate": 0.25,
        "step": "path",
        "dropped": 0,
        "dropoff": None,
        "remaining": 1.0,
    }
    assert cells(snapshot, STAGES, "2") == {
        "label": "signup",
        "type": "won",
        "position": 1,
        "count": 50,
        "count_conversion_rate": None,
        "step": "event",
        "dropped": 150,
        "dropoff": 0.75,
        "remaining": 0.25,
    }
    assert totals(snapshot) == {"visitors": 200, "conversions": 50, "conversion_rate": 0.25}


async def test_a_funnel_that_nobody_entered_has_no_rate_of_any_kind() -> None:
    answer = copied(ANSWERS["funnel"])
    for step in answer:
        step |= {"visitors": 0, "previous": 0, "dropped": 0, "dropoff": None, "remaining": None}
    snapshot = await answered("funnel", answer)
    assert [cells(snapshot, STAGES, key)["remaining"] for key in ("1", "2")] == [None, None]
    assert cells(snapshot, STAGES, "1")["count_conversion_rate"] is None
    assert totals(snapshot) == {"visitors": 0, "conversions": 0, "conversion_rate": None}
    assert why_null(snapshot) == {"conversion_rate": "nobody came"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda steps: steps.pop(), "body[0]: expected 2 steps in all"),
        (lambda steps: steps.append(steps[1]), "body[2]: expected 2 steps in all"),
        (lambda steps: steps.clear(), "body: expected 2 steps"),
        (lambda steps: steps[1].update(value="other"), "body[1].value: expected the step's own value"),
        (lambda steps: steps[0].update(type="event"), "body[0].type: expected the step's own type"),
    ],
)
async def test_a_funnel_of_other_steps_than_were_asked_is_refused(change: object, path: str) -> None:
    answer = copied(ANSWERS["funnel"])
    assert callable(change)
    change(answer)
    with pytest.raises(SourceShapeChanged) as error:
        await answered("funnel", answer)
    assert str(error.value).startswith(f"POST /reports/funnel: {path}")


async def test_a_goal_is_who_reached_it_of_all_who_came() -> None:
    assert totals(await answered("goal")) == {"conversions": 30, "sessions": 120, "conversion_rate": 0.25}
    empty = await answered("goal", {"num": 0, "total": 0})
    assert totals(empty) == {"conversions": 0, "sessions": 0, "conversion_rate": None}


async def test_one_way_that_comes_in_several_rows_is_one_journey() -> None:
    snapshot = await answered("journey")
    assert cells(snapshot, "journeys", '["/","/pricing"]') == {"path": "/ → /pricing", "steps": 2, "visits": 42}
    assert cells(snapshot, "journeys", '["/","signup","/pricing"]')["visits"] == 7
    assert len(keys(snapshot, "journeys")) == 2


async def test_paths_that_hold_the_arrow_do_not_fall_together() -> None:
    answer = [{"items": ["a → b"], "count": 1}, {"items": ["a", "b"], "count": 2}]
    snapshot = await answered("journey", answer)
    assert {key: cells(snapshot, "journeys", key)["visits"] for key in keys(snapshot, "journeys")} == {
        '["a → b"]': 1,
        '["a","b"]': 2,
    }


async def test_a_list_as_long_as_the_service_gives_is_shown_and_never_compared() -> None:
    ways = [{"items": [f"/{n}", None], "count": 1} for n in range(100)]
    full = await answered("journey", ways)
    part = await answered("journey", ways[:99])
    journeys = (full.table("journeys"), part.table("journeys"))
    assert [table.sliced for table in journeys if table is not None] == [True, False]
    assert full.notes == ("journeys: only the 100 ways that Umami gives, not all",)
    assert part.notes == ()


async def test_days_that_passed_without_anybody_coming_back_are_zero() -> None:
    snapshot = await answered("retention")
    first = [cells(snapshot, "cohorts", f"2026-11-16|{day:02}") for day in range(7)]
    assert [row["return_visitors"] for row in first] == [10, 0, 3, 0, 0, 0, 0]
    assert [row["percentage"] for row in first] == [1.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0]
    assert {row["visitors"] for row in first} == {10}
    assert "2026-11-16|07" not in keys(snapshot, "cohorts")
    assert keys(snapshot, "cohorts")[-3:] == ["2026-11-21|00", "2026-11-21|01", "2026-11-22|00"]


async def test_a_day_without_newcomers_has_no_share_of_any() -> None:
    row = cells(await answered("retention"), "cohorts", "2026-11-18|00")
    assert row == {"date": "2026-11-18", "day": 0, "visitors": 0, "return_visitors": 0, "percentage": None}


async def test_an_instant_of_the_cloud_is_the_local_day_of_the_zone() -> None:
    """2026-11-15T23:00Z is midnight of the 16th in Berlin, and still the 15th in Los Angeles."""
    answer = [{"date": "2026-11-15T23:00:00Z", "day": 0, "visitors": 1, "returnVisitors": 1, "percentage": 100}]
    assert cells(await answered("retention", answer), "cohorts", "2026-11-16|00")["visitors"] == 1
    west = await answered("retention", answer, timezone="America/Los_Angeles")
    assert cells(west, "cohorts", "2026-11-15|00")["visitors"] == 1


async def test_revenue_is_minor_units_of_its_currency() -> None:
    snapshot = await answered("revenue")
    assert totals(snapshot) == {
        "revenue": 22850,
        "transactions": 3,
        "unique_customers": 2,
        "average": 7617,
        "sessions": 120,
        "revenue_per_session": 190,
    }
    assert {m.currency for m in snapshot.measures if m.kind is Kind.MONEY} == {"USD"}
    chart = cells(snapshot, "chart", "2026-11-16|purchase")
    assert chart == {
        "date": "2026-11-16",
        "event": "purchase",
        "revenue": 2950,
        "currency": "USD",
        "transactions": 2,
    }
    assert cells(snapshot, "region", '["DE","DE-BE"]') == {
        "country": "DE",
        "name": "DE-BE",
        "revenue": 19900,
        "currency": "USD",
    }


async def test_days_without_a_sale_are_zero_in_the_chart() -> None:
    snapshot = await answered("revenue")
    days = [cells(snapshot, "chart", key) for key in keys(snapshot, "chart")]
    assert [day["date"] for day in days] == [f"2026-11-{day}" for day in range(16, 23)]
    assert [day["revenue"] for day in days] == [2950, 0, 0, 19900, 0, 0, 0]


async def test_a_referrer_that_is_null_and_one_that_is_empty_are_both_direct() -> None:
    snapshot = await answered("revenue")
    assert cells(snapshot, "referrer", "[null]") == {"name": "(direct)", "revenue": 19950, "currency": "USD"}
    assert cells(snapshot, "country", "[null]")["name"] == "(none)"


async def test_without_a_sale_there_is_no_sum_and_no_average() -> None:
    whole = {"sum": None, "count": 0, "unique_count": 0, "total_sessions": 0, "average": 0, "arpu": 0}
    empty = {"chart": [], "country": [], "region": [], "referrer": [], "channel": [], "total": whole}
    snapshot = await answered("revenue", empty)
    told = totals(snapshot)
    names = ("revenue", "average", "revenue_per_session", "transactions")
    assert [told[name] for name in names] == [None, None, None, 0]
    assert why_null(snapshot) == {
        "revenue": "nothing was sold",
        "average": "nothing was sold",
        "revenue_per_session": "nobody came",
    }


async def test_version_3_0_tells_less_of_revenue_and_that_is_said() -> None:
    answer = {
        "chart": [{"x": "sale", "t": "2026-11-16T23:00:00Z", "y": 400}],
        "country": [{"name": "US", "value": 400}],
        "total": {"sum": 400, "count": 1, "unique_count": 1, "average": 400},
    }
    snapshot = await answered("revenue", answer)
    assert [table.id for table in snapshot.tables] == ["chart", "country"]
    assert cells(snapshot, "chart", "2026-11-17|sale") == {
        "date": "2026-11-17",
        "event": "sale",
        "revenue": 40000,
        "currency": "USD",
        "transactions": None,
    }
    assert len(snapshot.notes) == 3
    assert "revenue_per_session" not in totals(snapshot)


async def test_an_amount_finer_than_its_currency_is_rounded_and_noted() -> None:
    answer = copied(ANSWERS["revenue"])
    answer["country"] = [{"name": "JP", "value": "1200.5"}]
    snapshot = await answered("revenue", answer, currency="jpy")
    assert cells(snapshot, "country", '["JP"]') == {"name": "JP", "revenue": 1200, "currency": "JPY"}
    assert "country: amounts finer than the smallest unit of JPY were rounded" in snapshot.notes


async def test_utm_has_a_table_for_each_parameter() -> None:
    snapshot = await answered("utm")
    assert [table.id for table in snapshot.tables] == [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
    ]
    assert cells(snapshot, "utm_source", '["<!channel>"]') == {"name": "<!channel>", "views": 3}
    assert keys(snapshot, "utm_term") == []


async def test_attribution_has_a_table_for_each_origin_and_totals() -> None:
    snapshot = await answered("attribution")
    assert totals(snapshot) == {"pageviews": 21, "visitors": 17, "visits": 18}
    assert cells(snapshot, "paid_ads", '["Google Ads"]') == {"name": "Google Ads", "value": 4}
    assert cells(snapshot, "referrer", '["search.example"]')["value"] == 12
    assert cells(snapshot, "utm_source", '["newsletter"]')["value"] == 5


async def test_twenty_origins_may_lack_others() -> None:
    answer = copied(ANSWERS["attribution"])
    answer["referrer"] = [{"name": f"{n}.example", "value": 1} for n in range(20)]
    snapshot = await answered("attribution", answer)
    assert [table.id for table in snapshot.tables if table.sliced] == ["referrer"]
    assert snapshot.notes == ("referrer: only the 20 largest, which is all that Umami gives",)


async def test_a_breakdown_is_keyed_by_the_values_of_its_fields() -> None:
    snapshot = await answered("breakdown")
    assert cells(snapshot, "breakdown", '["Mac OS","DE"]') == {
        "os": "Mac OS",
        "country": "DE",
        "views": 37,
        "visitors": 20,
        "visits": 25,
        "bounces": 6,
        "total_time": 4210,
    }
    assert cells(snapshot, "breakdown", '[null,"FR"]')["os"] == "(none)"


async def test_two_rows_of_the_same_fields_are_refused() -> None:
    answer = [ANSWERS["breakdown"][0]] * 2
    with pytest.raises(SourceShapeChanged, match=r"body\[1\]: expected one row for"):
        await answered("breakdown", answer)


async def test_performance_is_milliseconds_and_thousandths() -> None:
    snapshot = await answered("performance")
    told = totals(snapshot)
    assert (told["lcp_ms.p75"], told["inp_ms.p50"], told["cls_thousandths.p50"]) == (2900, 90, 59)
    assert told["measured"] == 40
    assert cells(snapshot, "pages", '["/"]') == {"name": "/", "p50": 2100, "p75": 2900, "p95": 3300, "measured": 40}
    assert cells(snapshot, "page_titles", "[null]")["name"] == "(none)"
    assert keys(snapshot, "chart") == ["2026-11-17"]


async def test_nothing_measured_is_no_speed_of_zero() -> None:
    answer = copied(ANSWERS["performance"])
    zero = {"p50": 0, "p75": 0, "p95": 0}
    answer["summary"] = {**dict.fromkeys(("lcp", "inp", "cls", "fcp", "ttfb"), zero), "count": 0}
    answer |= {"chart": [], "pages": [], "pageTitles": []}
    snapshot = await answered("performance", answer)
    assert totals(snapshot)["lcp_ms.p50"] is None
    assert why_null(snapshot)["p50"] == "nothing was measured"
    assert keys(snapshot, "chart") == []


async def test_stats_are_totals_and_the_share_of_bounces() -> None:
    assert totals(await answered("stats")) == {
        "pageviews": 500,
        "visitors": 120,
        "visits": 160,
        "bounces": 40,
        "total_time": 36000,
        "bounce_rate": 0.25,
        "time_per_visit": 225.0,
    }


async def test_hostile_names_come_through_as_they_are() -> None:
    names = ["<script>alert(1)</script>", "<!channel>", "{{7*7}}", "'\"|,", "日本語", "\u202eevil", "a\nb", "\ud800"]
    answer = copied(ANSWERS["utm"])
    answer["utm_term"] = [{"utm": name, "views": n} for n, name in enumerate(names)]
    snapshot = await answered("utm", answer)
    table = snapshot.table("utm_term")
    assert table is not None
    assert {row.cells for row in table.rows} == {
        (name.encode("utf-8", "replace").decode(), n) for n, name in enumerate(names)
    }


async def test_years_without_anybody_are_not_filled_day_by_day() -> None:
    years = Window(datetime(1970, 1, 1, tzinfo=UTC), WEEK.end, WEEK.zone, "all-time")
    assert keys(await answered("retention", [], over=years), "cohorts") == []
    assert len(keys(await answered("retention", []), "cohorts")) == 7


async def test_a_way_without_a_step_is_refused() -> None:
    with pytest.raises(SourceShapeChanged, match=r"body\[0\]\.items: expected a step at least, found a list"):
        await answered("journey", [{"items": [None, None], "count": 3}])


async def test_a_cohort_of_nobody_has_no_share_on_any_day() -> None:
    empty = {"date": "2026-11-20 00:00:00", "day": 0, "visitors": 0, "returnVisitors": 0, "percentage": None}
    snapshot = await answered("retention", [empty])
    days = [cells(snapshot, "cohorts", f"2026-11-20|{day:02}") for day in range(3)]
    assert [(day["return_visitors"], day["percentage"]) for day in days] == [(0, None)] * 3
