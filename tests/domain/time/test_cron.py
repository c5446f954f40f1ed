"""Our cron dialect: what it reads, and the sentence for everything it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.time.cron import CronError, parse, weekdays
from worker.domain.time.cron_words import MACROS
from worker.domain.time.month_days import LAST, FromEnd, NthWeekday

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
        ("0 9 * * MONDAY", "'MONDAY' in the weekday field cannot be read", "SUN to SAT"),
        ("0 9 ? * MON", "'?' in the day of month field cannot be read", "write *"),
        ("0 9 L * * *", "'0 9 L * * *' has 6 fields", "write five fields"),
        ("0 9 L/2 * *", "'L/2' in the day of month field cannot be read", "last-working-day or LW"),
        ("0 9 1-L * *", "'1-L' in the day of month field cannot be read", "last-day or L"),
        ("0 9 15W * *", "'15W' in the day of month field cannot be read", "last-working-day or LW"),
        ("0 9 W * *", "'W' in the day of month field cannot be read", "write *, a number from 1 to 31, last-day or L"),
        ("0 9 L-0 * *", "'L-0' in the day of month field is out of range", "L-1 to L-30"),
        ("0 9 L-31 * *", "'L-31' in the day of month field is out of range", "write L for the last day"),
        ("0 9 last-monday * *", "'last-monday' in the day of month field cannot be read", "LW"),
        ("0 9 * L *", "'L' in the month field cannot be read", "write *, a number from 1 to 12 or JAN to DEC"),
        ("0 L * * *", "'L' in the hour field cannot be read", "write *, a number from 0 to 23"),
        ("0 9 * * L", "'L' in the weekday field cannot be read", "FRI#L (the last Friday)"),
        ("0 9 * * L5", "'L5' in the weekday field cannot be read", "FRI#L (the last Friday)"),
        (
            "0 9 * * MON#0",
            "'MON#0' in the weekday field is out of range",
            "write MON#1 to MON#5, or MON#L for the last",
        ),
        ("0 9 * * 1#6", "'1#6' in the weekday field is out of range", "write 1#1 to 1#5, or 1#L for the last"),
        ("0 9 * * 8#1", "'8#1' in the weekday field is out of range", "from 0 to 7 or SUN to SAT"),
        ("0 9 * * MON#", "'MON#' in the weekday field cannot be read", "MON#1 (the first Monday of a month)"),
        ("0 9 * * MON-FRI#1", "'MON-FRI#1' in the weekday field cannot be read", "MON#1"),
        ("0 9 * * MON#1-2", "'MON#1-2' in the weekday field cannot be read", "MON#1"),
        ("0 9 * * MOON#1", "'MOON#1' in the weekday field cannot be read", "SUN to SAT"),
        (
            "0 9 last-workng-day * *",
            "'last-workng-day' in the day of month field",
            "mean `last-working-day`? Write *, a",
        ),
        ("0 9 lastworkingday * *", "cannot be read", "did you mean `last-working-day`?"),
        ("0 9 first_working_day * *", "cannot be read", "did you mean `first-working-day`?"),
        ("0 9 last-dy * *", "cannot be read", "did you mean `last-day`? Write *, a number from 1 to 31, last-day or L"),
        ("0 9 last-friday * *", "'last-friday' in the day of month", "did you mean `FRI#L` in the weekday field?"),
        ("0 9 * * last-friday", "'last-friday' in the weekday field", "did you mean `FRI#L`? Write *, a number from"),
        ("0 9 * * second-tue", "cannot be read", "did you mean `TUE#2`?"),
        ("0 9 * * MOM", "cannot be read", "did you mean `MON`?"),
        ("0 9 * * Mondy", "cannot be read", "did you mean `MON`?"),
        ("0 9 * * MON-FRY", "'MON-FRY' in the weekday field", "did you mean `FRI`?"),
        ("0 9 * * weekdays", "cannot be read", "did you mean `MON-FRI`?"),
        ("0 9 * Sept *", "'Sept' in the month field", "did you mean `SEP`? Write *, a number from 1 to 12"),
        ("0 9 * MAI *", "cannot be read", "did you mean `MAY`?"),
        ("@dayly", "'@dayly' is not a known shorthand", "did you mean `@daily`? Write one of @hourly, @daily"),
        ("0 9 last workng day * *", "has 7 fields", "did you mean `last-working-day`?"),
        ("0 9 last workingday * *", "has 6 fields", "did you mean `last-working-day`?"),
        ("0 9 Frist Working Day * *", "has 7 fields", "did you mean `first-working-day`?"),
        ("0 9 * * last dya", "has 6 fields", "did you mean `last-day`?"),
        ("0 9 last monday * *", "has 6 fields", "write five fields"),
        ("last working day", "'last working day' has 1 fields", "write five fields"),
        ("1,,2 * * * *", "'' in the minute field cannot be read", "a list"),
        ("-1 * * * *", "'-1' in the minute field cannot be read", "a number from 0 to 59"),
        ("*-5 * * * *", "'*-5' in the minute field cannot be read", "a range"),
        ("٣ 9 * * *", "in the minute field cannot be read", "a number from 0 to 59"),
        ("*/0 * * * *", "'*/0' in the minute field has the step 0", "a step from 1 to 59"),
        ("*/90 * * * *", "'*/90' in the minute field has the step 90", "a step from 1 to 59"),
        ("5/15 * * * *", "'5/15' in the minute field is read differently", "write 5-59/15"),
        ("0 22-2 * * *", "'22-2' in the hour field runs backwards", "write 22-23,0-2"),
        ("0 0 1 NOV-FEB *", "'NOV-FEB' in the month field runs backwards", "write NOV-12,1-FEB"),
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
    assert "MON#1 in the weekday field is the first Monday of a month" in caught.value.expected
    assert parse("0 9 1-31 * MON") == parse("0 9 * * MON"), "a whole range restricts nothing"


@pytest.mark.parametrize("expression", ["0 9 L * MON", "0 9 1 * MON#1", "0 9 LW * 5L", "0 9 1,LW * FRI"])
def test_a_day_without_a_number_restricts_its_field_too(expression: str) -> None:
    with pytest.raises(CronError, match="both set"):
        parse(expression)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("0 9 last-day * *", "0 9 L * *"),
        ("0 9 last day * *", "0 9 l * *"),
        ("0 9 last-working-day * *", "0 9 LW * *"),
        ("0 9 Last  Working\tDay * *", "0 9 lw * *"),
        ("0 9 first working day * *", "0 9 1W * *"),
        ("0 9 * * MON#1", "0 9 * * 1#1"),
        ("0 9 * * sun#2", "0 9 * * 0#2"),
        ("0 9 * * 7#2", "0 9 * * 0#2"),
        ("0 9 * * FRI#L", "0 9 * * 5L"),
        ("0 9 * * fril", "0 9 * * 5#l"),
        ("0 9 *,L * MON", "0 9 * * MON"),
        ("0 9 L,L,last-day * *", "0 9 L * *"),
    ],
)
def test_a_day_of_a_month_may_be_written_in_several_ways(written: str, same: str) -> None:
    assert parse(written) == parse(same)


def test_numbers_and_days_without_a_number_may_stand_in_one_list() -> None:
    fields = parse("0 9 15,L,1,L-1 * *")
    assert (fields.day, fields.month_days) == ((1, 15), (FromEnd(), FromEnd(1)))
    fields = parse("0 9 * * WED,FRI#L,MON#1")
    assert (fields.weekday, fields.month_days) == ((WED,), (NthWeekday(FRI, LAST), NthWeekday(MON, 1)))


def test_days_of_a_month_are_no_days_of_a_week() -> None:
    """`days:` of quiet hours has the weekday field alone, and no month to count in."""
    with pytest.raises(CronError, match="'MON#1' in the weekday field cannot be read") as told:
        weekdays("MON#1")
    assert "first Monday" not in str(told.value), "it advises to write what it refuses"


@pytest.mark.parametrize(
    "expression",
    [
        "0 9 30 2 *",
        "0 9 31 2,4,6,9,11 *",
        "0 9 30-31 FEB *",
        "0 9 L-29 FEB *",
        "0 9 L-30 2,4,6,9,11 *",
        "0 9 30,L-29 2 *",
    ],
)
def test_a_day_that_never_comes_is_refused(expression: str) -> None:
    with pytest.raises(CronError, match="never comes"):
        parse(expression)


def test_29_february_comes_in_leap_years_and_is_legal() -> None:
    assert parse("0 9 29 2 *").day == (29,)
    assert parse("0 9 L-28 2 *").month_days == (FromEnd(28),)
    assert parse("0 9 * 2 MON#5").month_days == (NthWeekday(MON, 5),)


@given(st.text(max_size=40) | st.lists(st.sampled_from("*/-,0123456789 MONJAN@#?LW"), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_one_sentence(text: str) -> None:
    sentence = _complaint(text)
    assert sentence is None or ("\n" not in sentence and len(sentence) < 600)


def _complaint(text: str) -> str | None:
    try:
        fields = parse(text)
    except CronError as error:
        return str(error)
    days = (fields.day and fields.weekday) or fields.month_days
    return None if all((fields.minute, fields.hour, fields.month, days)) else "\n"


def test_a_huge_expression_is_refused_with_a_short_sentence() -> None:
    with pytest.raises(CronError) as caught:
        parse("9" * 100_000 + " * * * *")
    assert len(str(caught.value)) < 300
