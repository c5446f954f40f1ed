"""A trigger in words, which every door says alike."""

from datetime import UTC, datetime

import pytest

from worker.domain.schedule import Trigger
from worker.rendering.trigger_words import trigger_words
from worker.rendering.wording import Wording

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
SUMMER = datetime(2026, 7, 16, 8, tzinfo=UTC)


def said(trigger: Trigger, locale: str = "en_GB", now: datetime = NOW) -> str:
    """For a reader who lives elsewhere: the times are on the trigger's clock."""
    return trigger_words(Wording(locale, "Asia/Tokyo"), trigger, now).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("expression", "english", "german"),
    [
        ("0 9 * * MON", "Mondays 09:00 CET", "Montags um 09:00 MEZ"),
        ("0 9 * * *", "Every day 09:00 CET", "Täglich um 09:00 MEZ"),
        ("30 9,17 * * MON-FRI", "Monday to Friday 09:30, 17:30 CET", "Montag bis Freitag um 09:30 und 17:30 MEZ"),
        ("0 9 * * MON,THU", "Mondays, Thursdays 09:00 CET", "Montags und donnerstags um 09:00 MEZ"),
        ("*/15 * * * *", "Every 15 minutes", "Alle 15 Minuten"),
        ("5 * * * MON", "Mondays, every hour", "Montags, jede Stunde"),
        ("0 8-18 * * *", "Every hour, 08:00–18:00 CET", "Jede Stunde, 08:00–18:00 MEZ"),
        (
            "*/20 8-9 1 * *",
            "On day 1 of the month, every 20 minutes, 08:00–09:40 CET",
            "Am 1. des Monats, alle 20 Minuten, 08:00–09:40 MEZ",
        ),
        ("0,5,50 8-9 * * *", "6 times a day", "6-mal am Tag"),
        ("0,5,50 8-9 * * MON", "Mondays, 6 times a day", "Montags, 6-mal am Tag"),
        ("0 9 1,15 * *", "On day 1, 15 of the month 09:00 CET", "Am 1. und 15. des Monats um 09:00 MEZ"),
        ("0 9 1-5 * *", "On day 1 to 5 of the month 09:00 CET", "Vom 1. bis 5. des Monats um 09:00 MEZ"),
        ("0 9 1 1 *", "On day 1 of the month, in January 09:00 CET", "Am 1. des Monats, im Januar um 09:00 MEZ"),
        ("0 9 L * *", "On the last day of the month 09:00 CET", "Am letzten Tag des Monats um 09:00 MEZ"),
        (
            "0 9 LW * *",
            "On the last working day of the month 09:00 CET",
            "Am letzten Arbeitstag des Monats um 09:00 MEZ",
        ),
        ("0 9 * * MON#2", "On the second Monday of the month 09:00 CET", "Am zweiten Montag des Monats um 09:00 MEZ"),
        ("0 9 * * FRI#L", "On the last Friday of the month 09:00 CET", "Am letzten Freitag des Monats um 09:00 MEZ"),
    ],
)
def test_a_cron_expression_in_words(expression: str, english: str, german: str) -> None:
    trigger = Trigger("cron", "Europe/Berlin", expression)
    assert said(trigger) == english
    assert said(trigger, "de_DE") == german


def test_the_zone_has_the_name_of_the_season() -> None:
    assert said(Trigger("cron", "Europe/Berlin", "0 9 * * *"), now=SUMMER) == "Every day 09:00 CEST"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (1, "Every second", "Jede Sekunde"),
        (60, "Every minute", "Jede Minute"),
        (3_600, "Every hour", "Jede Stunde"),
        (5_400, "Every 90 minutes", "Alle 90 Minuten"),
        (86_400, "Every day", "Jeden Tag"),
        (172_800, "Every 2 days", "Alle 2 Tage"),
    ],
)
def test_a_fixed_distance_is_said_as_people_say_it(seconds: int, english: str, german: str) -> None:
    trigger = Trigger("every", "UTC", seconds=seconds)
    assert (said(trigger), said(trigger, "de_DE")) == (english, german)


def test_what_is_no_cron_and_holidays_are_said() -> None:
    assert said(Trigger("every", "UTC", seconds=900)) == "Every 15 minutes"
    assert said(Trigger("event", "UTC"), "de_DE") == "Bei Ereignissen im Dienst"
    working = Trigger("cron", "Europe/Berlin", "0 9 * * *", holidays="DE-BE")
    assert said(working) == "Every day 09:00 CET, not on public holidays"
