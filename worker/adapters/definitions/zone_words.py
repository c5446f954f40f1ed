"""Advice for time zones written as an abbreviation or an offset, which do not say when daylight saving time begins."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from worker.adapters.definitions.words import listed
from worker.domain.known_names import nearest

SHORTEST = 5
"""Letters that a name must have before a similar zone is suggested. Shorter names are all similar."""

_NEW_YORK, _LOS_ANGELES, _DENVER = "America/New_York", "America/Los_Angeles", "America/Denver"
_CHICAGO, _SYDNEY, _AUCKLAND = "America/Chicago", "Australia/Sydney", "Pacific/Auckland"

_ABBREVIATIONS = MappingProxyType(
    {
        "ACST": ("Australia/Adelaide",), "AEDT": (_SYDNEY,), "AEST": (_SYDNEY,), "AKST": ("America/Anchorage",),
        "ART": ("America/Argentina/Buenos_Aires",), "AWST": ("Australia/Perth",), "BRT": ("America/Sao_Paulo",),
        "BST": ("Europe/London",), "CDT": (_CHICAGO,), "CEST": ("Europe/Berlin", "Europe/Paris"),
        "CST": (_CHICAGO, "Asia/Shanghai"), "CT": (_CHICAGO,), "EAT": ("Africa/Nairobi",), "EDT": (_NEW_YORK,),
        "EEST": ("Europe/Athens", "Europe/Helsinki"), "ET": (_NEW_YORK,), "GST": ("Asia/Dubai",),
        "HKT": ("Asia/Hong_Kong",), "ICT": ("Asia/Bangkok",),
        "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"), "JST": ("Asia/Tokyo",), "KST": ("Asia/Seoul",),
        "MDT": (_DENVER,), "MESZ": ("Europe/Berlin",), "MEZ": ("Europe/Berlin",), "MSK": ("Europe/Moscow",),
        "MT": (_DENVER,), "NZDT": (_AUCKLAND,), "NZST": (_AUCKLAND,), "PDT": (_LOS_ANGELES,),
        "PKT": ("Asia/Karachi",), "PST": (_LOS_ANGELES,), "PT": (_LOS_ANGELES,), "SAST": ("Africa/Johannesburg",),
        "SGT": ("Asia/Singapore",), "TRT": ("Europe/Istanbul",), "WAT": ("Africa/Lagos",),
        "WEST": ("Europe/Lisbon",), "WIB": ("Asia/Jakarta",), "Z": ("UTC",),
    }
)  # fmt: skip

_WITHOUT_PLACE = MappingProxyType(
    {
        "CET": "Europe/Berlin", "CST6CDT": _CHICAGO, "EET": "Europe/Athens", "EST": _NEW_YORK, "EST5EDT": _NEW_YORK,
        "HST": "Pacific/Honolulu", "MET": "Europe/Berlin", "MST": _DENVER, "MST7MDT": _DENVER, "PST8PDT": _LOS_ANGELES,
        "WET": "Europe/Lisbon",
    }
)  # fmt: skip
_ONE_OFFSET = frozenset({"EST", "MST", "HST"})
_OFFSET = re.compile(r"(UTC|GMT)?[+-]\d{1,2}(:?\d\d)?", re.IGNORECASE)


def zone_advice(text: str, known: Iterable[str]) -> str:
    """What to write instead of a zone that does not exist."""
    names = frozenset(known)
    for spelled in (text.upper(), text.title()):
        if spelled in names:
            return f"did you mean `{spelled}`?"
    if places := _ABBREVIATIONS.get(text.upper()):
        return f"write {listed(f'`{place}`' for place in places)}"
    if _OFFSET.fullmatch(text):
        return "write a place such as Europe/Berlin, because an offset knows no summer time"
    close = nearest(text, names) if len(text) >= SHORTEST else None
    return f"did you mean `{close}`?" if close else "write an IANA zone such as Europe/Berlin or UTC"


def zone_warning(name: str) -> tuple[str, str] | None:
    """What was found and what to write, for a zone that exists but is not a place. None for others."""
    if name in _ONE_OFFSET:
        found = f"the time zone `{name}`, which has the same offset all year"
    elif name in _WITHOUT_PLACE:
        found = f"the time zone `{name}`, which is no place"
    elif name.startswith("Etc/GMT") and name[-1] in "123456789":
        return (
            f"the time zone `{name}`, whose sign is turned round: + is behind UTC",
            "write a place such as Europe/Berlin",
        )
    else:
        return None
    return found, f"write a place such as {_WITHOUT_PLACE[name]}"
