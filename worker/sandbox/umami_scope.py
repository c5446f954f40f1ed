"""The part of the simulated site that a report sees: filters, steps, groups, and how sums and times are written."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.umami_checks import FIELDS
from worker.sandbox.umami_send import OpenSite
from worker.sandbox.umami_site import CUSTOM, VIEW, WebsiteEvent

OF_SESSIONS = frozenset(
    {
        "os",
        "browser",
        "device",
        "language",
        "country",
        "region",
        "city",
        "distinctId",
        "referrer",
        "segment",
        "cohort",
    }
)
"""Filters for which the service joins a second table. Version 3.1 fails at that in its performance report."""
_OF_TEXT = ("eq", "neq", "c", "dnc", "re", "nre")
_OPERATORS = (*_OF_TEXT, "s", "ns", "t", "f", "gt", "lt", "gte", "lte", "bf", "af")


@dataclass(frozen=True, slots=True)
class VisitScope:
    """The site within a range, both ends included, up to `now`."""

    site: OpenSite | None
    start: datetime
    end: datetime
    now: datetime
    filters: Mapping[str, str]

    def hits(self) -> list[WebsiteEvent]:
        if self.site is None:
            return []
        passes = matcher(self.filters)
        return [hit for hit in self.site.between(self.start, self.end, self.now) if passes(hit)]

    def everybody(self) -> "VisitScope":
        """The same range without filters."""
        return VisitScope(self.site, self.start, self.end, self.now, {})

    def before(self) -> "VisitScope":
        """The range of the same length directly before this one."""
        length = self.end - self.start
        return VisitScope(self.site, self.start - length, self.start, self.now, self.filters)


def matcher(filters: Mapping[str, str]) -> Callable[[WebsiteEvent], bool]:
    """`US,DE` means one of them. An operator and a full stop may stand before a value. Unknown fields are ignored."""
    tests = [(name, *_operator(value)) for name, value in filters.items()]
    return lambda hit: all(_passes(hit.fields[name], op, value) for name, op, value in tests if name in hit.fields)


def unforeseen(filters: Mapping[str, str]) -> bool:
    """Whether a filter makes SQL fail: an operator that text does not have, or a broken expression."""
    return any(_fails(*_operator(value)) for name, value in filters.items() if name in FIELDS)


def _fails(operator: str, value: str) -> bool:
    if operator in ("re", "nre"):
        try:
            re.compile(value)
        except re.error:
            return True
    return operator not in _OF_TEXT


def _operator(value: str) -> tuple[str, str]:
    operator, dot, rest = value.partition(".")
    return (operator, rest) if dot and operator in _OPERATORS else ("eq", value)


def _passes(found: str | None, operator: str, value: str) -> bool:
    if operator in ("re", "nre"):
        return (re.search(value, found or "") is not None) == (operator == "re")
    if operator in ("c", "dnc"):
        return (value.lower() in (found or "").lower()) == (operator == "c")
    return ((found or "") in value.split(",")) == (operator == "eq")


def is_step(hit: WebsiteEvent, kind: str, value: str) -> bool:
    """A view of that path, or an event of that name. A star at an end matches anything; elsewhere it is literal."""
    return hit.kind == (CUSTOM if kind == "event" else VIEW) and _like(hit.name, value)


def is_funnel_step(hit: WebsiteEvent, kind: str, value: str) -> bool:
    """As is_step. A path also matches events that happen there."""
    return is_step(hit, kind, value) if kind == "event" else _like(str(hit.fields["path"]), value)


def _like(name: str, value: str) -> bool:
    start, end = ("" if value.startswith("*") else "^"), ("" if value.endswith("*") else "$")
    middle = value.removeprefix("*").removesuffix("*")
    return re.search(f"{start}{re.escape(middle)}{end}", name, re.DOTALL) is not None


def zone_of(name: str | None) -> ZoneInfo:
    return ZoneInfo("UTC" if name is None or name.upper() == "UTC" else name)


def shown(text: str, zone: str | None) -> str:
    """The beginning of a bucket. It is an instant if no zone was requested ("utc" counts as none)."""
    return text.replace(" ", "T") + "Z" if zone in (None, "utc") else text


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def bucket(shown: datetime, unit: str) -> str:
    """Local time without an offset, truncated."""
    cut = {"year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16}[unit]
    text = shown.strftime("%Y-%m-%d %H:%M")[:cut]
    return text + {4: "-01-01 00:00:00", 7: "-01 00:00:00", 10: " 00:00:00", 13: ":00:00", 16: ":00"}[cut]


def text(amounts: Iterable[Decimal]) -> str:
    whole = sum(amounts, Decimal(0)).normalize()
    return f"{whole:f}"


def by(found: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for one in found:
        groups[key(one)].append(one)
    return groups


def days(hits: Iterable[WebsiteEvent], zone: ZoneInfo) -> dict[date, list[WebsiteEvent]]:
    return by(hits, lambda hit: hit.at.astimezone(zone).date())
