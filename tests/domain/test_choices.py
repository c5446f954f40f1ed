"""What a reader chose beside an entry: the entry's own rules stay in force."""

from dataclasses import replace
from datetime import time

import pytest

from tests.support.fakes import NOW, TEAM
from worker.domain.choices import Choices, both
from worker.domain.quiet import EVERY_DAY, QuietHours
from worker.domain.schedule import Send
from worker.domain.subscription import Origin

NONE = Choices(Origin.LINK, "the reader", NOW)
NIGHT = QuietHours(time(19), time(8), (0, 1, 2, 3, 4), "DE-BE")


def test_without_choices_the_entry_stays_as_it_is() -> None:
    entry = replace(TEAM, quiet_hours=NIGHT, rows="row.value > 1")
    assert NONE.chosen(entry) == entry
    assert not NONE.any


def test_what_is_chosen_takes_the_place_of_what_the_entry_says() -> None:
    made = replace(NONE, locale="de_DE", send=Send.ON_CHANGE, days=(0,))
    assert made.any
    assert made.chosen(TEAM) == replace(TEAM, locale="de_DE", send=Send.ON_CHANGE, days=(0,))


def test_holidays_stay_those_of_the_entry() -> None:
    made = replace(NONE, quiet_hours=QuietHours(time(12), time(13)))
    assert made.chosen(replace(TEAM, quiet_hours=NIGHT)).quiet_hours == QuietHours(
        time(12), time(13), NIGHT.days, "DE-BE"
    )
    awake = replace(NONE, quiet_hours=QuietHours())
    assert awake.chosen(replace(TEAM, quiet_hours=NIGHT)).quiet_hours == QuietHours(days=NIGHT.days, holidays="DE-BE")
    assert awake.chosen(replace(TEAM, quiet_hours=QuietHours(time(1), time(2)))).quiet_hours is None


def test_chosen_days_take_the_place_of_both_kinds_of_days() -> None:
    entry = replace(TEAM, quiet_hours=NIGHT, days=(0, 1))
    found = replace(NONE, days=(5, 6)).chosen(entry)
    assert (found.days, found.quiet_hours) == ((5, 6), replace(NIGHT, days=EVERY_DAY))


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [("", "", ""), ("a", "", "a"), ("", "b", "b"), ("a // why", "b || c", "(a // why\n) && (b || c\n)")],
)
def test_both_conditions_hold(first: str, second: str, found: str) -> None:
    assert both(first, second) == found
