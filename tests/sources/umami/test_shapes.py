"""Whatever Umami may answer: valid bodies come through field by field, spoilt ones are named by their place."""

import asyncio
import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.umami.account import ANSWERS, NOW, PARAMS, SITE, WEEK, copied, question
from worker.domain.snapshot.snapshot import Cell, Table
from worker.errors import SourceShapeChanged
from worker.sources.common.parse import read_answer
from worker.sources.umami import asking
from worker.sources.umami.scene import Scene
from worker.sources.umami.source import _REPORTS
from worker.sources.umami.tables import ReportAnswer

names = st.text(st.characters(codec="utf-8"), max_size=12)
"""What visitors send: anything at all that UTF-8 carries."""
counts = st.integers(0, 2**40)
written = st.sampled_from([int, str])
"""PostgreSQL writes sums as text, ClickHouse as numbers."""


def read(query: str, answer: Any, **params: Any) -> ReportAnswer:
    ask = question(query, **{**PARAMS[query], **params})
    asked = asking.question(query, ask, SITE, ask.item.params)
    node = asyncio.run(read_answer(f"POST /reports/{query}", json.dumps(answer).encode(), ()))
    return _REPORTS[query](node, Scene(asked, WEEK, NOW))


def outcome(query: str, answer: Any) -> ReportAnswer | SourceShapeChanged:
    """Anything else that is raised is a bug."""
    try:
        return read(query, answer)
    except SourceShapeChanged as error:
        return error


def table(parts: ReportAnswer, table_id: str) -> Table:
    return next(table for table in parts.tables if table.id == table_id)


def records(parts: ReportAnswer, table_id: str) -> dict[str, dict[str, Cell]]:
    found = table(parts, table_id)
    return {row.key: found.record(row) for row in found.rows}


@given(st.lists(st.tuples(st.sampled_from(["path", "event"]), names.filter(str.strip), counts), min_size=2, max_size=8))
def test_any_funnel_comes_through(steps: list[tuple[str, str, int]]) -> None:
    visitors = sorted((n for _, _, n in steps), reverse=True)
    answer = []
    for position, (kind, value, _) in enumerate(steps):
        previous = visitors[position - 1] if position else 0
        answer.append(
            {
                "type": kind,
                "value": value,
                "visitors": visitors[position],
                "previous": previous,
                "dropped": previous - visitors[position] if position else 0,
                "dropoff": 1 - visitors[position] / previous if previous else None,
                "remaining": visitors[position] / visitors[0] if visitors[0] else None,
            }
        )
    parts = read("funnel", answer, steps=[{"type": kind, "value": value} for kind, value, _ in steps])
    rows = records(parts, "stages")
    assert [rows[str(n + 1)]["label"] for n in range(len(steps))] == [value for _, value, _ in steps]
    for n, told in enumerate(answer):
        row = rows[str(n + 1)]
        assert (row["count"], row["dropped"]) == (told["visitors"], told["dropped"])
        assert (row["dropoff"], row["remaining"]) == (told["dropoff"], told["remaining"])
        assert (row["type"] == "won") == (n == len(steps) - 1)


@given(st.lists(st.tuples(st.lists(names, min_size=1, max_size=4), st.integers(0, 2), counts), max_size=30))
def test_journeys_add_up_to_all_visits_whatever_the_paths_are(ways: list[tuple[list[str], int, int]]) -> None:
    answer = [{"items": [*way, *[None] * nulls], "count": n} for way, nulls, n in ways]
    rows = records(read("journey", answer), "journeys")
    assert sum(int(str(row["visits"])) for row in rows.values()) == sum(n for _, _, n in ways)
    assert {tuple(json.loads(key)) for key in rows} == {tuple(way) for way, _, _ in ways}


@given(
    st.dictionaries(st.tuples(names | st.none(), names | st.none()), st.lists(counts, min_size=5, max_size=5)), written
)
def test_any_breakdown_comes_through_as_numbers_or_as_text(groups: Any, kind: Any) -> None:
    answer = [
        {
            "views": kind(views),
            "visitors": visitors,
            "visits": visits,
            "bounces": bounces,
            "totaltime": kind(seconds),
            "os": os,
            "country": country,
        }
        for (os, country), (views, visitors, visits, bounces, seconds) in groups.items()
    ]
    rows = records(read("breakdown", answer), "breakdown")
    assert len(rows) == len(groups)
    for names_of, told in groups.items():
        row = rows[json.dumps(names_of, ensure_ascii=False, separators=(",", ":"))]
        assert [row[name] for name in ("views", "visitors", "visits", "bounces", "total_time")] == told


amounts = st.decimals(0, 10**9, places=2)


@given(st.lists(st.tuples(names | st.none(), amounts), max_size=12), st.booleans())
def test_revenue_by_name_keeps_every_cent(origins: list[tuple[str | None, Decimal]], text: bool) -> None:
    answer = copied(ANSWERS["revenue"])
    answer["referrer"] = [{"name": name, "value": str(a) if text else float(a)} for name, a in origins]
    rows = records(read("revenue", answer), "referrer")
    assert sum(int(str(row["revenue"])) for row in rows.values()) == sum(int(a * 100) for _, a in origins)
    assert set(rows) == {json.dumps([name or None], ensure_ascii=False) for name, _ in origins}


days = st.dates(date(2026, 11, 16), date(2026, 11, 22))


@given(st.dictionaries(st.tuples(days, st.sampled_from(["sale", "a|b", "日"])), amounts, max_size=12))
def test_every_day_of_the_window_is_in_the_chart_once_for_each_event(sold: dict[tuple[date, str], Decimal]) -> None:
    answer = copied(ANSWERS["revenue"])
    answer["chart"] = [{"x": e, "t": f"{d} 00:00:00", "y": str(a), "count": 1} for (d, e), a in sold.items()]
    rows = records(read("revenue", answer), "chart").values()
    events = {event for _, event in sold}
    expected = {(d.isoformat(), e) for e in events for d in (date(2026, 11, 16) + timedelta(n) for n in range(7))}
    assert {(row["date"], row["event"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        sale = sold.get((date.fromisoformat(str(row["date"])), str(row["event"])))
        assert (row["revenue"], row["transactions"]) == ((0, 0) if sale is None else (int(sale * 100), 1))


@given(st.dictionaries(days, st.tuples(st.integers(1, 500), st.dictionaries(st.integers(0, 31), st.integers(0, 500)))))
def test_any_retention_comes_through_and_its_silence_is_zero_as_far_as_it_has_passed(cohorts: Any) -> None:
    answer = [
        {
            "date": f"{first} 00:00:00",
            "day": day,
            "visitors": size,
            "returnVisitors": min(size, back),
            "percentage": min(size, back) * 100 / size,
        }
        for first, (size, returned) in cohorts.items()
        for day, back in {0: size, **returned}.items()
    ]
    rows = records(read("retention", answer), "cohorts")
    for told in answer:
        row = rows[f"{told['date'][:10]}|{told['day']:02}"]
        assert (row["visitors"], row["return_visitors"]) == (told["visitors"], told["returnVisitors"])
        assert math.isclose(float(str(row["percentage"])), told["percentage"] / 100)
    came = {f"{told['date'][:10]}|{told['day']:02}" for told in answer}
    for key in set(rows) - came:
        first, day = date.fromisoformat(key[:10]), int(key[11:])
        assert first + timedelta(day) <= date(2026, 11, 22)
        assert rows[key]["return_visitors"] == 0


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value below an answer."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in below:
        yield (*at, step)
        yield from places(part, (*at, step))


def printed(at: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    return f"body{text}" if isinstance(at[0], int) else text[1:]


UNREAD = {"comparison", "previous"}
"""What is answered and not used: a comparison is a call of its own."""
MAY_BE_NULL = {"dropoff", "remaining", "percentage", "sum", "p50", "p75", "p95", "name", "utm", "os", "country"}
"""Ratios of nothing, sums of nothing, speeds of nothing, and what a visitor did not send."""
MAY_BE_MISSING = {"region", "referrer", "channel", "total_sessions"}
"""Of revenue, which version 3.0 told less of; and the count of its chart."""
SPOILT: dict[str, Any] = {
    "null": None,
    "flag": True,
    "nested": {"a": [1]},
    "list": [[]],
    "words": "not a number",
    "negative": -7,
}
TEXTS = {"name", "utm", "os", "country", "x"}
ALL = [(query, at) for query, answer in ANSWERS.items() for at in places(answer)]


def lenient(query: str, at: tuple[str | int, ...], how: str) -> bool:
    """Whether the place may hold this: then nothing turns to zero or vanishes all the same."""
    last, in_row = str(at[-1]), len(at) > 1 and isinstance(at[-2], int)
    way = query == "journey" and len(at) == 3 and isinstance(at[-1], int)
    if UNREAD & set(at):
        return True
    if how == "negative":
        return query == "revenue" and last in {"y", "value", "sum", "average", "arpu"}  # money is also given back
    if how == "missing":
        return query == "revenue" and (last in MAY_BE_MISSING or (at[0] == "chart" and last == "count"))
    if how == "null":
        return way or (last in MAY_BE_NULL and (in_row or not isinstance(holding(ANSWERS[query], at)[last], list)))
    return how == "words" and (way or (last in TEXTS and in_row))


def holding(answer: Any, at: tuple[str | int, ...]) -> Any:
    for step in at[:-1]:
        answer = answer[step]
    return answer


@pytest.mark.parametrize(("query", "at"), ALL, ids=lambda part: part if isinstance(part, str) else printed(part))
def test_a_spoilt_answer_is_named_by_its_place(query: str, at: tuple[str | int, ...]) -> None:
    for how, value in SPOILT.items():
        answer = copied(ANSWERS[query])
        holding(answer, at)[at[-1]] = value
        judged(query, at, how, answer)
    if isinstance(at[-1], str):  # a row less is a shorter list, which no reader can tell from a whole one
        answer = copied(ANSWERS[query])
        del holding(answer, at)[at[-1]]
        judged(query, at, "missing", answer)


def judged(query: str, at: tuple[str | int, ...], how: str, answer: Any) -> None:
    if lenient(query, at, how):
        unharmed(query, answer)
        return
    found = outcome(query, answer)
    assert isinstance(found, SourceShapeChanged), f"{how}: nobody minded"
    assert found.path.startswith(printed(at)) or printed(at).startswith(found.path.removesuffix("body")), how


def unharmed(query: str, answer: Any) -> None:
    """No table that had rows is empty, and no figure that was something is zero."""
    before, after = read(query, ANSWERS[query]), read(query, answer)
    had = {table.id: len(table.rows) for table in before.tables}
    assert all(table.rows or not had[table.id] for table in after.tables)
    was = {measure.key: measure.value for measure in before.measures}
    assert all(measure.value != 0 or was[measure.key] == 0 for measure in after.measures)


@settings(max_examples=60)
@given(st.sampled_from(sorted(ANSWERS)), st.integers(0, 400))
def test_json_that_broke_off_anywhere_is_never_an_answer(query: str, cut: int) -> None:
    whole = json.dumps(ANSWERS[query]).encode()
    with pytest.raises(SourceShapeChanged) as error:
        asyncio.run(read_answer("POST /reports/x", whole[: min(cut, len(whole) - 1)], ()))
    assert error.value.path == "body"


@pytest.mark.parametrize("text", ["1e400", "NaN", "Infinity", "0x10", "1,5", "", " ", "9" * 41, "１２", "--1"])
def test_text_that_is_no_number_is_none(text: str) -> None:
    answer = copied(ANSWERS["revenue"])
    answer["country"][0]["value"] = text
    if text == "１２":
        assert records(read("revenue", answer), "country")['["DE"]']["revenue"] == 1200  # digits all the same
        return
    with pytest.raises(SourceShapeChanged, match=r"country\[0\]\.value: expected a number"):
        read("revenue", answer)


def test_a_day_that_is_told_twice_is_refused() -> None:
    answer = copied(ANSWERS["retention"])
    answer.append(answer[0])
    with pytest.raises(SourceShapeChanged, match=r"body\[3\]: expected one row for 2026-11-16\|00"):
        read("retention", answer)
    answer[3] = {**answer[0], "day": 1, "visitors": 99}
    with pytest.raises(SourceShapeChanged, match=r"body\[3\]\.visitors: expected the 10 visitors of the day's other"):
        read("retention", answer)


def test_a_long_window_is_filled_only_between_what_came() -> None:
    ask = question("revenue")
    asked = asking.question("revenue", ask, SITE, ask.item.params)
    long = type(WEEK)(datetime(1970, 1, 1, tzinfo=UTC), WEEK.end, WEEK.zone, "all-time")
    node = asyncio.run(read_answer("POST /reports/revenue", json.dumps(ANSWERS["revenue"]).encode(), ()))
    chart = next(t for t in _REPORTS["revenue"](node, Scene(asked, long, NOW)).tables if t.id == "chart")
    assert [row.key[:10] for row in chart.rows] == [f"2026-11-{day}" for day in range(16, 20)]


@pytest.mark.parametrize(
    ("unit", "shown", "expected"),
    [
        ("month", "2026-11-01 00:00:00", ["2026-11-01|sale"]),
        ("year", "2026-01-01 00:00:00", ["2026-01-01|sale"]),
        ("hour", "2026-11-16 09:00:00", ["2026-11-16T09:00|sale"]),
        ("minute", "2026-11-16 09:41:00", ["2026-11-16T09:41|sale"]),
    ],
)
def test_other_units_are_keyed_by_their_beginning(unit: str, shown: str, expected: list[str]) -> None:
    answer = copied(ANSWERS["revenue"])
    answer["chart"] = [{"x": "sale", "t": shown, "y": 1, "count": 1}]
    rows = records(read("revenue", answer, unit=unit), "chart")
    assert list(rows) == expected
    began = datetime.fromisoformat(shown).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    of_day = {"date": shown[:10]}
    of_instant = {"at": int(began.timestamp() * 1000)}
    own = {"event": "sale", "revenue": 100, "currency": "USD", "transactions": 1}
    assert rows[expected[0]] == (of_instant if unit in ("hour", "minute") else of_day) | own


@pytest.mark.parametrize("shown", ["0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59", "1970-01-01 00:00:00"])
@pytest.mark.parametrize("unit", ["day", "hour"])
def test_a_time_out_of_the_calendar_is_refused(shown: str, unit: str) -> None:
    answer = copied(ANSWERS["revenue"])
    answer["chart"][1]["t"] = shown
    with pytest.raises(SourceShapeChanged, match=r"chart\[1\]\.t: expected a time of this age"):
        read("revenue", answer, unit=unit)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.sampled_from(ALL), anything)
def test_whatever_stands_anywhere_is_an_answer_or_named_and_never_a_crash(
    place: tuple[str, tuple[str | int, ...]], value: Any
) -> None:
    query, at = place
    answer = copied(ANSWERS[query])
    holding(answer, at)[at[-1]] = value
    found = outcome(query, answer)
    if isinstance(found, ReportAnswer):
        assert all(measure.value is None or math.isfinite(measure.value) for measure in found.measures)
    else:
        assert found.path
        assert len(str(found)) < 300


@settings(max_examples=100)
@given(st.sampled_from(sorted(ANSWERS)), anything)
def test_any_json_at_all_is_an_answer_or_named(query: str, value: Any) -> None:
    found = outcome(query, value)
    assert isinstance(found, ReportAnswer) or found.path
