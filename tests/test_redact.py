"""Secrets in the words of a service: in no spelling, and at no place of the text, does a part of one come through."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.redact import MOST_READ, redact

Spelling = Callable[[str], str]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Spelling] = {
    "as it is": str,
    "upper case": str.upper,
    "url": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "url, every byte": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "url twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "html": html.escape,
    "html by number": lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    "html by hexadecimal number": lambda secret: "".join(f"&#x{ord(letter):X};" for letter in secret),
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json twice": lambda secret: json.dumps(json.dumps(secret)),
    "json, every character": lambda secret: "".join(f"\\u{ord(letter):04x}" for letter in secret),
    "base64": _base64,
    "base64 for a url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 in a url": lambda secret: quote(_base64(secret), safe=""),
    "base64 folded": lambda secret: "\r\n ".join(_base64(secret)[n : n + 10] for n in range(0, 400, 10)).strip(),
    "basic, as the user": lambda secret: _base64(f"{secret}:"),
    "basic, as the password": lambda secret: _base64(f"éé:{secret}"),
    "auth plain": lambda secret: _base64(f"\0ééé\0{secret}"),
    "base64 of a sentence": lambda secret: _base64(f"ééé é {secret}, éé?"),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal in capitals, with colons": lambda secret: secret.encode().hex(":").upper(),
    "python bytes": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
}

WITH_MORE = {"basic, as the user", "basic, as the password", "auth plain", "base64 of a sentence"}
"""What stands around the secret there is no secret, and its letters stay."""

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
keys = st.text(LETTERS, min_size=12, max_size=80)
passwords = st.text(LETTERS + " +/=&<>\"'\\%~.-_äü€", min_size=12, max_size=40).filter(
    lambda text: sum(letter in LETTERS for letter in text) >= 10 and text == " ".join(text.split())
)


def parts(text: str) -> set[str]:
    """Every four neighbours."""
    return {text[at : at + 4] for at in range(len(text) - 3)}


def readings(told: str) -> set[str]:
    """The text, and what every stretch of base64 in it holds, wherever it begins."""
    stretches = [run[at:] for run in re.findall("[A-Za-z0-9+/]{4,}", told) for at in range(4)]
    return {told.lower(), *(base64.b64decode(run[: len(run) // 4 * 4]).decode("latin-1").lower() for run in stretches)}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(secret=keys | passwords, before=st.integers(0, 230), limit=st.sampled_from([40, 80, 180, 200, 300]))
def test_no_part_of_a_secret_comes_through(spelling: str, secret: str, before: int, limit: int) -> None:
    """The filling shares no character with any spelling, so that nothing of the rest is there by chance."""
    spelled = SPELLINGS[spelling](secret)
    told = redact("é" * before + " " + spelled + " " + "é" * 230, [secret, "another secret"], limit)
    assert len(told) <= limit
    if spelling not in WITH_MORE:
        assert not parts(" ".join(spelled.split())) & parts(told)
    assert not parts(secret.lower()) & {part for reading in readings(told) for part in parts(reading)}


@given(secret=keys, before=st.integers(0, 200))
def test_what_stands_around_a_secret_stays(secret: str, before: int) -> None:
    told = redact(f"{'é' * before} the key {secret} is wrong", [secret], 300)
    assert told == f"{'é' * before} the key *** is wrong".strip()


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
