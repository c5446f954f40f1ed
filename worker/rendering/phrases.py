"""Texts with named placeholders. Values are inserted as plain text; neither a pattern nor a value is a format string.

str.format would read attributes and items of a value ("{x.__class__}"), and thereby any object of the process.
"""

import re
from collections.abc import Callable, Mapping

_PLACE = re.compile(r"(,? )?\{([^{}]*)\}(\.?)")


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """`pattern` with each `{name}` replaced by its value, unchanged. Raises LookupError for a placeholder without a
    value.

    A pattern's full stop is left out after a value that ends with one, as a German date may. The blank or comma before
    a placeholder is left out if its value is empty.
    """

    def value(place: re.Match[str]) -> str:
        blank, name, stop = place.groups(default="")
        if name not in values:
            known = ", ".join(f"{{{known}}}" for known in values) or "no place"
            raise LookupError(f"found the place {{{name}}}, expected one of: {known}")
        text = values[name]
        return (blank if text else "") + (text if text.endswith(".") else text + stop)

    return _PLACE.sub(value, pattern)


def capital(text: str) -> str:
    """For the beginning of a line: only the first character changes."""
    return text[:1].upper() + text[1:]


class Phrases:
    """The phrases of one language. `words`: key → pattern. `count` formats a whole number in the locale. `plural`: the
    plural form of a number ("one", "few", "other").
    """

    def __init__(self, words: Mapping[str, str], count: Callable[[int], str], plural: Callable[[int], str]) -> None:
        self._words = words
        self._count = count
        self._plural = plural

    def pattern(self, key: str, n: int | None = None) -> str:
        """A phrase with its {placeholders} not yet filled; with `n`, its plural form. Raises KeyError."""
        if n is not None and f"{key}.other" in self._words:
            form = f"{key}.{self._plural(n)}"
            key = form if form in self._words else f"{key}.other"
        return self._words[key]

    def knows(self, key: str) -> bool:
        """Whether there is a phrase with this key."""
        return key in self._words or f"{key}.other" in self._words

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        """A phrase with its placeholders filled; `n` selects the plural form and fills {n}. Raises KeyError for an
        unknown phrase, LookupError for a placeholder without a value.
        """
        places = values if n is None else {"n": self._count(n), **values}
        return filled(self.pattern(key, n), {name: str(value) for name, value in places.items()})

    def deals(self, n: int) -> str:
        """As in "37 deals"."""
        return self.say("deals", n)

    def days(self, n: int) -> str:
        """As in "14 days"."""
        return self.say("days", n)

    def more(self, n: int, of: str = "") -> str:
        """As in "12 more"; with `of`, a key such as "people", as in "12 more people"."""
        return self.say(f"more_{of}" if of else "more", n)
