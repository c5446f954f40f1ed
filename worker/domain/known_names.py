"""The part of an error message that names the existing name which was probably meant, or lists those there are."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 12
"""Names that are listed; a project may have thousands of schedules."""

_CLOSE = 0.6
_LONGEST = 200
_BEGINNING = 3
"""Characters of a name's beginning that are enough to mean it."""


def known_names(name: str, known: Iterable[str], there: str = "there are") -> str:
    """As in "did you mean `week`? There are: month, week", or "there are: month, week" if none is similar."""
    names = sorted(known)
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    listed = f"{there}: {', '.join(names[:MOST])}{more}" if names else f"{there}: none"
    meant = nearest(name, names)
    return f"did you mean `{meant}`? {listed[0].upper()}{listed[1:]}" if meant is not None else listed


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that is spelled almost so, else the shortest that begins so. Capitals, and `_` for `-`, do not count."""
    folded = {_folded(one): one for one in sorted(known)}
    asked = _folded(name[:_LONGEST])
    begun = [one for one in folded if len(asked) >= _BEGINNING and one.startswith(asked)]
    close = get_close_matches(asked, folded, n=1, cutoff=_CLOSE) or sorted(begun, key=len)
    return folded[close[0]] if close else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")
