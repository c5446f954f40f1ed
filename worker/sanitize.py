"""Text that somebody else wrote, made harmless: on one line, in its own direction, encodable."""

import unicodedata

NAME_LIMIT = 120
_KEPT_FORMATS = frozenset("\u200c\u200d")  # joiners: Persian spelling and compound emoji need them
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def clean(name: str, limit: int = NAME_LIMIT) -> str:
    """One line of at most `limit` characters (the last an ellipsis) without control, format or bidi override
    characters; half surrogate pairs become U+FFFD.
    """
    kept = "".join(_harmless(c) for c in name[: limit * 20])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def isolate(name: str) -> str:
    """As `clean`; a name with right-to-left letters stands between U+2068 and U+2069, so that it turns only itself."""
    text = clean(name)
    turned = any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)
    return f"\u2068{text}\u2069" if turned else text


def plain(text: str) -> str:
    """For text columns: every space one character wide, and no invisible joiners."""
    return text.translate({0xA0: " ", 0x202F: " ", 0x2009: " ", 0x2060: None})


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"  # half a surrogate pair cannot be written as UTF-8
    if category == "Cf" and character not in _KEPT_FORMATS:
        return ""
    return " " if category in {"Cc", "Zl", "Zp", "Cn"} else character
