"""Reading a list: whole, cut, shifting while it is read, and what its rows say."""

from datetime import UTC, datetime

import pytest

from tests.sources.close.account import Account, cells, close, deal, listing
from tests.support.scripted_http import Asked, Said
from worker.errors import SourceIncomplete, SourceRefused, SourceShapeChanged

MONDAY, NEXT_MONDAY = "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z"  # midnight in Berlin


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def deals(count: int) -> list[dict[str, object]]:
    return [deal(f"oppo_{n:02}") for n in range(count)]


async def test_a_list_of_many_pages_comes_whole_and_in_canonical_order() -> None:
    async with close(Account(deals(10)[::-1])) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.rows is not None
    assert [row.key for row in snapshot.rows.rows] == [f"oppo_{n:02}" for n in range(10)]
    assert snapshot.rows.total == 10
    assert snapshot.members == {f"oppo_{n:02}" for n in range(10)}
    pages = server.to("/opportunity/")
    assert sorted(int(asked.params["_skip"]) for asked in pages) == [0, 2, 4, 6, 8], "each begins with the row before"
    assert {asked.params["_order_by"] for asked in pages} == {"date_created"}


async def test_an_empty_list_is_a_complete_answer() -> None:
    async with close(Account()) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.members == frozenset()
    assert snapshot.rows is not None
    assert snapshot.rows.total == 0
    assert snapshot.measured()["total", "total_value_annualized"].value == 0


async def test_a_row_that_leaves_while_the_list_is_read_leads_to_a_second_reading() -> None:
    account = Account(deals(7))
    left: list[object] = []

    def leave_once(asked: Asked) -> None:
        if asked.path == "/opportunity/" and asked.params["_skip"] == "2" and not left:
            left.append(account.deals.pop(0))

    account.before = leave_once
    async with close(account) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert left
    assert snapshot.members == {f"oppo_{n:02}" for n in range(1, 7)}


async def test_a_list_that_shifts_in_both_readings_is_a_gap_that_names_the_shift() -> None:
    account = Account(deals(12))

    def leave(asked: Asked) -> None:
        if asked.path == "/opportunity/" and asked.params["_skip"] == "2":
            account.deals.pop(0)

    account.before = leave
    async with close(account) as (source, _):
        with pytest.raises(SourceIncomplete, match=r"twice: its total went from 11 to 10"):
            await source.fetch(listing())


async def test_a_row_on_two_pages_is_a_shift_even_when_the_totals_agree() -> None:
    account = Account(deals(5))
    pages = {"0": ["oppo_a", "oppo_b", "oppo_c"], "2": ["oppo_c", "oppo_a", "oppo_d"]}
    born = {f"oppo_{key}": f"2026-10-0{day}T08:00:00+00:00" for day, key in enumerate("abcd", 1)}
    account.instead["/opportunity/"] = lambda asked: Said(
        {
            "data": [deal(key, date_created=born[key]) for key in pages[asked.params["_skip"]]],
            "has_more": asked.params["_skip"] == "0",
            "total_results": 5,
        }
    )
    async with close(account) as (source, _):
        with pytest.raises(SourceIncomplete, match="oppo_a came twice"):
            await source.fetch(listing())


async def test_an_empty_page_ends_a_list_that_promises_more_and_is_no_whole_list() -> None:
    account = Account()
    account.instead["/opportunity/"] = lambda _: Said({"data": [], "has_more": True, "total_results": 4})
    async with close(account) as (source, server):
        with pytest.raises(SourceIncomplete, match="0 rows came of 4"):
            await source.fetch(listing())
    assert len(server.to("/opportunity/")) == 2


async def test_without_totals_the_pages_are_read_one_after_another_until_there_is_no_more() -> None:
    account = Account(deals(7))
    account.counts = False
    async with close(account) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
    assert len(snapshot.members) == 7
    assert [asked.params["_skip"] for asked in server.to("/opportunity/")] == ["0", "2", "4"]


async def test_a_service_that_gives_shorter_pages_than_asked_is_followed_at_its_own_pace() -> None:
    account = Account(deals(7))
    account.instead["/opportunity/"] = lambda asked: Said(account.listed({**asked.params, "_limit": "2"}))
    async with close(account) as (source, _):
        assert len((await source.fetch(listing())).snapshot.members) == 7


async def test_a_cut_list_takes_the_wanted_order_and_is_marked_as_cut() -> None:
    async with close(Account(deals(10))) as (source, server):
        snapshot = (await source.fetch(listing(_limit=4, _skip=2, _order_by="-value"))).snapshot
    assert snapshot.rows is not None
    assert snapshot.rows.sliced
    assert len(snapshot.rows.rows) == 4
    pages = server.to("/opportunity/")
    assert {asked.params["_order_by"] for asked in pages} == {"-value"}
    assert [(asked.params["_skip"], asked.params["_limit"]) for asked in pages] == [("2", "3"), ("4", "2")]


async def test_a_row_keeps_what_close_says_in_our_columns() -> None:
    found = deal(
        "oppo_a",
        status_id="stat_offer",
        value=5000,
        value_period="monthly",
        date_won="2026-12-24",
        is_stalled=True,
        stall_status={"communication_issue": "no_communication_attempts", "next_action": None},
        suggested_action={"action": "follow_up_call", "details": {}, "justification": "…"},
    )
    async with close(Account([found])) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    row = cells(snapshot, "oppo_a")
    since = row.pop("stalled_since")
    assert isinstance(since, int)
    assert snapshot.as_of[0].timestamp() * 1000 <= since <= snapshot.as_of[1].timestamp() * 1000
    assert row == {
        "title": "Lead of oppo_a",
        "lead_id": "lead_oppo_a",
        "lead": "Lead of oppo_a",
        "owner_id": "user_ada",
        "owner": "Ada Okafor",
        "pipeline_id": "pipe_new",
        "stage_id": "stat_offer",
        "stage": "Offer",
        "stage_order": 1,
        "status": "open",
        "value": 5000,
        "currency": "EUR",
        "period": "monthly",
        "annual": 60000,
        "confidence": 50,
        "expected_close": "2026-12-24",
        "created_at": millis("2026-10-01T08:00:00.123+00:00"),
        "updated_at": millis("2026-11-20T08:00:00+00:00"),
        "stage_since": None,
        "closed_at": None,
        "stalled": True,
        "next_step": "follow_up_call",
        "stall_reason": "no_communication_attempts",
        "url": "https://app.close.com/lead/lead_oppo_a/",
    }


async def test_a_won_deal_closed_on_its_day_and_expects_nothing() -> None:
    won = deal("oppo_w", status_id="stat_won", date_won="2026-11-20")
    lost = deal("oppo_l", status_id="stat_lost", date_won="2026-11-20", date_lost="2026-11-21T09:00:00+00:00")
    async with close(Account([won, lost])) as (source, _):
        ask = listing(status_type__in=["won", "lost"])
        snapshot = (await source.fetch(ask)).snapshot
    assert cells(snapshot, "oppo_w")["closed_at"] == millis("2026-11-20T00:00:00+00:00")
    assert cells(snapshot, "oppo_l")["closed_at"] == millis("2026-11-21T09:00:00+00:00")
    assert cells(snapshot, "oppo_w")["expected_close"] is None


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"value": None}, "annual", None),
        ({"value": 0}, "annual", 0),
        ({"value": None, "value_period": None, "value_currency": ""}, "currency", "EUR"),
        ({"value": 12345, "value_currency": "JPY"}, "value", 123),
        ({"value": 12345, "value_currency": "KWD"}, "value", 123450),
        ({"value": 700, "value_period": None, "annualized_value": 8400}, "annual", 8400),
        ({"is_stalled": None}, "stalled", None),
        ({"is_stalled": False}, "stalled", False),
        ({"user_id": None, "user_name": None}, "owner", None),
        ({"user_id": "user_gone", "user_name": None}, "owner", "Unknown user (user_gone)"),
        ({"user_id": "user_gone", "user_name": "Cai Left"}, "owner", "Cai Left"),
        ({"user_id": "user_ben", "user_name": "old name"}, "owner", "Ben"),
        ({"lead_name": ""}, "title", "Opportunity oppo_a"),
        ({"lead_name": "<script>alert(1)</script>\u202e"}, "title", "<script>alert(1)</script>\u202e"),
        ({"lead_id": "../../evil?x"}, "url", "https://app.close.com/lead/..%2F..%2Fevil%3Fx/"),
        ({"pipeline_id": ...}, "pipeline_id", "pipe_new"),
        ({"status_id": "stat_odd", "status_label": ..., "status_type": ...}, "stage", "Odd"),
        ({"status_id": "stat_odd", "status_label": ...}, "stage_order", None),
        ({"suggested_action": {"action": "brand_new_thing"}}, "next_step", "brand_new_thing"),
        ({"stall_status": {"communication_issue": "cant_get_in_touch"}}, "stall_reason", "cant_get_in_touch"),
        ({"stall_status": {"next_action": {"action": "adjust_close_date"}}}, "next_step", "adjust_close_date"),
        ({"confidence": None}, "confidence", None),
        ({"date_created": "2026-10-01T08:00:00"}, "created_at", millis("2026-10-01T08:00:00+00:00")),
    ],
)
async def test_null_zero_and_missing_are_three_things(
    changes: dict[str, object], column: str, expected: object
) -> None:
    async with close(Account([deal("oppo_a", **changes)])) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert cells(snapshot, "oppo_a")[column] == expected


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"value": ...}, r"data\[1\]\.value: expected a number or null, found nothing"),
        ({"value": True}, r"data\[1\]\.value: expected a number, found true"),
        ({"value": "12"}, r"data\[1\]\.value: expected a number, found the text '12'"),
        ({"value": 10**30}, r"data\[1\]\.value: expected a number, found a number that is too large"),
        ({"user_id": ...}, r"data\[1\]\.user_id: expected an id or null, found nothing"),
        ({"user_id": ["user_ada"]}, r"data\[1\]\.user_id: expected an id, found a list"),
        ({"date_won": ...}, r"data\[1\]\.date_won: expected a date or null, found nothing"),
        ({"date_won": "soon"}, r"data\[1\]\.date_won: expected a date, found the text 'soon'"),
        ({"date_created": 5}, r"data\[1\]\.date_created: expected text, found the number 5"),
        ({"status_type": "paused"}, r"data\[1\]\.status_type: expected active, won or lost"),
        ({"value_period": "weekly"}, r"data\[1\]\.value_period: expected one_time, monthly or annual"),
        ({"is_stalled": "yes"}, r"data\[1\]\.is_stalled: expected true or false"),
        ({"id": ""}, r"data\[1\]\.id: expected an id"),
    ],
)
async def test_a_broken_row_is_named_by_its_place(changes: dict[str, object], place: str) -> None:
    broken = {name: value for name, value in {**deal("oppo_b"), **changes}.items() if value is not ...}
    account = Account()
    account.instead["/opportunity/"] = lambda _: Said({"data": [deal("oppo_a"), broken], "total_results": 2})
    async with close(account) as (source, _):
        with pytest.raises(SourceShapeChanged, match=place):
            await source.fetch(listing())


async def test_a_remainder_that_does_not_fit_the_currency_is_noted() -> None:
    async with close(Account([deal("oppo_a", value=12345, value_currency="JPY")])) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert "oppo_a: 12345 hundredths of JPY do not fit its minor unit; kept 123" in snapshot.notes


async def test_an_amount_without_any_currency_is_refused_not_guessed() -> None:
    account = Account([deal("oppo_a", value_currency=None)])
    account.currency = None
    async with close(account) as (source, _):
        with pytest.raises(SourceShapeChanged, match=r"value_currency: expected a currency"):
            await source.fetch(listing())


async def test_a_pipeline_becomes_its_statuses_and_an_unknown_one_is_refused() -> None:
    account = Account([deal("oppo_a"), deal("oppo_b", status_id="stat_renew")])
    async with close(account) as (source, server):
        snapshot = (await source.fetch(listing(pipeline="pipe_old"))).snapshot
        with pytest.raises(SourceRefused, match="this account has no pipeline 'pipe_none'"):
            await source.fetch(listing(pipeline="pipe_none"))
    assert snapshot.members == {"oppo_b"}
    asked = server.to("/opportunity/")[0].params
    assert asked["status_id__in"] == "stat_renew"
    assert "pipeline" not in asked


async def test_fields_of_a_definition_are_asked_for_beside_those_that_a_digest_needs() -> None:
    async with close(Account([deal("oppo_a")])) as (source, server):
        plain = (await source.fetch(listing())).snapshot
        snapshot = (await source.fetch(listing(_fields=["note", "id", "custom.cf_x"]))).snapshot
    usual, fields = (asked.params["_fields"].split(",") for asked in server.to("/opportunity/"))
    assert {"id", "user_id", "value", "status_type", "is_stalled"} <= set(usual)
    assert fields == [*usual, "note", "custom.cf_x"], "each once"
    assert (snapshot.tables, snapshot.fingerprint) == (plain.tables, plain.fingerprint), "and no column is added"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "date_created",
            "last-week",
            {"date_created__gte": MONDAY, "date_created__lt": NEXT_MONDAY},
        ),
        ("date_created__gte", "this-month", {"date_created__gte": "2026-10-31T23:00:00Z"}),
        ("date_updated__gt", "last-week", {"date_updated__gte": NEXT_MONDAY}),
        ("date_won", "last-week", {"date_won__gte": "2026-11-16", "date_won__lt": "2026-11-23"}),
        ("date_won__lte", "last-week", {"date_won__lt": "2026-11-23"}),
        ("date_won__lt", "last-week", {"date_won__lt": "2026-11-16"}),
        ("date_won__lt", "2026-11-01", {"date_won__lt": "2026-11-01"}),
    ],
)
async def test_date_filters_take_windows(name: str, value: str, expected: dict[str, str]) -> None:
    async with close(Account()) as (source, server):
        await source.fetch(listing(**{name: value}))
    asked = server.to("/opportunity/")[0].params
    assert {key: text for key, text in asked.items() if key.startswith("date_")} == expected


async def test_filters_too_long_for_an_address_travel_in_a_body() -> None:
    account = Account()
    account.instead["/opportunity/"] = lambda _: Said({"data": [], "has_more": False, "total_results": 0})
    async with close(account) as (source, server):
        await source.fetch(listing(user_id__in=[f"user_{n:040}" for n in range(150)]))
    asked = server.to("/opportunity/")[0]
    assert asked.method == "POST"
    assert asked.headers["x-http-method-override"] == "GET"
    assert asked.json["_params"]["user_id__in"].count(",") == 149


async def test_the_answer_is_stamped_from_before_the_first_to_after_the_last_request() -> None:
    async with close(Account(deals(4))) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.as_of[0] < snapshot.as_of[1]
    assert snapshot.as_of[0].tzinfo is UTC
    assert snapshot.window is None


async def test_the_lists_own_sums_are_measures_and_a_missing_one_is_not_zero() -> None:
    async with close(Account(deals(2))) as (source, _):
        measured = (await source.fetch(listing())).snapshot.measured()
    assert measured["total", "total_value_annualized"].value == 200000
    assert measured["total", "total_value_annualized"].currency == "EUR"
    assert measured["total", "total_results"].value == 2
    assert measured["total", "count_by_value_period.one_time"].value == 2
    assert ("total", "expected_value_annual") not in measured
