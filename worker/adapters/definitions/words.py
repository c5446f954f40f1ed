"""How complaints speak: what was found, said shortly, and the nearest thing that is known."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_LONGEST = 60


def sentence(text: str) -> str:
    """One line of printable text, cut at 400 characters: keys and file names are as foreign as values."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown if len(shown) <= 400 else f"{shown[:399]}…"


def quoted(text: str) -> str:
    """In double quotes, without line breaks, cut at sixty characters."""
    shown = sentence(text)
    return f'"{shown[: _LONGEST - 1]}…"' if len(shown) > _LONGEST else f'"{shown}"'


def shape(value: Any) -> str:
    """What kind of thing stands there, without its content: the value may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def described(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else shape(value)


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a, b or c`; past twelve the rest is only counted."""
    known = list(names)
    if len(known) > 12:
        return f"{', '.join(known[:12])} {last} {len(known) - 12} more"
    return f" {last} ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, or None when none looks alike."""
    if len(name) > _LONGEST:
        return None
    by_folded = {k.lower().replace("_", "-"): k for k in known}
    close = get_close_matches(name.lower().replace("_", "-"), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def advice(name: str, known: Iterable[str], nothing: str = "leave it out") -> str:
    """What to write instead of a name that nobody knows."""
    names = sorted(known)
    if not names:
        return nothing
    close = nearest(name, names)
    if len(names) == 1:
        return f"write `{names[0]}`"
    return f"did you mean `{close}`?" if close else f"write one of {listed(names)}"
