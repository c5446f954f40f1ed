"""The wording of complaints: what was found, shortened, and the nearest known name."""

from collections.abc import Iterable
from typing import Any

from worker.domain.known_names import nearest

_LONGEST = 60


def sentence(text: str) -> str:
    """One line of printable text, cut at 400 characters. Keys and file names are untrusted, like values."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown if len(shown) <= 400 else f"{shown[:399]}…"


def quoted(text: str) -> str:
    """In double quotes, without line breaks, cut at 60 characters."""
    shown = sentence(text)
    return f'"{shown[: _LONGEST - 1]}…"' if len(shown) > _LONGEST else f'"{shown}"'


def shape(value: Any) -> str:
    """The kind of a value without its content, because that may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def described(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else shape(value)


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a, b or c`. After twelve names, only the number of the others."""
    known = list(names)
    if len(known) > 12:
        return f"{', '.join(known[:12])} {last} {len(known) - 12} more"
    return f" {last} ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def advice(name: str, known: Iterable[str], nothing: str = "leave it out") -> str:
    """What to write instead of an unknown name."""
    names = sorted(known)
    if not names:
        return nothing
    close = nearest(name, names)
    if len(names) == 1:
        return f"write `{names[0]}`"
    return f"did you mean `{close}`?" if close else f"write one of {listed(names)}"
