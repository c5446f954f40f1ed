"""What is sent: bodies, windows as inclusive instants, zones, filters, comparisons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.umami.account import (
    BEFORE,
    KEY,
    NOW,
    QUICK,
    SITE,
    WEEK,
    Account,
    Clock,
    answered,
    keys,
    question,
    umami,
)
from tests.support.scripted_http import scripted
from worker.domain.schedule import Query
from worker.domain.time.window import Window, WindowSpec, resolve
from worker.errors import SourceRefused
from worker.ports import Question
from worker.sources.umami import asking, open_source
from worker.sources.umami.asking import dates
from worker.sources.umami.fingerprint import fingerprint
from worker.sources.umami.values import closing, opening

START, END = "2026-11-15T23:00:00.000Z", "2026-11-22T22:59:59.999Z"


async def sent(query: str, **params: Any) -> dict[str, Any]:
    async with umami(Account()) as (source, server):
        await source.fetch(question(query, **params))
    body: dict[str, Any] = server.asked[-1].json
    assert server.asked[-1].path == f"/api/reports/{body['type']}"
    return body


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("funnel", {"steps": [{"type": "path", "value": "/"}, {"type": "event", "value": "signup"}], "window": 60}),
        ("goal", {"type": "event", "value": "signup"}),
        ("journey", {"steps": 3}),
        ("retention", {"timezone": "Europe/Berlin"}),
        ("revenue", {"currency": "USD", "timezone": "Europe/Berlin", "unit": "day"}),
        ("utm", {}),
        ("attribution", {"model": "first-click", "type": "path", "step": "/pricing"}),
        ("breakdown", {"fields": ["os", "country"]}),
        ("performance", {"timezone": "Europe/Berlin", "unit": "day", "metric": "lcp"}),
    ],
)
async def test_a_report_is_asked_for_with_its_own_parameters_and_nothing_else(query: str, parameters: Any) -> None:
    assert await sent(query) == {
        "websiteId": SITE,
        "type": query,
        "filters": {},
        "parameters": {**parameters, "startDate": START, "endDate": END},
    }


async def test_stats_are_asked_for_in_milliseconds_under_the_names_that_work() -> None:
    async with umami(Account()) as (source, server):
        await source.fetch(question("stats", filters={"country": ["US", "DE"]}))
    asked = server.asked[-1]
    assert (asked.method, asked.path) == ("GET", f"/api/websites/{SITE}/stats")
    assert asked.params == {"startAt": "1794783600000", "endAt": "1795388399999", "country": "US,DE"}


@pytest.mark.parametrize(("written", "said"), [("goals", "goal"), ("utmFilters", "utm")])
async def test_the_documentations_spelling_is_taken_and_said(written: str, said: str) -> None:
    account = Account()
    params = question(said).item.params
    ask = replace(question(said), item=Query("q", "umami", written, window=WindowSpec("last-week"), params=params))
    async with umami(account) as (source, server):
        snapshot = (await source.fetch(ask)).snapshot
        plain = (await source.fetch(question(said))).snapshot
    assert server.asked[-2].path == f"/api/reports/{said}"
    assert snapshot.notes == (f"query: {written} is called {said} by Umami: write {said}",)
    assert snapshot.fingerprint == plain.fingerprint


@pytest.mark.parametrize(("written", "model"), [("firstClick", "first-click"), ("lastClick", "last-click")])
async def test_the_documentations_models_are_sent_as_the_server_takes_them(written: str, model: str) -> None:
    assert (await sent("attribution", model=written))["parameters"]["model"] == model


@pytest.mark.parametrize(
    ("written", "minutes", "notes"),
    [
        ("60", 60, ("window: 60 was read as minutes",)),
        ("60m", 60, ()),
        ("7d", 10080, ()),
        ("1h30m", 90, ()),
        ("90s", 1.5, ()),
        (60, 60, ("window: 60 was read as minutes",)),
    ],
)
async def test_a_funnels_window_is_minutes_and_a_bare_number_says_so(written: Any, minutes: float, notes: Any) -> None:
    assert (await sent("funnel", window=written))["parameters"]["window"] == minutes
    assert (await answered("funnel", window=written)).notes == notes


async def test_steps_may_be_mappings_with_filters_of_their_own() -> None:
    own = [{"property": "plan", "operator": "eq", "value": "pro"}]
    steps = [{"type": "path", "value": "/"}, {"type": "event", "value": "signup", "filters": own}]
    assert (await sent("funnel", steps=steps))["parameters"]["steps"] == steps


async def test_filters_are_texts_whatever_they_were_written_as() -> None:
    filters = {"country": ["US", "DE"], "excludeBounce": True, "eventType": 1, "path": "neq./admin"}
    async with umami(Account()) as (source, server):
        await source.fetch(question("stats", filters=filters))
    assert {name: text for name, text in server.asked[-1].params.items() if name in filters} == {
        "country": "US,DE",
        "excludeBounce": "true",
        "eventType": "1",
        "path": "neq./admin",
    }


async def test_utc_in_small_letters_would_be_the_databases_zone() -> None:
    assert (await sent("retention", timezone="utc"))["parameters"]["timezone"] == "UTC"


async def test_a_comparison_is_a_second_call_over_its_own_window() -> None:
    async with umami(Account()) as (source, server):
        answer = await source.fetch(question("goal", compared=BEFORE))
    bodies = [asked.json["parameters"] for asked in server.to("/api/reports/goal")]
    assert {(body["startDate"], body["endDate"]) for body in bodies} == {
        (START, END),
        ("2026-11-08T23:00:00.000Z", "2026-11-15T22:59:59.999Z"),
    }
    assert answer.compared is not None
    assert (answer.snapshot.window, answer.compared.window) == (WEEK, BEFORE)
    assert answer.snapshot.fingerprint == answer.compared.fingerprint


async def test_a_window_that_is_still_open_has_no_zeros_for_days_to_come() -> None:
    """It is read on Monday the 23rd at 15:00 in Berlin."""
    open_week = Window(
        datetime(2026, 11, 18, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC), "Europe/Berlin", "x"
    )
    snapshot = await answered("revenue", over=open_week)
    assert keys(snapshot, "chart")[-1] == "2026-11-23|purchase"


@pytest.mark.parametrize(
    ("params", "window", "start", "end"),
    [
        (
            {"startDate": "2026-11-01", "endDate": "2026-11-07"},
            (datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 7, 23, tzinfo=UTC)),
            "2026-10-31T23:00:00.000Z",
            "2026-11-07T22:59:59.999Z",
        ),
        (
            {"startDate": "2025-10-19T07:00:00.000Z", "endDate": "2025-10-26T06:59:59.999Z"},
            (datetime(2025, 10, 19, 7, tzinfo=UTC), datetime(2025, 10, 26, 7, tzinfo=UTC)),
            "2025-10-19T07:00:00.000Z",
            "2025-10-26T06:59:59.999Z",
        ),
        (
            {"startDate": "1794783600000", "endDate": "1795388399999"},
            (WEEK.start, WEEK.end),
            START,
            END,
        ),
        (
            {"startDate": "2026-11-01T09:00:00", "endDate": "2026-11-01T17:30:00"},
            (datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 1, 16, 30, 0, 1000, tzinfo=UTC)),
            "2026-11-01T08:00:00.000Z",
            "2026-11-01T16:30:00.000Z",
        ),
    ],
)
async def test_the_apis_own_dates_hold_both_their_ends(params: Any, window: Any, start: str, end: str) -> None:
    asked = question("goal", over=None, **params)
    async with umami(Account()) as (source, server):
        snapshot = (await source.fetch(asked)).snapshot
    sent_dates = server.asked[-1].json["parameters"]
    assert (sent_dates["startDate"], sent_dates["endDate"]) == (start, end)
    assert snapshot.window is not None
    assert (snapshot.window.start, snapshot.window.end) == window


async def test_ranges_as_written_are_sent_as_they_stand() -> None:
    params = {**question("goal").item.params, "startDate": "2026-11-01", "endDate": "1795388399999"}
    ask = Question(Query("q", "umami", "goal", params=params, as_written=True), NOW, "Europe/Berlin", None, None)
    async with umami(Account()) as (source, server):
        snapshot = (await source.fetch(ask)).snapshot
    body = server.asked[-1].json["parameters"]
    assert (body["startDate"], body["endDate"]) == ("2026-11-01", 1795388399999)
    assert snapshot.window is None


@pytest.mark.parametrize(
    ("zone", "name", "slot", "start", "end"),
    [
        ("Europe/Berlin", "yesterday", (2026, 3, 30, 9), "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z"),
        ("Europe/Berlin", "yesterday", (2026, 10, 26, 9), "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z"),
        ("America/New_York", "last-week", (2026, 3, 10, 9), "2026-03-02T05:00:00.000Z", "2026-03-09T03:59:59.999Z"),
        ("America/Havana", "yesterday", (2026, 3, 9, 15), "2026-03-08T05:00:00.000Z", "2026-03-09T03:59:59.999Z"),
        ("Asia/Kolkata", "last-month", (2026, 11, 20, 0), "2026-09-30T18:30:00.000Z", "2026-10-31T18:29:59.999Z"),
    ],
)
def test_windows_over_a_change_of_clocks_are_their_own_instants(
    zone: str, name: str, slot: tuple[int, int, int, int], start: str, end: str
) -> None:
    moment = datetime(*slot, tzinfo=UTC)
    window = resolve(WindowSpec(name), moment, zone)
    item = Query("q", "umami", "goal", window=WindowSpec(name))
    base, against = dates(Question(item, moment, zone, window, None))
    assert (base.start, base.end, against) == (start, end, None)


async def test_the_days_of_a_chart_are_filled_over_a_change_of_clocks() -> None:
    window = Window(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC), "Europe/Berlin", "x")
    answer = Account().answers["revenue"] | {"chart": [{"x": "sale", "t": "2026-03-30 00:00:00", "y": "1", "count": 1}]}
    snapshot = await answered("revenue", answer, over=window)
    chart = snapshot.table("chart")
    assert chart is not None
    assert keys(snapshot, "chart") == ["2026-03-29|sale", "2026-03-30|sale"]
    assert [chart.record(row)["revenue"] for row in chart.rows] == [0, 100]


moments = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(  # noqa: DTZ001  # made aware just below
    lambda naive: naive.replace(microsecond=naive.microsecond // 1000 * 1000, tzinfo=UTC)
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])


@given(moments, st.integers(1, 10**10), zones)
def test_half_open_windows_and_inclusive_ranges_say_the_same(start: datetime, length: int, zone: str) -> None:
    """An instant in whole milliseconds is within the window exactly if it is within what is sent."""
    window = Window(start, start + timedelta(milliseconds=length), zone, "x")
    told = asking.of_window(window)
    first, last = opening(str(told.start)), opening(str(told.end))
    assert (first, last) == (window.start, window.end - timedelta(milliseconds=1))
    assert closing(str(told.end)) == window.end


@given(moments, zones)
def test_what_is_sent_reads_as_the_same_instant_whatever_zone_it_was_written_in(moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    assert opening(asking.stamp(local)) == moment
    assert asking.stamp(local).endswith("Z")


def test_two_answers_are_comparable_only_over_the_same_website_report_and_parameters() -> None:
    def of(query: str, **params: Any) -> str:
        ask = question(query, **params)
        return fingerprint(asking.question(query, ask, str(ask.item.params["websiteId"]), ask.item.params), ask.item)

    same = of("goal")
    assert same == of("goal", over=BEFORE)
    assert of("funnel", window="60") == of("funnel", window="1h")
    assert of("attribution", model="firstClick") == of("attribution", model="first-click")
    assert of("revenue") == of("revenue", currency="USD", unit="day", timezone="Europe/Berlin")
    others = [of("goal", value="x"), of("goal", websiteId="other"), of("goal", filters={"os": "iOS"}), of("utm")]
    assert len({same, *others}) == 5


async def test_stats_as_written_take_instants_and_milliseconds() -> None:
    params = {"websiteId": SITE, "startDate": "2026-11-15T23:00:00Z", "endDate": "1795388399999"}
    ask = Question(Query("q", "umami", "stats", params=params, as_written=True), NOW, "Europe/Berlin", None, None)
    async with umami(Account()) as (source, server):
        assert (await source.fetch(ask)).snapshot.window is None
    assert server.asked[-1].params == {"startAt": "1794783600000", "endAt": "1795388399999"}


async def test_without_a_window_of_ours_nothing_is_filled_in() -> None:
    params = {"websiteId": SITE, "startDate": "2026-11-01", "endDate": "2026-11-30"}
    ask = Question(Query("q", "umami", "retention", params=params, as_written=True), NOW, "Europe/Berlin", None, None)
    async with umami(Account()) as (source, _):
        snapshot = (await source.fetch(ask)).snapshot
    assert keys(snapshot, "cohorts") == ["2026-11-16|00", "2026-11-16|02", "2026-11-21|00"]


async def test_a_question_without_any_stretch_of_time_is_not_sent() -> None:
    async with umami(Account()) as (source, server):
        with pytest.raises(SourceRefused, match=r"^goal: no stretch of time; write window:$"):
            await source.fetch(question("goal", over=None))
    assert [asked.path for asked in server.asked] == []


async def test_the_clouds_silence_about_old_ranges_is_noted() -> None:
    long = Window(WEEK.start - timedelta(days=300), WEEK.end, WEEK.zone, "x")
    async with scripted(Account().answer) as server:
        source = open_source({"base_url": f"{server.url}/v1", "api_key": KEY}, clock=Clock(), tuning=QUICK)
        old = (await source.fetch(question("goal", over=long))).snapshot
        new = (await source.fetch(question("goal"))).snapshot
        await source.aclose()
    async with umami(Account()) as (own, _):
        assert (await own.fetch(question("goal", over=long))).snapshot.notes == ()
    assert old.notes == ("without a subscription Umami Cloud counts the last six months only",)
    assert new.notes == ()
