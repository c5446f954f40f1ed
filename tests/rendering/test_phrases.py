import string
from datetime import UTC, datetime

import pytest

from worker.domain.reason import Reason
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import GapReason
from worker.rendering import words_de, words_en
from worker.rendering.phrases import filled
from worker.rendering.wording import Wording
from worker.sanitize import plain

EN = Wording("en_GB", "Europe/Berlin", 2026)
DE = Wording("de-DE", "Europe/Berlin", 2026)
SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)


def test_plurals() -> None:
    assert plain(EN.deals(1)) == "1 deal"
    assert plain(EN.deals(1_200)) == "1,200 deals"
    assert plain(DE.move_counted(Move.NEW, 1)) == "1 neuer Deal"
    assert plain(DE.days(24)) == "24 Tage"


@pytest.mark.parametrize(
    ("of", "one", "several"),
    [
        ("", "1 weiterer", "2 weitere"),
        ("people", "1 weitere Person", "2 weitere Personen"),
        ("rows", "1 weitere Zeile", "2 weitere Zeilen"),
        ("queries", "1 weitere Abfrage", "2 weitere Abfragen"),
        ("tables", "1 weitere Tabelle", "2 weitere Tabellen"),
        ("measures", "1 weitere Kennzahl", "2 weitere Kennzahlen"),
        ("causes", "1 weitere Ursache", "2 weitere Ursachen"),
    ],
)
def test_what_is_counted_beyond_a_list_has_its_gender(of: str, one: str, several: str) -> None:
    assert plain(DE.more(1, of)) == one
    assert plain(DE.more(2, of)) == several


def test_both_languages_have_the_same_phrases_with_the_same_places() -> None:
    assert set(words_en.WORDS) == set(words_de.WORDS)
    for key, english in words_en.WORDS.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, words_de.WORDS[key])
        ]
        assert places[0] == places[1], key


@pytest.mark.parametrize("w", [EN, DE])
def test_every_closed_list_has_its_words(w: Wording) -> None:
    for move in Move:
        assert w.move_label(move)
        assert w.move_counted(move, 2)
    for reason in GapReason:
        assert w.say(f"gap.{reason.value}")
    for cause in (Reason.FIRST, Reason.QUERY_CHANGED, Reason.BASELINE_EXPIRED, Reason.SUBSCRIBED, Reason.LATER_DIGEST):
        assert w.say(f"since.{cause.value}")


def test_a_sentence_ends_once() -> None:
    assert DE.say("compares_with", date=DE.day(SLOT)) == "Er vergleicht mit Ihrem Bericht vom 16.\u00a0Nov."


@pytest.mark.parametrize("name", ["Q4 push... EMEA", "A..B", "{date}", "{name.__class__}", "{0}", "{", "100 %(x)s {}"])
def test_a_phrase_never_edits_or_reads_the_name_it_carries(name: str) -> None:
    assert EN.say("subject.first", name=name) == f"{name}, first digest"
    assert EN.say("cut.tables", what=name) == f"Further tables are left out here: {name}."


def test_a_phrase_whose_place_has_no_value_says_which() -> None:
    with pytest.raises(LookupError, match=r"found the place \{date\}, expected one of: \{day\}"):
        EN.say("since", day="Monday")


def test_the_blank_or_comma_before_a_place_goes_with_a_value_of_no_text() -> None:
    assert filled("{what}, {amount}", {"what": "3 deals", "amount": ""}) == "3 deals"
    assert filled("Newly stalled {amount}: {owners}.", {"amount": "", "owners": "Mina 1"}) == "Newly stalled: Mina 1."
