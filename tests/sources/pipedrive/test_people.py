"""One row for each person, from the tables of movements."""

from worker.domain.snapshot.snapshot import Cell, Row, table
from worker.sources.pipedrive.people import PEOPLE, people
from worker.sources.pipedrive.statistics_tables import MOVEMENTS, VALUES


def made(*values: tuple[str, str, str, int]) -> dict[str, dict[str, Cell]]:
    moved = table(
        "movements",
        MOVEMENTS,
        [Row("1", ("1", "Ann", 0, 2, 7, 1, 1, None)), Row("2", ("2", "Bo", 0, 0, 0, 0, 0, None))],
    )
    rows = [
        Row(f"{user}|{what}|{currency}", (user, "", what, currency, value)) for user, what, currency, value in values
    ]
    found = people(moved, table("values", VALUES, rows))
    return {row.key: found.record(row) for row in found.rows}


def test_a_person_has_what_they_won_of_what_they_closed_and_what_is_open() -> None:
    found = made(("1", "won_deals", "EUR", 5_000), ("1", "deals_left_open", "EUR", 90_000))
    ann = found["1|EUR"]
    assert (ann["won_value"], ann["won"], ann["closed"]) == (5_000, 1, 2)
    assert (ann["open_value"], ann["open_deals"], ann["new"], ann["lost"]) == (90_000, 7, 2, 1)


def test_a_person_without_any_amount_has_a_zero_in_the_usual_currency() -> None:
    found = made(("1", "won_deals", "EUR", 5_000))
    assert (found["2|EUR"]["won_value"], found["2|EUR"]["closed"]) == (0, 0)


def test_counts_of_all_currencies_stand_in_one_row() -> None:
    found = made(("1", "won_deals", "EUR", 5_000), ("1", "won_deals", "USD", 7_000))
    assert [(row["won_value"], row["open_deals"]) for row in (found["1|EUR"], found["1|USD"])] == [
        (5_000, 7),
        (7_000, None),
    ]


def test_no_column_tells_a_change_a_second_time() -> None:
    assert not [column.name for column in PEOPLE if column.significant]
