"""The part of an error message that lists the existing names after an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 12
"""Names that are listed; a project may have thousands of schedules."""

_CLOSE = 0.6
_LONGEST = 200


def known_names(name: str, known: Iterable[str], there: str = "there are") -> str:
    """As in "did you mean `week`? There are: month, week", or "there are: month, week" if none is similar."""
    names = sorted(known)
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    listed = f"{there}: {', '.join(names[:MOST])}{more}" if names else f"{there}: none"
    folded = {one.lower().replace("_", "-"): one for one in names}
    close = get_close_matches(name.lower().replace("_", "-")[:_LONGEST], folded, n=1, cutoff=_CLOSE)
    return f"did you mean `{folded[close[0]]}`? {listed[0].upper()}{listed[1:]}" if close else listed
