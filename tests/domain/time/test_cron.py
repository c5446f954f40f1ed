"""Our cron dialect: what it reads, and the sentence for everything it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.time.cron import MACROS, CronError, parse

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("1", (MON,)),
        ("0", (SUN,)),
        ("7", (SUN,)),
        ("MON", (MON,)),
        ("mon", (MON,)),
        ("Mon,Wed,fri", (MON, WED, FRI)),
        ("1-5", (MON, TUE, WED, THU, FRI)),
        ("MON-FRI/2", (MON, WED, FRI)),
        ("5-7", (FRI, SAT, SUN)),
        ("FRI-MON", (MON, FRI, SAT, SUN)),
        ("SAT-SUN", (SAT, SUN)),
        ("6-0", (SAT, SUN)),
        ("FRI-MON/2", (FRI, SUN)),
        ("0-7", tuple(range(7))),
        ("*/3", (WED, SAT, SUN)),
    ],
)
def test_weekdays_are_crontabs_and_sunday_may_be_0_or_7(field: str, weekdays: tuple[int, ...]) -> None:
    assert parse(f"0 9 * * {field}").weekday == weekdays


def test_weekday_1_is_monday_and_not_the_tuesday_that_counting_from_monday_makes_of_it() -> None:
    assert parse("0 0 * * 1").weekday == (MON,)
    assert parse("0 0 * * 1") == parse("0 0 * * MON")


@pytest.mark.parametrize(
    ("expression", "minute", "hour"),
    [
        ("0 9 * * *", (0,), (9,)),
        ("*/15 9 * * *", (0, 15, 30, 45), (9,)),
        ("5-20/5 9 * * *", (5, 10, 15, 20), (9,)),
        ("30,0,30 17,9 * * *", (0, 30), (9, 17)),
        ("0 8-10 * * *", (0,), (8, 9, 10)),
        ("  0\t9 *  * * ", (0,), (9,)),
        ("07 09 * * *", (7,), (9,)),
    ],
)
def test_numbers_ranges_lists_and_steps(expression: str, minute: tuple[int, ...], hour: tuple[int, ...]) -> None:
    fields = parse(expression)
    assert (fields.minute, fields.hour) == (minute, hour)


@pytest.mark.parametrize("macro", MACROS)
def test_a_shorthand_is_its_five_fields_in_any_case(macro: str) -> None:
    assert parse(macro.upper()) == parse(MACROS[macro])


def test_weekly_is_sunday_at_midnight() -> None:
    fields = parse("@weekly")
    assert (fields.minute, fields.hour, fields.weekday) == ((0,), (0,), (SUN,))


@pytest.mark.parametrize(
    ("hour", "both"),
    [("*", True), ("*/2", True), ("0-23/2", True), ("0-23", True), ("2", False), ("1-3", False), ("1,2", False)],
)
def test_an_hour_that_comes_twice_counts_twice_only_where_the_hour_is_any_or_stepped(hour: str, both: bool) -> None:
    assert parse(f"30 {hour} * * *").both_of_twice is both


@pytest.mark.parametrize(
    ("expression", "once"),
    [("0 9 * * MON", True), ("0 9,17 * * *", False), ("*/30 9 * * *", False), ("@monthly", True), ("@hourly", False)],
)
def test_a_cron_line_knows_whether_it_names_at_most_one_slot_a_day(expression: str, once: bool) -> None:
    assert parse(expression).once_a_day is once


@pytest.mark.parametrize(
    ("expression", "found", "expected"),
    [
        ("", "'' has 0 fields", "write five fields"),
        ("0 9 * *", "'0 9 * *' has 4 fields", "minute hour day month weekday"),
        ("0 0 9 * * MON", "has 6 fields", "write five fields"),
        ("@reboot", "'@reboot' is not a known shorthand", "@daily"),
        ("60 * * * *", "'60' in the minute field is out of range", "write a number from 0 to 59"),
        ("0 24 * * *", "'24' in the hour field is out of range", "from 0 to 23"),
        ("0 9 0 * *", "'0' in the day of month field is out of range", "from 1 to 31"),
        ("0 9 1 13 *", "'13' in the month field is out of range", "from 1 to 12 or JAN to DEC"),
        ("0 9 * * 8", "'8' in the weekday field is out of range", "from 0 to 7 or SUN to SAT"),
        ("0 9 * * MONDAY", "'monday' in the weekday field cannot be read", "SUN to SAT"),
        ("0 9 ? * MON", "'?' in the day of month field cannot be read", "write *"),
        ("0 9 L * *", "'l' in the day of month field cannot be read", "write a number from 1 to 31"),
        ("0 9 * * MON#1", "'mon#1' in the weekday field", "SUN to SAT"),
        ("1,,2 * * * *", "'' in the minute field cannot be read", "a list"),
        ("-1 * * * *", "'-1' in the minute field cannot be read", "a number from 0 to 59"),
        ("*-5 * * * *", "'*-5' in the minute field cannot be read", "a range"),
        ("٣ 9 * * *", "in the minute field cannot be read", "a number from 0 to 59"),
        ("*/0 * * * *", "'*/0' in the minute field has the step 0", "a step from 1 to 59"),
        ("*/90 * * * *", "'*/90' in the minute field has the step 90", "a step from 1 to 59"),
        ("5/15 * * * *", "'5/15' in the minute field is read differently", "write 5-59/15"),
        ("0 22-2 * * *", "'22-2' in the hour field runs backwards", "write 22-23,0-2"),
        ("0 0 1 NOV-FEB *", "'nov-feb' in the month field runs backwards", "write NOV-12,1-FEB"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_field_and_with_what_to_write(
    expression: str, found: str, expected: str
) -> None:
    with pytest.raises(CronError) as caught:
        parse(expression)
    assert found in caught.value.found
    assert expected in caught.value.expected
    assert str(caught.value) == f"{caught.value.found}; {caught.value.expected}"


@pytest.mark.parametrize("advice", ["0 22-23,0-2 * * *", "5-59/15 * * * *", "0 0 1 NOV-12,1-FEB *"])
def test_what_the_sentences_advise_can_be_written(advice: str) -> None:
    assert parse(advice).minute


def test_both_day_fields_are_refused_with_both_readings_spelled_out() -> None:
    with pytest.raises(CronError, match="both set") as caught:
        parse("0 9 1 * MON")
    assert "on each day '1' and on each weekday 'MON' besides" in caught.value.found
    assert "only on a day '1' that is also a weekday 'MON'" in caught.value.found
    assert parse("0 9 1-31 * MON") == parse("0 9 * * MON"), "a whole range restricts nothing"


@pytest.mark.parametrize("expression", ["0 9 30 2 *", "0 9 31 2,4,6,9,11 *", "0 9 30-31 FEB *"])
def test_a_day_that_never_comes_is_refused(expression: str) -> None:
    with pytest.raises(CronError, match="never comes"):
        parse(expression)


def test_29_february_comes_in_leap_years_and_is_legal() -> None:
    assert parse("0 9 29 2 *").day == (29,)


@given(st.text(max_size=40) | st.lists(st.sampled_from("*/-,0123456789 MONJAN@#?L"), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_one_sentence(text: str) -> None:
    sentence = _complaint(text)
    assert sentence is None or ("\n" not in sentence and len(sentence) < 600)


def _complaint(text: str) -> str | None:
    try:
        fields = parse(text)
    except CronError as error:
        return str(error)
    return None if all((fields.minute, fields.hour, fields.day, fields.month, fields.weekday)) else "\n"


def test_a_huge_expression_is_refused_with_a_short_sentence() -> None:
    with pytest.raises(CronError) as caught:
        parse("9" * 100_000 + " * * * *")
    assert len(str(caught.value)) < 300
