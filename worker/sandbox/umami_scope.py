"""The part of the simulated site that a report sees: filters, steps, groups, and how sums and times are written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.umami_site import CUSTOM, VIEW, SimulatedSite, WebsiteEvent


@dataclass(frozen=True, slots=True)
class VisitScope:
    """The site within a range, both ends included, until `now`."""

    site: SimulatedSite | None
    start: datetime
    end: datetime
    now: datetime
    filters: Mapping[str, str]

    def hits(self) -> list[WebsiteEvent]:
        if self.site is None:
            return []
        passes = matcher(self.filters)
        return [hit for hit in self.site.between(self.start, self.end, self.now) if passes(hit)]

    def before(self) -> "VisitScope":
        """The range of the same length directly before this one."""
        length = self.end - self.start
        return VisitScope(self.site, self.start - length, self.start, self.now, self.filters)


def matcher(filters: Mapping[str, str]) -> Callable[[WebsiteEvent], bool]:
    """`US,DE` means one of them. `neq.`, `c.` and `dnc.` stand before a value. Unknown fields are ignored."""
    tests = [(name, *_operator(value)) for name, value in filters.items()]
    return lambda hit: all(_passes(hit.fields[name], op, value) for name, op, value in tests if name in hit.fields)


def _operator(value: str) -> tuple[str, str]:
    operator, dot, rest = value.partition(".")
    return (operator, rest) if dot and operator in ("eq", "neq", "c", "dnc") else ("eq", value)


def _passes(found: str | None, operator: str, value: str) -> bool:
    if operator in ("c", "dnc"):
        return (value.lower() in (found or "").lower()) == (operator == "c")
    return ((found or "") in value.split(",")) == (operator == "eq")


def is_step(hit: WebsiteEvent, kind: str, value: str) -> bool:
    wanted = CUSTOM if kind == "event" else VIEW
    return hit.kind == wanted and fnmatchcase(hit.name, value.replace("[", "[[]").replace("?", "[?]"))


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
