"""Secrets in the words of a service: in no spelling, and at no place of the text, does a part of one come through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.secret_spellings import SPELLINGS, WITH_MORE, keys, parts, passwords, shows
from worker.redact import MOST_READ, redact


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(deadline=None)
@given(secret=keys | passwords, before=st.integers(0, 230), limit=st.sampled_from([40, 80, 180, 200, 300]))
def test_no_part_of_a_secret_comes_through(spelling: str, secret: str, before: int, limit: int) -> None:
    """The filling shares no character with any spelling, so that nothing of the rest is there by chance."""
    spelled = SPELLINGS[spelling](secret)
    told = redact("é" * before + " " + spelled + " " + "é" * 230, [secret, "another secret"], limit)
    assert len(told) <= limit
    if spelling not in WITH_MORE:
        assert not parts(" ".join(spelled.split())) & parts(told)
    assert not shows(told, secret)


@settings(deadline=None)
@given(secret=keys, before=st.integers(0, 200))
def test_what_stands_around_a_secret_stays(secret: str, before: int) -> None:
    told = redact(f"{'é' * before} the key {secret} is wrong", [secret], 300)
    assert told == f"{'é' * before} the key *** is wrong".strip()


@settings(deadline=None)
@given(text=st.text(max_size=300), secrets=st.lists(st.text(max_size=20), max_size=3))
def test_any_text_becomes_one_harmless_line(text: str, secrets: list[str]) -> None:
    told = redact(text, secrets, 100)
    assert len(told) <= 100
    assert not set(told) & set("\n\r\t\x1b\x00\x9b\u2028\u202e\u2066")
    told.encode()


def test_an_invisible_character_does_not_hide_a_secret() -> None:
    assert redact("key abc\u200bdef\u202eghi", ["abcdefghi"]) == "key ***"


def test_secrets_that_overlap_are_taken_out_together() -> None:
    assert redact("so: abcdefghijkl", ["abcdefgh", "efghijkl"]) == "so: ***"


def test_a_secret_of_nothing_changes_nothing() -> None:
    assert redact("all is well", ["", " ", "\u200b"]) == "all is well"


@pytest.mark.parametrize("secret", ["t", "abc"])
def test_a_secret_of_three_characters_is_found_as_a_word_and_words_that_hold_it_stay(secret: str) -> None:
    assert redact(f"data of abcd, test: {secret}.", [secret]) == "data of abcd, test: ***."


def test_words_without_an_end_are_not_repeated() -> None:
    assert redact("x" * (MOST_READ + 1), ["secret"]) == "(more words than can be repeated)"
