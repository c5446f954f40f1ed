"""Locales by CLDR. One function decides whether a locale exists, for definitions and for messages."""

from functools import cache

from babel.core import Locale, UnknownLocaleError


@cache
def locale_named(written: str) -> Locale:
    """`written` is "en_GB" or "en-GB". Raises ValueError, with the locale that was found, if CLDR does not know it."""
    try:
        found = Locale.parse(written.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ValueError(f"found the locale {written!r}, expected one like en_GB or de_DE") from error
    if found.language == "root":
        raise ValueError(f"found the locale {written!r}, which is no language, expected one like en_GB or de_DE")
    return found


def plural_forms(language: str) -> tuple[str, ...]:
    """The categories of CLDR that counted words of a language have, `other` last: ("one", "few", "many", "other").

    https://cldr.unicode.org/index/cldr-spec/plural-rules. Raises ValueError for an unknown language.
    """
    tags = locale_named(language).plural_form.tags
    return (*(form for form in ("zero", "one", "two", "few", "many") if form in tags), "other")


def own_name(locale: str) -> str:
    """As its own speakers write it: "English (United Kingdom)". Raises ValueError for an unknown locale."""
    found = locale_named(locale)
    name = found.get_display_name() or locale
    return name[:1].upper() + name[1:]
