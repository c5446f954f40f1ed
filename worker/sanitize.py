"""Text of other parties, made harmless: on one line, in its own direction, encodable.

The characters to remove are listed here and not taken from the interpreter, because two interpreters have two versions
of Unicode and a digest must be the same under both. Characters that an interpreter does not know yet stay.
"""

import re

NAME_LIMIT = 120

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
) + "]")  # fmt: skip
"""Controls, line and paragraph separators, and noncharacters. Each is replaced by a blank."""

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Characters that turn or hide text: bidi controls, zero-width spaces, tags. The joiners U+200C and U+200D stay,
because Persian spelling and compound emoji need them.
"""

_SURROGATE = re.compile("[\ud800-\udfff]")  # half a pair cannot be written as UTF-8

_BLANK = re.compile("[\\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0"
                    "\U000e0100-\U000e01ef]*")  # fmt: skip
"""Letters and marks that show nothing."""

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""The blocks that Unicode reserves for scripts from right to left, future letters included."""

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that a terminal obeys: controls except tab and line feed, and those that turn text."""


def clean(name: str, limit: int = NAME_LIMIT) -> str:
    """One line of at most `limit` characters (the last an ellipsis) without control, format or bidi override
    characters. Half surrogate pairs become U+FFFD.
    """
    line = " ".join(harmless(name[: limit * 20]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def visible(name: str) -> bool:
    """Whether a reader can see anything of it. A name of blanks, fillers or controls is not visible."""
    if name[:1].isalnum() and name.isascii():  # most names, and some thousand are asked for at once
        return True
    return _BLANK.fullmatch(clean(name)) is None


def isolate(name: str, limit: int = NAME_LIMIT) -> str:
    """As `clean`. A name with right-to-left letters is put between U+2068 and U+2069, so that it turns only itself."""
    text = clean(name, limit)
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def for_terminal(text: str) -> str:
    """The text with its lines, without the characters that a terminal would obey. Half surrogate pairs
    become U+FFFD.
    """
    return _OBEYED.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "" if found[0] > "\x9f" else " ", text)


def plain(text: str) -> str:
    """For text columns: every space one character wide, and no invisible joiners."""
    return text.translate({0xA0: " ", 0x202F: " ", 0x2009: " ", 0x2060: None})


def harmless(text: str) -> str:
    """Without characters that turn or hide text. Each control character becomes a blank, so that there are no line
    breaks.
    """
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", _BREAKS.sub(" ", text)))


def replace_surrogates(text: str) -> str:
    """With U+FFFD for half surrogate pairs, which UTF-8 cannot hold."""
    return _SURROGATE.sub("\ufffd", text)
