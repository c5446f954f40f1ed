"""What the machine says about the person in front of it: the time zone and the locale, as defaults for `init`."""

import os
from collections.abc import Mapping
from pathlib import Path

from worker.domain.time.zones import ZoneError, written_zone
from worker.locales import locale_named

UTC, ENGLISH = "UTC", "en_GB"
LANGUAGES = frozenset({"en", "de"})
"""Languages that messages are written in without a project's own words."""

LOCALTIME, TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")
_ALIASES = {"Etc/UTC": UTC, "Etc/GMT": UTC, "Etc/Zulu": UTC, "Universal": UTC}


def machine_zone(environ: Mapping[str, str] = os.environ) -> str:
    """The IANA name of the machine's time zone; UTC if the machine does not say."""
    for name in _zone_names(environ):
        try:
            written_zone(name)
        except ZoneError:
            continue
        return _ALIASES.get(name, name)
    return UTC


def _zone_names(environ: Mapping[str, str]) -> list[str]:
    """As TZ, the link /etc/localtime and Debian's /etc/timezone write them; the first that exists is right."""
    linked = os.path.realpath(LOCALTIME).partition("/zoneinfo/")[2]
    try:
        written = TIMEZONE.read_text("utf-8", "replace").strip()
    except OSError:
        written = ""
    return [name for name in (environ.get("TZ", "").lstrip(":"), linked, written) if name]


def machine_locale(environ: Mapping[str, str] = os.environ) -> str:
    """The locale of the machine's messages, if we have words for its language; else British English."""
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    written = named.partition(".")[0].partition("@")[0]
    try:
        known = locale_named(written).language in LANGUAGES
    except ValueError:
        known = False
    return written if known and "_" in written else ENGLISH
