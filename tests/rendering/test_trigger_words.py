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
        ("0 9 * * MON", "Mondays 09:00 CET", "Montags 09:00 MEZ"),
        ("0 9 * * *", "Every day 09:00 CET", "Täglich 09:00 MEZ"),
        ("30 9,17 * * MON-FRI", "Monday to Friday 09:30, 17:30 CET", "Montag bis Freitag 09:30, 17:30 MEZ"),
        ("0 9 * * MON,THU", "Monday, Thursday 09:00 CET", "Montag, Donnerstag 09:00 MEZ"),
        ("*/15 * * * *", "Every day, every 15 minutes", "Täglich, alle 15 Minuten"),
        ("5 * * * MON", "Mondays, every hour", "Montags, jede Stunde"),
        ("0 8-18 * * *", "Every day, every hour, 08:00–18:00 CET", "Täglich, jede Stunde, 08:00–18:00 MEZ"),
        (
            "*/20 8-9 1 * *",
            "On day 1 of the month, every 20 minutes, 08:00–09:40 CET",
            "Am 1. des Monats, alle 20 Minuten, 08:00–09:40 MEZ",
        ),
        ("0,5,50 8-9 * * *", "Every day, 6 times a day", "Täglich, 6-mal am Tag"),
        ("0 9 1,15 * *", "On day 1, 15 of the month 09:00 CET", "Am 1., 15. des Monats 09:00 MEZ"),
        ("0 9 1 1 *", "On day 1 of the month, in January 09:00 CET", "Am 1. des Monats, im Januar 09:00 MEZ"),
        ("0 9 L * *", "On the last day of the month 09:00 CET", "Am letzten Tag des Monats 09:00 MEZ"),
        ("0 9 LW * *", "On the last working day of the month 09:00 CET", "Am letzten Arbeitstag des Monats 09:00 MEZ"),
        ("0 9 * * MON#2", "On the second Monday of the month 09:00 CET", "Am zweiten Montag des Monats 09:00 MEZ"),
        ("0 9 * * FRI#L", "On the last Friday of the month 09:00 CET", "Am letzten Freitag des Monats 09:00 MEZ"),
    ],
)
def test_a_cron_expression_in_words(expression: str, english: str, german: str) -> None:
    trigger = Trigger("cron", "Europe/Berlin", expression)
    assert said(trigger) == english
    assert said(trigger, "de_DE") == german


def test_the_zone_has_the_name_of_the_season() -> None:
    assert said(Trigger("cron", "Europe/Berlin", "0 9 * * *"), now=SUMMER) == "Every day 09:00 CEST"


def test_what_is_no_cron_and_holidays_are_said() -> None:
    assert said(Trigger("every", "UTC", seconds=900)) == "Every 15 minutes"
    assert said(Trigger("every", "UTC", seconds=3_600), "de_DE") == "Jede Stunde"
    assert said(Trigger("every", "UTC", seconds=86_400)) == "Every 24 hours"
    assert said(Trigger("event", "UTC"), "de_DE") == "Wenn im Dienst etwas geschieht"
    working = Trigger("cron", "Europe/Berlin", "0 9 * * *", holidays="DE-BE")
    assert said(working) == "Every day 09:00 CET, not on public holidays"
