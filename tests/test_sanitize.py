from unicodedata import bidirectional, category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sanitize import NAME_LIMIT, clean, isolate, visible


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


@pytest.mark.parametrize("name", ["🫨 Shaken", "\U00031350山 Ltd", "Weekly \U0001fae9", "\U0001c500 new script"])
def test_a_character_newer_than_the_interpreter_stays(name: str) -> None:
    assert clean(name) == name


SEEN = {
    *"\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd",
    *map(chr, [*range(0x600, 0x606), *range(0x13430, 0x13440)]),
}
"""Format characters that are to be seen: the marks around Arabic numbers, the joints of hieroglyphs."""


def test_of_the_characters_that_the_interpreter_knows_only_what_turns_or_hides_text_goes() -> None:
    kept = SEEN | set("\u200c\u200d")
    for code in range(0x110000):
        character, kind = chr(code), category(chr(code))
        if kind in {"Cc", "Cf", "Zl", "Zp", "Cs"} and character not in kept:
            assert character not in clean(f"a{character}b"), hex(code)
        elif kind[0] in "LMNPS" or character in kept:
            assert clean(f"a{character}b") == f"a{character}b", hex(code)


def test_a_noncharacter_becomes_a_blank() -> None:
    assert clean("a\ufffeb\U0010ffffc\ufdd0d") == "a b c d"


def test_every_letter_from_right_to_left_is_isolated_also_one_that_is_yet_to_come() -> None:
    for code in range(0x110000):
        if bidirectional(chr(code)) in {"R", "AL", "AN"} and category(chr(code)) != "Cf":
            assert isolate(chr(code)) == f"\u2068{chr(code)}\u2069", hex(code)
    assert isolate("\U00010d40") == "\u2068\U00010d40\u2069"  # Garay, of Unicode 16


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u3164", "\u2800", "\ufe0f", "\u202e \u200d", "\x00"])
def test_a_name_that_shows_nothing_is_no_name(name: str) -> None:
    assert not visible(name)


@pytest.mark.parametrize("name", ["a", "–", "\u3164a", "🫨", "\U0001fae9"])
def test_a_name_that_shows_anything_is_one(name: str) -> None:
    assert visible(name)
