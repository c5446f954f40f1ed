"""What the next day asks of each connection."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.builders import open_deals
from tests.support.fakes import HOUR, HOURLY, NOW, TEAM, WEEKLY, OneQuery, Stepped, bundle_with
from worker.domain.schedule import Bundle
from worker.domain.snapshot.requests import RequestCount
from worker.domain.time.window import WindowSpec
from worker.flow.deploy.cost import DayCost, answer_cost, attached, cost, is_unknown, next_day
from worker.flow.deploy.last_answers import LastAnswers
from worker.ports.kinds import KeptNames, Price, QuerySpec

DEALS = WEEKLY.report[0]
PAGED = Price(requests=1, tokens=10, page=100)
DAILY = replace(WEEKLY, id="daily")
BOTH = bundle_with(WEEKLY, DAILY)


def priced(price: Price, names: KeptNames | None = None) -> Any:
    return OneQuery(QuerySpec("opportunities", "", False, (), price=price, names=names or KeptNames()))


def of(bundle: Bundle, price: Price = PAGED, names: KeptNames | None = None, **slots: Iterable[datetime]) -> DayCost:
    """The one connection's cost, whose lists had 250 rows when they were read last."""
    last = {name: LastAnswers({"deals": 250}) for name in slots}
    [one] = cost(priced(price, names), bundle, slots, last)
    return one


def test_equal_questions_of_one_slot_are_fetched_once_and_those_of_another_slot_are_not() -> None:
    assert of(BOTH, weekly=[NOW], daily=[NOW]) == DayCost("close", 2, 1, requests=3, tokens=30, unknown=0, measured=1)
    assert of(BOTH, weekly=[NOW], daily=[NOW + HOUR]).fetched == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(DAILY, report=(open_deals(status_type="won"),)),
        replace(DAILY, report=(replace(DEALS, window=WindowSpec("last-week")),)),
        replace(DAILY, report=(replace(DEALS, as_written=True),)),
        replace(DAILY, trigger=replace(HOURLY, zone="Europe/Berlin")),
        replace(DAILY, to=(replace(TEAM, attach=("deals",)),)),
    ],
    ids=["parameters", "window", "as written", "zone", "a file"],
)
def test_another_question_of_the_same_slot_is_fetched_by_itself(other: Any) -> None:
    assert of(bundle_with(WEEKLY, other), weekly=[NOW], daily=[NOW]).fetched == 2


def test_a_comparison_is_a_question_of_its_own_without_a_file() -> None:
    item = replace(DEALS, window=WindowSpec("last-week"), compare=WindowSpec("previous"))
    one = replace(WEEKLY, report=(item,), to=(replace(TEAM, attach=("deals",)),))
    found = of(bundle_with(one), Price(requests=2, file=5), weekly=[NOW])
    assert (found.asked, found.fetched, found.requests) == (2, 2, 2 + 5 + 2)


def test_names_are_asked_for_once_as_long_as_they_are_kept() -> None:
    slots = [NOW + timedelta(minutes=minutes) for minutes in (0, 2, 5, 9, 60)]
    found = of(bundle_with(WEEKLY), Price(), KeptNames(requests=4, tokens=8, kept=300.0), weekly=slots)
    assert (found.requests, found.tokens) == (5 + 3 * 4, 3 * 8)


def test_a_list_that_nobody_read_counts_as_the_least_that_it_takes() -> None:
    [found] = cost(priced(PAGED), bundle_with(WEEKLY), {"weekly": [NOW, NOW + HOUR]}, {})
    assert (found.requests, found.tokens, found.unknown) == (2, 20, 2)


def test_what_the_last_answer_took_goes_before_every_estimate_and_what_answers_share_is_counted_once() -> None:
    last = {"weekly": LastAnswers({}, {"deals": RequestCount(7, 70, {"GET /users/": (2, 5)})})}
    slots = {"weekly": [NOW, NOW + HOUR]}
    connectors = priced(replace(PAGED, more=True), KeptNames(requests=1, kept=86_400.0))
    [found] = cost(connectors, bundle_with(WEEKLY), slots, last)
    assert (found.requests, found.tokens, found.unknown) == (2 * 7 + 1 + 2, 2 * 70 + 5, 0)


def test_a_connection_that_nothing_asks_costs_nothing_and_is_not_listed() -> None:
    assert cost(priced(PAGED), bundle_with(WEEKLY), {"weekly": []}, {}) == ()


def test_the_next_day_has_the_slots_up_to_the_same_time_tomorrow() -> None:
    [found] = next_day(priced(Price()), Stepped(), bundle_with(WEEKLY), NOW)
    assert found.asked == 23
    paused = bundle_with(replace(WEEKLY, paused=True))
    assert next_day(priced(Price()), Stepped(), paused, NOW) == ()


@pytest.mark.parametrize(
    ("rows", "sent", "expected"),
    [
        (None, None, (1, 10)),
        (100, None, (1, 10)),
        (101, None, (2, 20)),
        (101, RequestCount(9, 4), (9, 4)),
    ],
)
def test_an_answer_costs_what_the_last_one_took_else_a_request_for_each_page(
    rows: int | None, sent: RequestCount | None, expected: tuple[int, int]
) -> None:
    assert answer_cost(PAGED, rows, sent) == expected


@pytest.mark.parametrize(("attach", "expected"), [((), False), (("deals",), True), (("other",), False)])
def test_a_file_is_attached_if_one_of_the_entries_names_its_query(attach: tuple[str, ...], expected: bool) -> None:
    assert attached(replace(WEEKLY, to=(TEAM, replace(TEAM, attach=attach))), DEALS) is expected


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (DayCost("close", 1, 1, 1, 0, 0), "1 query, 1 request"),
        (DayCost("close", 4, 2, 6, 0, 0), "2 queries (4 asked, equal ones fetched once), 6 requests"),
        (DayCost("close", 2, 2, 6, 40, 1), "2 queries, 6 requests, 40 of the day's tokens or more"),
    ],
)
def test_a_day_is_told_in_words(one: DayCost, words: str) -> None:
    assert str(one) == words


@pytest.mark.parametrize(
    ("price", "rows", "sent", "unknown"),
    [
        (Price(requests=1), None, None, False),
        (PAGED, None, None, True),
        (PAGED, 250, None, False),
        (Price(requests=1, more=True), 250, None, True),
        (Price(requests=1, more=True), None, RequestCount(3, 30), False),
        (PAGED, None, RequestCount(None, 30), True),
    ],
)
def test_what_an_answer_takes_is_known_from_its_price_its_rows_or_the_last_answer(
    price: Price, rows: int | None, sent: RequestCount | None, *, unknown: bool
) -> None:
    assert is_unknown(price, rows, sent) is unknown
