"""Those who came back, by their first day and in all."""

from worker.domain.snapshot.snapshot import Row, Table, table
from worker.sources.umami.over_time import COHORTS
from worker.sources.umami.returns import FIRST_DAYS, first_days, shares


def cohorts(*rows: tuple[str, int, int, int]) -> Table:
    listed = [Row(f"{date}|{day:02}", (date, day, new, back, back / new)) for date, day, new, back in rows]
    return table("cohorts", COHORTS, listed)


def test_a_day_that_has_not_come_is_not_known_and_nobody_is_zero() -> None:
    found = first_days(cohorts(("2026-11-12", 1, 20, 4), ("2026-11-12", 2, 20, 0), ("2026-11-13", 1, 10, 1)))
    assert [row.cells for row in found.rows] == [
        ("2026-11-12", 20, 0.2, 0.0, None, None, None),
        ("2026-11-13", 10, 0.1, None, None, None, None),
    ]


def test_a_share_is_of_all_people_and_no_mean_of_shares() -> None:
    measures = {one.key[1]: one.value for one in shares(cohorts(("2026-11-12", 1, 90, 9), ("2026-11-13", 1, 10, 5)))}
    assert measures["back_on_day_1"] == 0.14
    assert measures["back_on_day_7"] is None


def test_no_column_tells_a_change_a_second_time() -> None:
    assert not [column.name for column in FIRST_DAYS if column.significant]
