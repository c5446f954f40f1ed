"""Locales by CLDR: one function says whether a locale exists, when a definition is read and when a message is made."""

from functools import cache

from babel.core import Locale, UnknownLocaleError


@cache
def locale_named(written: str) -> Locale:
    """`written` as "en_GB" or "en-GB". Raises ValueError, with what was found, for a locale that CLDR does not know."""
    try:
        found = Locale.parse(written.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ValueError(f"found the locale {written!r}, expected one like en_GB or de_DE") from error
    if found.language == "root":
        raise ValueError(f"found the locale {written!r}, which is no language, expected one like en_GB or de_DE")
    return found
