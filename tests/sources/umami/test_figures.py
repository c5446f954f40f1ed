"""Figures that a real server showed to be a little wrong: zeros that are nulls, lost cents, parts beside the whole."""

from typing import Any

import pytest

from tests.sources.umami.account import ANSWERS, REPORT, Account, answered, cells, copied, question, totals, umami
from tests.sources.umami.test_saved import account, asking, kept
from worker.errors import SourceRefused

NOTHING = {"p50": 0, "p75": 0, "p95": 0}


def only_lcp() -> dict[str, Any]:
    """What a server writes for a site whose tracker sent nothing but LCP."""
    answer: dict[str, Any] = copied(ANSWERS["performance"])
    answer["summary"] |= dict.fromkeys(("inp", "cls", "fcp", "ttfb"), NOTHING)
    return answer


async def test_a_speed_that_was_never_measured_is_null_and_not_zero() -> None:
    told = totals(await answered("performance", only_lcp()))
    assert told["lcp_ms.p50"] == 2100
    for name in ("inp_ms", "fcp_ms", "ttfb_ms"):
        assert [told[f"{name}.{percentile}"] for percentile in ("p50", "p75", "p95")] == [None, None, None]


async def test_a_layout_that_never_shifts_is_a_measured_zero() -> None:
    assert totals(await answered("performance", only_lcp()))["cls_thousandths.p95"] == 0


async def test_a_speed_that_is_zero_for_half_of_the_visits_stays_zero() -> None:
    answer = only_lcp()
    answer["summary"]["ttfb"] = {"p50": 0, "p75": 3, "p95": 120}
    told = totals(await answered("performance", answer))
    assert (told["ttfb_ms.p50"], told["ttfb_ms.p95"]) == (0, 120)


async def test_rows_of_a_metric_that_was_never_measured_are_null_too() -> None:
    answer = only_lcp()
    answer["pages"] = [{"name": "/", **NOTHING, "count": 3}]
    answer["chart"] = [{"t": "2026-11-17 00:00:00", **NOTHING}]
    snapshot = await answered("performance", answer, metric="inp")
    assert [cells(snapshot, "pages", '["/"]')[name] for name in ("p50", "p75", "p95")] == [None, None, None]
    assert cells(snapshot, "chart", "2026-11-17")["p50"] is None


async def test_amounts_of_one_origin_are_rounded_once_after_they_are_added() -> None:
    answer = copied(ANSWERS["revenue"])
    answer["referrer"] = [{"name": "", "value": "60.4167"}, {"name": None, "value": "0.1667"}]
    snapshot = await answered("revenue", answer)
    assert cells(snapshot, "referrer", "[null]")["revenue"] == 6058


async def test_amounts_finer_than_a_cent_are_said_once_for_each_list() -> None:
    answer = copied(ANSWERS["revenue"])
    answer["country"] = [{"name": "DE", "value": "60.4167"}, {"name": "FR", "value": "0.1667"}]
    answer["total"]["sum"] = "60.5834"
    assert (await answered("revenue", answer)).notes == (
        "country: amounts finer than the smallest unit of USD were rounded",
        "total: amounts finer than the smallest unit of USD were rounded",
    )


async def test_sessions_of_the_whole_site_do_not_stand_beside_revenue_of_a_part() -> None:
    """Umami counts the sessions of everybody, whatever the filter is."""
    part = await answered("revenue", filters={"os": "Mac OS"})
    assert {"sessions", "revenue_per_session"}.isdisjoint(totals(part))
    assert part.notes == ("sessions and revenue per session are left out: Umami counts them without the filters",)
    everybody = await answered("revenue")
    assert (totals(everybody)["sessions"], everybody.notes) == (120, ())


async def test_totals_of_umami_2_are_said_to_be_of_umami_2() -> None:
    names = ("pageviews", "visitors", "visits", "bounces", "totaltime")
    answer = {name: {"value": 5, "prev": 3} for name in names}
    async with umami(Account(stats=answer)) as (source, _):
        with pytest.raises(SourceRefused) as error:
            await source.fetch(question("stats"))
    assert str(error.value) == (
        "GET /websites/{id}/stats: this is Umami 2, which answers in another way; version 3 is needed"
    )


@pytest.mark.parametrize(
    ("kind", "parameters", "sentence"),
    [
        ("goal", {"type": "url", "value": "/pricing"}, "type: found 'url', expected path or event"),
        ("goal", {"type": "path", "value": 7}, "value: found 7, expected text"),
        ("attribution", {"model": "last-click", "type": "url", "step": "/"}, "type: found 'url'"),
        ("attribution", {"model": "middle", "type": "path", "step": "/"}, "model: found 'middle'"),
        ("journey", {"steps": 9}, "steps: found 9, expected 2 to 7"),
        ("journey", {"steps": "many"}, "steps: found 'many', expected 2 to 7"),
        ("journey", {"steps": 3, "startStep": 5}, "startStep: found 5, expected text"),
        ("breakdown", {"fields": ["url"]}, "fields: found ['url'], expected a list of path, referrer"),
        ("breakdown", {"fields": "os"}, "fields: found 'os', expected a list of path, referrer"),
        ("revenue", {"currency": "dollars"}, "currency: found 'dollars', expected three letters"),
        ("revenue", {"currency": "USD", "unit": "week"}, "unit: found 'week'"),
        ("performance", {"metric": "speed"}, "metric: found 'speed'"),
    ],
)
async def test_a_saved_report_whose_parameters_umami_would_misread_is_refused(
    kind: str, parameters: dict[str, Any], sentence: str
) -> None:
    async with umami(account(kept(kind, parameters=parameters))) as (source, server):
        with pytest.raises(SourceRefused) as error:
            await source.fetch(asking())
    assert f"GET /reports/{{id}}: the saved {kind} report cannot be run: {sentence}" in str(error.value)
    assert server.asked[-1].path == f"/api/reports/{REPORT}"


async def test_a_step_that_was_saved_as_null_is_left_out() -> None:
    saved = kept("journey", parameters={"steps": 3, "startStep": None, "endStep": None})
    async with umami(account(saved)) as (source, server):
        await source.fetch(asking())
    assert set(server.asked[-1].json["parameters"]) == {"steps", "startDate", "endDate"}


@pytest.mark.parametrize(("window", "minutes"), [(1.5, 1.5), ("1.5", 1.5), (2.0, 2), (60, 60)])
async def test_a_saved_window_may_be_a_part_of_a_minute(window: Any, minutes: float) -> None:
    steps = [{"type": "path", "value": "/"}, {"type": "event", "value": "signup"}]
    async with umami(account(kept("funnel", parameters={"steps": steps, "window": window}))) as (source, server):
        await source.fetch(asking())
    assert server.asked[-1].json["parameters"]["window"] == minutes


async def test_filters_that_were_saved_with_a_report_are_said_not_to_count() -> None:
    saved = kept(parameters={"type": "event", "value": "signup", "filters": {"country": "DE"}})
    async with umami(account(saved)) as (source, server):
        snapshot = (await source.fetch(asking())).snapshot
    assert server.asked[-1].json["filters"] == {}
    assert snapshot.notes == (
        "the saved report holds filters, which Umami does not apply when it is run; write them below params.filters",
    )
