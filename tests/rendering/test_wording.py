import string
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.money import Money
from worker.domain.reason import Reason
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Column, GapReason, Kind
from worker.domain.time.window import Window
from worker.rendering import words_de, words_en
from worker.rendering.wording import Wording, needs_cents
from worker.sanitize import NAME_LIMIT, clean, isolate, plain

EN = Wording("en_GB", "Europe/Berlin", 2026)
DE = Wording("de-DE", "Europe/Berlin", 2026)
SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)


def window(start: str, end: str, name: str = "range", *, so_far: bool = False) -> Window:
    first, last = (datetime.fromisoformat(text).astimezone(UTC) for text in (start, end))
    return Window(first, last, "Europe/Berlin", name, so_far)


@pytest.mark.parametrize(
    ("amount", "currency", "signed", "english", "german"),
    [
        (8_620_000, "EUR", False, "€86,200", "86.200\u00a0€"),
        (8_620_000, "EUR", True, "+\u2060€86,200", "+\u206086.200\u00a0€"),
        (-8_620_050, "EUR", True, "−\u2060€86,200.50", "−\u206086.200,50\u00a0€"),
        (-100, "EUR", False, "−\u2060€1", "−\u20601\u00a0€"),
        (0, "EUR", True, "€0", "0\u00a0€"),
        (4_500_000, "JPY", False, "JP¥4,500,000", "4.500.000\u00a0¥"),
        (1_500, "KWD", False, "KWD\u00a01.500", "1,500\u00a0KWD"),
        (None, "EUR", True, "–", "–"),
    ],
)
def test_money_in_two_languages(amount: int | None, currency: str, signed: bool, english: str, german: str) -> None:
    assert EN.money(amount, currency, signed) == english
    assert DE.money(amount, currency, signed) == german


def test_a_bridge_with_cents_anywhere_has_cents_everywhere() -> None:
    assert needs_cents([100, None, 101], "EUR")
    assert not needs_cents([100, 0, None], "EUR")
    assert not needs_cents([101], "JPY")
    assert EN.money(100, "EUR", cents=True) == "€1.00"
    assert EN.whole(149, "EUR") == "€1"


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))
@settings(max_examples=80)
def test_money_is_printed_to_the_last_minor_unit(amount: int, currency: str) -> None:
    text = EN.money(amount, currency, cents=True)
    digits = "".join(c for c in text if c in string.digits or c == ".")
    exponent = {"JPY": 0, "KWD": 3}.get(currency, 2)
    assert Decimal(digits) * 10**exponent == abs(amount)
    assert text.startswith("−\u2060") == (amount < 0)


def test_currencies_are_put_side_by_side() -> None:
    assert EN.sum([Money(100, "EUR"), Money(250, "USD")]) == "€1, US$2.50"
    assert EN.sum([]) == "–"


def test_charts_get_compact_money() -> None:
    assert EN.compact_money(128_450_000, "EUR") == "€1.28M"
    assert DE.compact_money(128_450_000, "EUR") == "1,28\u00a0Mio.\u00a0€"


def test_percent_and_points() -> None:
    assert EN.percent(0.0719, 1, signed=True) == "+\u20607.2%"
    assert DE.percent(0.54) == "54\u00a0%"
    assert EN.percent(None) == "–"
    assert EN.percent(0.0) == "0%"
    assert EN.points(0.06) == "+\u20606"
    assert EN.points(-0.12) == "−\u206012"
    assert EN.points(0.001) == "="
    assert EN.points(None) == "–"


def test_dates_name_the_year_only_when_it_is_another() -> None:
    assert EN.date(SLOT) == "Mon 16 Nov"
    assert DE.date(SLOT) == "Mo. 16. Nov."
    assert EN.day(SLOT) == "16 Nov"
    assert EN.date(SLOT.replace(year=2025)) == "Sun 16 Nov 2025"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "09:00 CET"),
        ("America/New_York", "03:00 EST"),
        ("Asia/Kolkata", "13:30 IST"),
        ("Asia/Dubai", "12:00 GST"),
        ("Asia/Kathmandu", "13:45 UTC+5:45"),
        ("UTC", "08:00 UTC"),
    ],
)
def test_a_time_always_names_its_zone(zone: str, expected: str) -> None:
    assert Wording("en_GB", zone).time(SLOT) == expected


def test_german_has_its_own_names_of_zones() -> None:
    assert DE.stamp(SLOT) == "Mo. 16. Nov., 09:00 MEZ"


@pytest.mark.parametrize(
    ("given_window", "expected"),
    [
        (window("2026-11-09T00:00+01:00", "2026-11-16T00:00+01:00"), "9–15 Nov"),
        (window("2026-10-26T00:00+01:00", "2026-11-02T00:00+01:00"), "26 Oct–1 Nov"),
        (window("2026-11-15T00:00+01:00", "2026-11-16T00:00+01:00"), "15 Nov"),
        (window("2025-12-29T00:00+01:00", "2026-01-05T00:00+01:00"), "29 Dec 2025–4 Jan 2026"),
        (window("2026-11-13T09:00+01:00", "2026-11-16T09:00+01:00"), "13 Nov, 09:00 – 16 Nov, 09:00 CET"),
        (window("2026-11-16T00:00+01:00", "2026-11-18T14:20+01:00", so_far=True), "16–18 Nov so far"),
        (window("0001-01-02T00:00+00:00", "2026-11-16T00:00+01:00", "all-time"), "all time"),
    ],
)
def test_a_window_says_its_days_last_one_included(given_window: Window, expected: str) -> None:
    assert plain(EN.span(given_window)) == expected


def test_a_day_without_a_midnight_still_begins_somewhere() -> None:
    """Cairo skipped 00:00 to 01:00 on 24 April 2026."""
    start = datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert EN.span(Window(start, start + timedelta(hours=23), "Africa/Cairo", "yesterday")) == "24 Apr"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (59, "59 seconds"),
        (121, "2 minutes"),
        (754, "12 minutes"),
        (7_500, "2 hours 5 minutes"),
        (2_419_200, "28 days"),
    ],
)
def test_a_duration_says_what_matters(seconds: int, expected: str) -> None:
    assert plain(EN.duration(seconds)) == expected


def test_plurals() -> None:
    assert plain(EN.deals(1)) == "1 deal"
    assert plain(EN.deals(1_200)) == "1,200 deals"
    assert plain(DE.move_counted(Move.NEW, 1)) == "1 neuer Deal"
    assert plain(DE.days(24)) == "24 Tage"


def test_measures_by_kind() -> None:
    assert EN.measure(0.667, Kind.RATIO) == "66.7%"
    assert EN.measure(None, Kind.SECONDS) == "–"
    assert EN.measure(9_600_000, Kind.MONEY, "EUR") == "€96,000"
    assert EN.measure(2_524_940, Kind.MONEY, "EUR") == "€25,249"
    assert EN.measure(2_540, Kind.MONEY, "EUR") == "€25.40"
    assert EN.difference(2_524_940, 1_908_333, Kind.MONEY, "EUR") == "+\u2060€6,166"
    assert EN.measure("a\nb", Kind.TEXT) == "a b"
    assert EN.measure(True, Kind.BOOL) == "✓"
    assert EN.cell(1_763_280_000_000, Column("at", Kind.INSTANT)) == "Sun 16 Nov 2025"
    assert EN.difference(31, 27, Kind.INT) == "+\u20604"
    assert EN.difference(0.5, 0.667, Kind.RATIO) == "−\u206016.7\u00a0pp"
    assert EN.difference(5, 5, Kind.MONEY, "EUR") == "="
    assert EN.difference(5, None, Kind.INT) == "–"


def test_a_services_words_are_ours_where_we_know_them() -> None:
    assert EN.service_word("follow_up_call") == "Call"
    assert DE.service_word("cant_get_in_touch") == "keine Antwort"
    assert DE.service_word("no contact attempt") == "kein Kontaktversuch"
    assert DE.service_word("Call") == "Anrufen"
    assert EN.service_word("send_a_fax") == "send a fax"
    assert EN.service_word("Ring *them*\r\n") == "Ring *them*"
    assert EN.service_word(None) == ""
    assert EN.metric_label("count_total_won") == "Won"
    assert EN.metric_label("something_new") == "Something new"
    assert EN.query_label("funnel_stages") == "funnel stages"


def test_both_languages_have_the_same_phrases_with_the_same_places() -> None:
    assert set(words_en.WORDS) == set(words_de.WORDS)
    for key, english in words_en.WORDS.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, words_de.WORDS[key])
        ]
        assert places[0] == places[1], key


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("w", [EN, DE])
def test_every_closed_list_has_its_words(w: Wording) -> None:
    for move in Move:
        assert w.move_label(move)
        assert w.move_counted(move, 2)
    for reason in GapReason:
        assert w.say(f"gap.{reason.value}")
    for cause in (Reason.FIRST, Reason.QUERY_CHANGED, Reason.BASELINE_EXPIRED, Reason.SUBSCRIBED):
        assert w.say(f"since.{cause.value}")


def test_another_language_gets_its_numbers_and_english_words() -> None:
    french = Wording("fr_FR", "Europe/Paris", 2026)
    assert plain(french.money(8_620_000, "EUR")) == "86 200 €"
    assert french.move_label(Move.WON) == "Won"
    assert french.language == "en"


@pytest.mark.parametrize(
    ("locale", "zone"), [("xx_YY", "UTC"), ("", "UTC"), ("en_GB", "Mars/Base"), ("en_GB", "../etc")]
)
def test_a_locale_or_zone_that_does_not_exist_is_named(locale: str, zone: str) -> None:
    with pytest.raises(ValueError, match="expected one like"):
        Wording(locale, zone)


def test_a_sentence_ends_once() -> None:
    assert DE.say("compares_with", date=DE.day(SLOT)) == "Er vergleicht mit Ihrem Bericht vom 16. Nov."


@given(st.text(alphabet=st.characters(), max_size=400))
@settings(max_examples=200)
def test_a_cleaned_name_is_one_short_harmless_line(name: str) -> None:
    text = clean(name)
    assert len(text) <= NAME_LIMIT
    assert text == " ".join(text.split())
    assert not set(text) & set("\r\n\t\x00\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    text.encode()
    assert clean(text) == text


def test_half_a_surrogate_pair_can_be_sent() -> None:
    assert clean("a\ud800b") == "a\ufffdb"


def test_a_name_from_right_to_left_is_isolated() -> None:
    assert isolate("شركة") == "\u2068شركة\u2069"
    assert isolate("Ümit") == "Ümit"


def test_joiners_that_spelling_needs_are_kept() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("name", ["Q4 push... EMEA", "A..B", "{date}", "{name.__class__}", "{0}", "{", "100 %(x)s {}"])
def test_a_phrase_never_edits_or_reads_the_name_it_carries(name: str) -> None:
    assert EN.say("subject.first", name=name) == f"{name}, first digest"
    assert EN.say("cut.tables", what=name) == f"Further tables are left out here: {name}."


def test_a_phrase_whose_place_has_no_value_says_which() -> None:
    with pytest.raises(LookupError, match=r"found the place \{date\}, expected one of: \{day\}"):
        EN.say("since", day="Monday")
