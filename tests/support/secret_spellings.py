"""Encodings in which services repeat a secret, and a check whether a text shows a part of one."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

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
"""These put other text around the secret. That text is no secret and stays."""

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
NO_WORDS = "bdfghjkmpqvxzBDFGHJKMPQVXZ0123456789"
"""No four of these letters in a row are part of a word, as "acco" is of "account", or of the base64 of the text
around a secret, as "wgw6" is of that of "é é".
"""
keys = st.lists(st.sampled_from(NO_WORDS), min_size=12, max_size=80).map("".join)
"""Built letter by letter. Hypothesis would use words from our code, which are also in our messages."""
passwords = st.text(LETTERS + " +/=&<>\"'\\%~.-_äü€", min_size=12, max_size=40).filter(
    lambda text: sum(letter in LETTERS for letter in text) >= 10 and text == " ".join(text.split())
)


def parts(text: str) -> set[str]:
    """All runs of four characters."""
    return {text[at : at + 4] for at in range(len(text) - 3)}


def readings(text: str) -> set[str]:
    """The text, and every part of it decoded as base64 at each of the four offsets."""
    stretches = [run[at:] for run in re.findall("[A-Za-z0-9+/]{4,}", text) for at in range(4)]
    return {text.lower(), *(base64.b64decode(run[: len(run) // 4 * 4]).decode("latin-1").lower() for run in stretches)}


def shows(text: str, secret: str) -> bool:
    """Whether `text` holds four characters in a row of the secret, plain or in base64."""
    return bool(parts(secret.lower()) & {part for reading in readings(text) for part in parts(reading)})
