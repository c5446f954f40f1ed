"""`quiet_hours`: read from the entry, the digest or the defaults, and checked where it is written."""

from dataclasses import replace
from datetime import time

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import PROJECT, WEEKLY
from tests.adapters.definitions.registry import KINDS
from worker.domain.cap import Cap
from worker.domain.quiet import EVERY_DAY, QuietHours

SCHEDULE = "schedules/weekly.yaml"
ENTRY = "  - {id: team, channel: email, address: sales@ACME.example}"
OFFICE = QuietHours(time(19), time(8), (0, 1, 2, 3, 4), "DE-BE")
WRITTEN = "quiet_hours: {from: 19:00, to: 08:00, days: MON-FRI, holidays: DE-BE}"


def with_entry(words: str) -> str:
    return WEEKLY.replace(ENTRY, f"{ENTRY[:-1]}, {words}}}")


def with_digest(text: str, words: str) -> str:
    return text.replace("send: always}", f"send: always, {words}}}")


def with_defaults(words: str) -> str:
    return PROJECT.replace("week_start: monday", f"week_start: monday, {words}")


def test_an_entry_has_its_own_or_those_of_the_digest(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_digest(with_entry(WRITTEN), "quiet_hours: {days: [SAT, SUN]}")})
    assert loaded.bundle is not None, loaded.complaints
    team, room = loaded.bundle.schedules["weekly"].to
    assert team.quiet_hours == OFFICE
    assert room.quiet_hours == QuietHours(days=(5, 6))


def test_the_defaults_hold_for_all_and_none_ends_them(loading: Load) -> None:
    files = {"funnelbeat.yaml": with_defaults(WRITTEN), SCHEDULE: with_entry("quiet_hours: none")}
    loaded = loading(files)
    assert loaded.bundle is not None, loaded.complaints
    team, room = loaded.bundle.schedules["weekly"].to
    assert (team.quiet_hours, room.quiet_hours) == (None, OFFICE)


def test_a_night_needs_no_days(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_entry("quiet_hours: {from: 12:00, to: 13:30}")})
    assert loaded.bundle is not None, loaded.complaints
    assert loaded.bundle.schedules["weekly"].to[0].quiet_hours == QuietHours(time(12), time(13, 30), EVERY_DAY, "")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("{from: 19:00}", "`from` without `to`; write `to: …` beside it"),
        ("{to: 08:00}", "`to` without `from`; write `from: …` beside it"),
        ("{from: 24:00, to: 08:00}", '`from` with "24:00"; write hours and minutes, such as 19:00'),
        ("{from: 7pm, to: 08:00}", '`from` with "7pm"; write hours and minutes, such as 19:00'),
        ("{from: 08:00, to: 08:00}", "`to` that is the same as `from`; write another time, or leave both out"),
        ("{days: MON-FRU}", '`days` with "MON-FRU"; write weekdays, such as MON-FRI or MON,WED'),
        ("{holidays: DE-BX}", '`holidays` with "DE-BX"; write DE, DE-Augsburg, DE-BB, DE-BE'),
        ("{holidays: de-be}", '`holidays` with "de-be"; write `DE-BE`'),
        ("{holidays: Germany}", "write a country by ISO 3166, such as DE, or a part of it, such as DE-BE"),
        ("{start: 19:00}", "`start`, which `quiet_hours` does not have; write one of days, from, holidays or to"),
        ("{}", "`quiet_hours` that are never; write `{from: 19:00, to: 08:00}`, `days` or `holidays`"),
        ("19:00-08:00", "text in place of `quiet_hours`; write keys below it: days, from, holidays or to"),
        ("", "nothing in place of `quiet_hours`; write keys below it: days, from, holidays or to"),
    ],
)
def test_wrong_quiet_hours_are_a_complaint_at_their_place(words: str, complaint: str, loading: Load) -> None:
    loaded = loading({SCHEDULE: with_entry(f"quiet_hours: {words}")})
    (found,) = loaded.complaints
    assert (found.path, found.line) == (SCHEDULE, 18)
    assert complaint in str(found)


class NeverOpen:
    """Every Saturday is a holiday."""

    def calendars(self, like: str) -> frozenset[str]:
        return frozenset({"XX"})

    def name(self, calendar: str, day: object) -> str:
        return "a holiday"

    def last_year(self, calendar: str) -> int:
        return 2100


def test_a_reader_who_may_never_be_written_to_is_refused(loading: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(KINDS, holidays=NeverOpen())
    monkeypatch.setattr("tests.adapters.definitions.conftest.KINDS", closed)
    loaded = loading({SCHEDULE: with_entry("quiet_hours: {holidays: XX}")})
    assert "`quiet_hours` that never end; leave a time of some day on which it may be sent" in str(loaded.complaints[0])


@pytest.mark.parametrize("place", ["entry", "digest", "defaults"])
def test_a_digest_with_nothing_to_show_may_be_left_out(place: str, loading: Load) -> None:
    words = "skip_if_empty: true"
    files = {
        "entry": {SCHEDULE: with_entry(words)},
        "digest": {SCHEDULE: with_digest(WEEKLY, words)},
        "defaults": {"funnelbeat.yaml": with_defaults(words)},
    }[place]
    loaded = loading(files)
    assert loaded.bundle is not None, loaded.complaints
    flags = [entry.skip_if_empty for entry in loaded.bundle.schedules["weekly"].to]
    assert flags == [True, place != "entry"]


def test_an_entry_may_want_empty_digests_all_the_same(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_digest(with_entry("skip_if_empty: false"), "skip_if_empty: true")})
    assert loaded.bundle is not None, loaded.complaints
    assert [entry.skip_if_empty for entry in loaded.bundle.schedules["weekly"].to] == [False, True]


def with_when(words: str) -> str:
    return WEEKLY.replace("catch_up: latest}", f"catch_up: latest, {words}}}")


def test_a_cron_may_leave_out_public_holidays(loading: Load) -> None:
    loaded = loading({SCHEDULE: with_when("holidays: US-NY")})
    assert loaded.bundle is not None, loaded.complaints
    assert loaded.bundle.schedules["weekly"].trigger.holidays == "US-NY"


def test_a_calendar_of_a_trigger_is_checked_and_elapsed_time_has_none(loading: Load) -> None:
    (unknown,) = loading({SCHEDULE: with_when("holidays: us")}).complaints
    assert '`holidays` with "us"; write `US`' in str(unknown)
    elapsed = with_when("holidays: US").replace('cron: "0 9 * * MON"', "every: 1h")
    (beside,) = loading({SCHEDULE: elapsed}).complaints
    assert "`holidays` beside `every`, which is elapsed time; leave it out, or write" in str(beside)


def test_the_defaults_may_cap_the_messages_to_one_address(loading: Load) -> None:
    loaded = loading({"funnelbeat.yaml": with_defaults("cap: {messages: 5, per: 1d}")})
    assert loaded.bundle is not None, loaded.complaints
    assert loaded.bundle.defaults.cap == Cap(5, 86_400)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("{messages: 5}", "cap without `per`; write `per: …`"),
        ("{messages: 0, per: 1d}", '`messages` with "0"; write a whole number, 1 or more'),
        ("{messages: 5, per: daily}", "'daily' is not a duration; write whole numbers with units"),
        ("{messages: 5, per: 30d}", '`per` with "30d"; write a duration of at least 1s and at most 7d'),
        ("5 a day", '`cap` with "5 a day"; write `{messages: 5, per: 1d}`'),
    ],
)
def test_a_wrong_cap_is_a_complaint(words: str, complaint: str, loading: Load) -> None:
    (found,) = loading({"funnelbeat.yaml": with_defaults(f"cap: {words}")}).complaints
    assert complaint in str(found)
