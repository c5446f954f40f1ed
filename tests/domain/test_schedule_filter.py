"""Which schedules a list shows."""

from dataclasses import replace

import pytest

from tests.domain.builders import schedule
from worker.domain.schedule_filter import ScheduleFilter, nothing_found

WEEK = replace(schedule(), id="week", owner="Mara Lee", tags=("sales", "weekly"))
DAY = replace(schedule(), id="day", tags=("sales",))
BARE = schedule()
ALL = {"week": WEEK, "day": DAY, "bare": BARE}


@pytest.mark.parametrize(
    ("tags", "owner", "taken"),
    [
        ((), "", ["week", "day", "bare"]),
        (("sales",), "", ["week", "day"]),
        (("Sales", "weekly"), "", ["week"]),
        (("sale",), "", []),
        ((), "mara lee", ["week"]),
        ((), "Mara", []),
        (("sales",), "MARA LEE", ["week"]),
        (("weekly",), "nobody", []),
    ],
)
def test_a_schedule_is_taken_that_has_every_tag_and_the_owner(
    tags: tuple[str, ...], owner: str, taken: list[str]
) -> None:
    wanted = ScheduleFilter(tags, owner)
    assert [name for name, one in ALL.items() if wanted.takes(one)] == taken


def test_an_empty_list_is_told_with_what_could_be_asked_for() -> None:
    said = nothing_found(ScheduleFilter(("sale",), "Mara"), ALL.values())
    assert said == "No schedule has the tag sale and the owner Mara. Tags: sales, weekly. Owners: Mara Lee."
    assert nothing_found(ScheduleFilter(("x",)), [BARE]) == "No schedule has the tag x. Tags: none. Owners: none."
