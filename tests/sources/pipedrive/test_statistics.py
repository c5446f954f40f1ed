"""Conversion and movements: user by user, counted for all, averaged for nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.pipedrive.account import USERS, Account, cells, copied, fetched, over, pipedrive
from tests.support.scripted_http import Asked, Said
from worker.domain.time.window import Window
from worker.errors import RequestError, SourceRefused, SourceShapeChanged

CONVERSION = "/api/v1/pipelines/1/conversion_statistics"
MOVEMENTS = "/api/v1/pipelines/1/movement_statistics"
RATES = {
    "stage_conversions": [{"from_stage_id": 1, "to_stage_id": 2, "conversion_rate": 45}],
    "won_conversion": 20,
    "lost_conversion": 80,
}


def moved(count: int, **values: float) -> dict[str, Any]:
    return {
        "count": count,
        "deals_ids": list(range(count)),
        "values": values or [],
        "formatted_values": {},
    }


MOVED = {
    "movements_between_stages": {"count": 7},
    "new_deals": moved(3, EUR=10.5, JPY=300),
    "deals_left_open": moved(0),
    "won_deals": moved(1, EUR=2000),
    "lost_deals": moved(3, EUR=1),
    "average_age_in_days": {"across_all_stages": 2.5, "by_stages": [{"stage_id": 1, "value": 15}]},
}


NO_RATES = {
    "stage_conversions": [{"from_stage_id": 1, "to_stage_id": 2, "conversion_rate": 0}],
    "won_conversion": 0,
    "lost_conversion": 0,
}
UNMOVED = {
    "movements_between_stages": {"count": 0},
    **dict.fromkeys(("new_deals", "deals_left_open", "won_deals", "lost_deals"), moved(0)),
    "average_age_in_days": {"across_all_stages": 0, "by_stages": []},
}


class Counted(Account):
    """`rates` and `moves` by user id; "" is the token's own user."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: dict[str, Any] = {"": RATES, "11": RATES, "12": RATES | {"won_conversion": 90}, "13": NO_RATES}
        self.moves: dict[str, Any] = {
            "": MOVED,
            "11": MOVED,
            "12": MOVED | {"won_deals": moved(5, EUR=1, USD=2)},
            "13": UNMOVED,
        }
        self.instead[CONVERSION] = lambda asked: self.answered(self.rates, asked)
        self.instead[MOVEMENTS] = lambda asked: self.answered(self.moves, asked)

    def answered(self, answers: dict[str, Any], asked: Asked) -> Said:
        return Said({"success": True, "data": answers[asked.params.get("user_id", "")]})


async def test_rates_are_fractions_keyed_by_user_from_and_to() -> None:
    snapshot = await fetched(Counted(), over("conversion"))
    assert cells(snapshot, "11|1|2", "conversion") == {
        "user_id": "11",
        "user": "Ada Okafor",
        "from_stage_id": "1",
        "from_stage": "First call",
        "to_stage_id": "2",
        "to_stage": "Offer",
        "conversion_rate": 0.45,
    }
    assert cells(snapshot, "11|pipeline|won", "conversion")["conversion_rate"] == 0.2
    assert cells(snapshot, "11|pipeline|lost", "conversion")["conversion_rate"] == 0.8
    assert snapshot.measures == ()


async def test_days_are_inclusive_in_the_schedules_zone_and_nobody_is_named_unless_asked() -> None:
    async with pipedrive(Counted()) as (source, server):
        snapshot = (await source.fetch(over("conversion"))).snapshot
        asked = server.to(CONVERSION)[0]
    assert dict(asked.params) == {"start_date": "2026-11-16", "end_date": "2026-11-22"}
    assert snapshot.notes == ("only deals of Ada Okafor, whose token it is: write user_id: all for everybody",)


async def test_everybody_is_asked_for_one_by_one_and_shares_come_from_counts() -> None:
    async with pipedrive(Counted()) as (source, server):
        snapshot = (await source.fetch(over("conversion", user_id=["all"]))).snapshot
        assert sorted(a.params["user_id"] for a in server.to(CONVERSION)) == ["11", "12", "13"], "and who left"
    found = {measure.key: measure.value for measure in snapshot.measures}
    assert found == {
        ("total", "company_won_deals"): 6,
        ("total", "company_lost_deals"): 6,
        ("total", "company_won_share_of_ended"): 0.5,
        ("total", "company_lost_share_of_ended"): 0.5,
    }
    assert snapshot.notes == (
        "won and lost shares are of deals counted in movements, and no average of anybody's rates",
    )


async def test_shares_of_some_are_not_the_companys_and_can_be_left_out() -> None:
    snapshot = await fetched(Counted(), over("conversion", user_id=["11", "12"]))
    assert {measure.key[1].split("_")[0] for measure in snapshot.measures} == {"chosen"}
    async with pipedrive(Counted()) as (source, server):
        snapshot = (await source.fetch(over("conversion", user_id=["11", "12"], shares=False))).snapshot
        assert server.to(MOVEMENTS) == []
    assert snapshot.measures == ()


async def test_where_nothing_ended_there_is_no_share() -> None:
    account = Counted()
    account.moves[""] = MOVED | {"won_deals": moved(0), "lost_deals": moved(0)}
    snapshot = await fetched(account, over("conversion", shares=True))
    measure = snapshot.measured()["total", "chosen_won_share_of_ended"]
    assert (measure.value, measure.why_null) == (None, "nothing was won or lost")


async def test_everybody_needs_the_right_to_see_them() -> None:
    account = Counted()
    account.instead["/api/v1/users"] = lambda _: Said({"error": "Scope and URL mismatch"}, 403)
    with pytest.raises(SourceRefused, match="user_id: all needs the right to see the users"):
        await fetched(account, over("movements", user_id=["all"]))


async def test_a_rate_that_is_null_stays_null_and_so_does_a_stage() -> None:
    account = Counted()
    step = {"from_stage_id": None, "to_stage_id": 2, "conversion_rate": None}
    account.rates[""] = RATES | {"stage_conversions": [step], "won_conversion": None}
    snapshot = await fetched(account, over("conversion"))
    found = cells(snapshot, "11|none|2", "conversion")
    assert (found["from_stage"], found["conversion_rate"]) == (None, None)
    assert cells(snapshot, "11|pipeline|won", "conversion")["conversion_rate"] is None


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("won_conversion",), 101, "data.won_conversion: expected a percentage from 0 to 100, found the number 101"),
        (("won_conversion",), "20", "data.won_conversion: expected a number, found the text '20'"),
        (("stage_conversions",), None, "data.stage_conversions: expected a list, found null"),
        (("stage_conversions",), RATES["stage_conversions"] * 2, "data.stage_conversions[1]: expected one row for"),  # type: ignore[operator]
    ],
)
async def test_rates_of_another_shape_are_named_by_their_place(path: tuple[str], value: Any, problem: str) -> None:
    account = Counted()
    account.rates[""] = copied(RATES) | {path[0]: value}
    with pytest.raises(SourceShapeChanged) as error:
        await fetched(account, over("conversion"))
    assert str(error.value).startswith(f"GET /api/v1/pipelines/{{id}}/conversion_statistics: {problem}")


async def test_movements_of_one_are_told_with_their_average() -> None:
    snapshot = await fetched(Counted(), over("movements"))
    assert cells(snapshot, "11", "movements") == {
        "user_id": "11",
        "user": "Ada Okafor",
        "movements_between_stages": 7,
        "new_deals": 3,
        "deals_left_open": 0,
        "won_deals": 1,
        "lost_deals": 3,
        "average_age": 216_000.0,
    }
    assert cells(snapshot, "11|new_deals|EUR", "values")["value"] == 1050
    assert cells(snapshot, "11|new_deals|JPY", "values")["value"] == 300
    assert cells(snapshot, "11|1", "ages")["average_age"] == 1_296_000.0
    assert snapshot.measured()["total", "average_age"].value == 216_000.0


async def test_counts_and_values_add_up_and_averages_do_not() -> None:
    snapshot = await fetched(Counted(), over("movements", user_id=["11", "12"]))
    found = snapshot.measured()
    assert found["total", "won_deals"].value == 6
    assert found["total", "won_deals_value_eur"].value == 200_100
    assert found["total", "won_deals_value_usd"].value == 200
    average = found["total", "average_age"]
    assert (average.value, average.why_null) == (None, "averages of several people are not averaged")


@pytest.mark.parametrize("ages", [None, [], {"across_all_stages": None, "by_stages": []}])
async def test_no_average_is_none_and_not_nothing(ages: Any) -> None:
    account = Counted()
    account.moves[""] = MOVED | {"average_age_in_days": ages}
    measure = (await fetched(account, over("movements"))).measured()["total", "average_age"]
    assert (measure.value, measure.why_null) == (None, "Pipedrive could not compute it")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("won_deals", {"count": None, "values": {}}, "data.won_deals.count: expected a number, found null"),
        ("won_deals", {"count": 1}, "data.won_deals.values: expected an object, found nothing"),
        (
            "won_deals",
            {"count": 1, "values": {"EUR": None}},
            "data.won_deals.values.EUR: expected a number, found null",
        ),
        ("won_deals", {"count": 1, "values": [1]}, "data.won_deals.values: expected an object, found a list"),
        ("new_deals", None, "data.new_deals: expected an object, found null"),
        ("movements_between_stages", 7, "data.movements_between_stages: expected an object, found the number 7"),
    ],
)
async def test_movements_of_another_shape_are_named_by_their_place(name: str, value: Any, problem: str) -> None:
    account = Counted()
    account.moves[""] = MOVED | {name: value}
    with pytest.raises(SourceShapeChanged) as error:
        await fetched(account, over("movements"))
    assert problem in str(error.value)


async def test_a_comparison_is_a_second_answer_for_its_own_days() -> None:
    before = Window(datetime(2026, 11, 8, 23, tzinfo=UTC), WEEK_START, "Europe/Berlin", "previous")
    async with pipedrive(Counted()) as (source, server):
        answer = await source.fetch(over("movements", compared=before))
        asked = [dict(a.params) for a in server.to(MOVEMENTS)]
    assert answer.compared is not None
    assert answer.compared.window == before
    assert asked == [
        {"start_date": "2026-11-16", "end_date": "2026-11-22"},
        {"start_date": "2026-11-09", "end_date": "2026-11-15"},
    ]


WEEK_START = datetime(2026, 11, 15, 23, tzinfo=UTC)


async def test_dates_of_the_definition_become_the_window() -> None:
    async with pipedrive(Counted()) as (source, server):
        ask = over("movements", None, start_date="2026-03-28", end_date="2026-03-29")
        snapshot = (await source.fetch(ask)).snapshot
        asked = dict(server.to(MOVEMENTS)[0].params)
    assert asked == {"start_date": "2026-03-28", "end_date": "2026-03-29"}
    assert snapshot.window is not None
    # The clocks went forward on the second of the two days.
    assert snapshot.window.start == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert snapshot.window.end == datetime(2026, 3, 29, 22, tzinfo=UTC)


async def test_a_window_that_cuts_days_says_for_which_days_it_was_answered() -> None:
    window = Window(
        datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC), "Europe/Berlin", "range"
    )
    snapshot = await fetched(Counted(), over("movements", window, user_id=["11"]))
    assert snapshot.notes == ("answered for whole days, 2026-11-20 to 2026-11-23",)


async def test_without_any_days_there_is_no_question() -> None:
    with pytest.raises(RequestError, match="start_date and end_date"):
        await fetched(Counted(), over("movements", None))


async def test_what_somebody_won_who_left_since_is_the_companys() -> None:
    account = Counted()
    account.moves["13"] = UNMOVED | {"won_deals": moved(5, EUR=5000)}
    found = (await fetched(account, over("conversion", user_id=["all"]))).measured()
    assert found["total", "company_won_deals"].value == 11
    assert found["total", "company_won_share_of_ended"].value == 11 / 17
    answered = await fetched(account, over("movements", user_id=["all"]))
    assert cells(answered, "13", "movements")["won_deals"] == 5
    assert cells(answered, "13", "movements")["user"] == "Cleo Gone"
    assert answered.measured()["total", "won_deals"].value == 11


async def test_somebody_who_left_and_has_nothing_is_no_row() -> None:
    for query in ("conversion", "movements"):
        found = (await fetched(Counted(), over(query, user_id=["all"]))).table(query)
        assert found is not None
        assert {row.cells[0] for row in found.rows} == {"11", "12"}
    named = (await fetched(Counted(), over("movements", user_id=["13"]))).table("movements")
    assert named is not None
    assert len(named.rows) == 1, "but whoever is asked for by name is told"


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_somebody_who_left_and_cannot_be_asked_for_is_named_and_nothing_is_called_the_companys(
    status: int,
) -> None:
    account = Counted()
    answered = account.instead[MOVEMENTS]

    def refused(asked: Asked) -> Said:
        left = asked.params.get("user_id") == "13"
        return Said({"success": False, "error": "user not found"}, status) if left else answered(asked)

    account.instead[MOVEMENTS] = refused
    snapshot = await fetched(account, over("conversion", user_id=["all"]))
    assert {measure.key[1].split("_")[0] for measure in snapshot.measures} == {"chosen"}
    assert any(note.startswith("without Cleo Gone, who left: ") for note in snapshot.notes)
    moves = await fetched(account, over("movements", user_id=["all"]))
    assert any(note.startswith("without Cleo Gone, who left: ") for note in moves.notes)


async def test_somebody_who_is_there_and_cannot_be_asked_for_is_a_gap() -> None:
    account = Counted()
    account.instead[MOVEMENTS] = lambda _: Said({"success": False, "error": "no right"}, 403)
    with pytest.raises(SourceRefused):
        await fetched(account, over("movements", user_id=["all"]))


async def test_an_average_of_one_who_is_left_is_an_average() -> None:
    account = Counted()
    account.moves["12"] = UNMOVED
    account.v1["/api/v1/users"] = {"data": [USERS[0], USERS[2]]}
    found = (await fetched(account, over("movements", user_id=["all"]))).measured()
    assert found["total", "average_age"].value == 216_000.0
