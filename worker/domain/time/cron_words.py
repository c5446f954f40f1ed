"""Suggestions for a mistyped word in a cron expression: `last-workng-day`, `Mondy`, `@dayly`."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import product

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DAYS = ("last-day", "last-working-day", "first-working-day")
DAYS_IN_FULL = "last-day or L, last-working-day or LW, first-working-day or 1W"
NTH_IN_FULL = "MON#1 (the first Monday of a month), FRI#L (the last Friday)"

_LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_LONG_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NTH = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "last": "L"}

_CLOSE, _CLOSE_OF_SEVERAL = 0.65, 0.85
"""How similar a word must be to a known one, from 0 to 1. Of three letters, two are right; of several words, nearly all
letters.
"""

_LONGEST = 40
"""Characters of a word that is compared."""


def _of_long(long: Sequence[str]) -> dict[str, str]:
    return {written: f"`{word[:3].upper()}`" for word in long for written in (word[:3], word)}


_NTH_WEEKDAYS = {
    f"{nth}-{day}": f"`{short.upper()}#{number}`"
    for (nth, number), (day, short) in product(
        _NTH.items(), [*zip(_LONG_WEEKDAYS, WEEKDAYS, strict=True), *((one, one) for one in WEEKDAYS)]
    )
}
MONTH_WORDS: Mapping[str, str] = _of_long(_LONG_MONTHS)
PLAIN_WEEKDAYS: Mapping[str, str] = {
    **_of_long(_LONG_WEEKDAYS),
    **dict.fromkeys(("weekday", "weekdays", "workdays", "working-days"), "`MON-FRI`"),
    **dict.fromkeys(("weekend", "weekends"), "`SAT,SUN`"),
}
WEEKDAY_WORDS: Mapping[str, str] = {**PLAIN_WEEKDAYS, **_NTH_WEEKDAYS}
DAY_WORDS: Mapping[str, str] = {
    **{word: f"`{word}`" for word in DAYS},
    **{key: f"{word} in the weekday field" for key, word in _NTH_WEEKDAYS.items()},
}


def advice(text: str, part: str, known: Mapping[str, str], allowed: str) -> str:
    """As in "did you mean `MON`? Write …", or "write …" if no known word is similar. `part`: the word in `text` that is
    not known, as FRY in MON-FRY. `known`: words, each with what to write for it.
    """
    single = [word for word in known if "-" not in word]
    close = _nearest(text, known, _CLOSE_OF_SEVERAL) or _nearest(part, single, _CLOSE)
    return f"did you mean {known[close[0]]}? Write {allowed}" if close else f"write {allowed}"


def _nearest(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    return get_close_matches(word.lower().replace("_", "-")[:_LONGEST], list(known), n=1, cutoff=cutoff)
