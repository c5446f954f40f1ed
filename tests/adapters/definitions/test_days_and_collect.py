"""`days`, `collect` and `cap: none` of an entry and of the digest."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import WEEKLY
from tests.adapters.definitions.test_quiet_hours import SCHEDULE, with_digest, with_entry
from worker.domain.quiet import EVERY_DAY, QuietHours
from worker.domain.schedule import Collect

WORK = (0, 1, 2, 3, 4)


def test_an_entry_has_its_own_or_those_of_the_digest(loading: Load) -> None:
    text = with_digest(with_entry("days: [SAT, SUN], collect: none"), "days: [MON-FRI], collect: daily")
    loaded = loading({SCHEDULE: text})
    assert loaded.bundle is not None, loaded.complaints
    team, room = loaded.bundle.schedules["weekly"].to
    assert (team.days, team.collect) == ((5, 6), Collect.NONE)
    assert (room.days, room.collect) == (WORK, Collect.DAILY)


def test_without_a_word_it_is_sent_every_day_by_itself_under_the_cap(loading: Load) -> None:
    loaded = loading({SCHEDULE: WEEKLY})
    assert loaded.bundle is not None
    team = loaded.bundle.schedules["weekly"].to[0]
    assert (team.days, team.collect, team.uncapped, team.not_sent) == (EVERY_DAY, Collect.NONE, False, None)


def test_days_and_quiet_hours_both_hold(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_entry("days: MON-FRI, quiet_hours: {days: FRI-SUN, holidays: DE-BE}")})
    assert loaded.bundle is not None, loaded.complaints
    assert loaded.bundle.schedules["weekly"].to[0].not_sent == QuietHours(days=(4,), holidays="DE-BE")


def test_an_entry_lifts_the_cap(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_entry("cap: none")})
    assert loaded.bundle is not None, loaded.complaints
    assert [entry.uncapped for entry in loaded.bundle.schedules["weekly"].to] == [True, False]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("days: FUNDAY", '`days` with "FUNDAY"; write weekdays, such as MON-FRI or MON,WED'),
        ("days: MON, quiet_hours: {days: TUE}", "`days` that `quiet_hours` leave nothing of; leave a time of some day"),
        ("collect: hourly", '`collect` with "hourly"'),
        ("cap: {messages: 2, per: 1d}", "`cap` with a mapping; write none; a cap is a key of `defaults`"),
    ],
)
def test_wrong_words_are_a_complaint(words: str, complaint: str, loading: Load) -> None:
    found = [str(one) for one in loading({SCHEDULE: with_entry(words)}).complaints]
    assert any(complaint in one for one in found), found


def test_one_collected_digest_cannot_stand_for_all_that_are_caught_up(loading: Load) -> None:
    text = with_entry("collect: weekly").replace("when: {", "when: {catch_up: all, ")
    found = [str(one) for one in loading({SCHEDULE: text}).complaints]
    assert any("`catch_up: all` beside `collect` of `team`; write latest" in one for one in found), found
