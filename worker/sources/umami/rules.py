"""Rules between Umami's parameters, checked before any request."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from worker.domain.time.zones import ZoneError, written_zone
from worker.ports.kinds import RuleViolation, Use
from worker.ports.rules import broken
from worker.sources.umami import filters, values
from worker.sources.umami.values import Unfit

DATES = ("startDate", "endDate")
UNITS = ("day", "hour", "minute", "month", "year")
VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")
ATTRIBUTION_MODELS: Mapping[str, str] = {
    "first-click": "first-click",
    "last-click": "last-click",
    "firstClick": "first-click",
    "lastClick": "last-click",
}
"""Accepted spelling → the server's. The server refuses the spelling of its documentation."""


Faults = Callable[[Use], tuple[RuleViolation, ...]]
_Rule = Callable[[Use], Iterator[RuleViolation]]


def of(report: str) -> Faults:
    """All violations in the parameters of a report. `report`: the service's type, stats, or "" for a saved report,
    whose type is known only when it is read.
    """

    def own(use: Use) -> Iterator[RuleViolation]:
        return filters.faults(report, use.params.get("filters", {}))

    return lambda use: broken((own, *_COMMON, *_OWN.get(report, ())), use)


def misspelt(name: str) -> Faults:
    """The rules of a query under the spelling of Umami's documentation. `name` is the service's own."""

    def found(use: Use) -> tuple[RuleViolation, ...]:
        said = RuleViolation(("query",), "a name that only Umami's documentation has", f"write {name}", warns=True)
        return (*of(name)(use), said)

    return found


def _fault(name: str, found: str, expected: str, *, warns: bool = False) -> RuleViolation:
    return RuleViolation(("params", name), found, expected, warns)


def _fits(use: Use, name: str, read: Any) -> Iterator[RuleViolation]:
    try:
        read(use.params[name])
    except Unfit as unfit:
        yield _fault(name, f"`{name}`: {unfit.found}", unfit.expected)


def _between(use: Use, name: str, least: int, most: int) -> Iterator[RuleViolation]:
    value = use.params.get(name)
    if value is not None and not least <= value <= most:
        yield _fault(name, f"`{name}` with {value}", f"write {least} to {most}")


def _funnel(use: Use) -> Iterator[RuleViolation]:
    wrong = tuple(_fits(use, "steps", values.steps))
    yield from wrong
    for step in () if wrong else values.steps(use.params["steps"]):
        yield from _matching("steps", step["type"], step["value"])
    yield from tuple(_fits(use, "window", values.minutes)) or _bare(use)


def _matching(name: str, kind: str, value: str) -> Iterator[RuleViolation]:
    """Reports steps that cannot match as written. Umami answers them with zero."""
    unmatched = values.unmatched(kind, value)
    if unmatched is not None:
        yield _fault(name, f"`{name}`: {unmatched[0]}, which matches nothing", unmatched[1], warns=True)


def _goal(use: Use) -> Iterator[RuleViolation]:
    return _matching("value", use.params["type"], use.params["value"])


def _origin(use: Use) -> Iterator[RuleViolation]:
    step = use.params["step"]
    if "*" in step:
        expected = "write the whole path or name: attribution has no wildcard"
        yield _fault("step", "`step`: a value with `*`, which matches nothing", expected, warns=True)
    else:
        yield from _matching("step", use.params["type"], step)


def _ends(use: Use) -> Iterator[RuleViolation]:
    """A step that begins like a path or an address is treated as one; any other is the name of an event."""
    for name in ("startStep", "endStep"):
        step = use.params.get(name)
        if step is not None:
            yield from _matching(name, "path" if "/" in step else "event", step)


def _journey(use: Use) -> Iterator[RuleViolation]:
    yield from _ends(use)
    yield from _between(use, "steps", 2, 7)
    yield from _between(use, "eventType", 1, 2)


def _breakdown(use: Use) -> Iterator[RuleViolation]:
    """Without a field the server answers an empty 500."""
    if not use.params["fields"]:
        yield _fault("fields", "`fields` without any", f"write {', '.join(filters.FIELDS)}")


def _ids(use: Use) -> Iterator[RuleViolation]:
    """Umami answers an id that is no uuid with an empty 500, or with 400."""
    for name in ("websiteId", "reportId"):
        if name in use.params and not values.UUID.fullmatch(use.params[name]):
            yield _fault(
                name,
                f"`{name}` that is no uuid",
                "copy it from `funnelbeat source NAME`: 8-4-4-4-12 hexadecimal digits",
            )


def _dates(use: Use) -> Iterator[RuleViolation]:
    given = [name for name in DATES if name in use.params]
    if use.window is not None:
        yield from (_fault(name, f"{name} beside window:", "keep one of the two") for name in given)
        return
    if len(given) == 1:
        other = next(name for name in DATES if name != given[0])
        yield _fault(given[0], f"{given[0]} without {other}", f"add {other}, or use window:")
    sound = True
    for name in given:
        try:
            values.opening(use.params[name])
        except (ValueError, OverflowError):
            sound = False
            example = "write a date, an instant such as 2026-11-16T09:00:00Z, or milliseconds"
            yield _fault(name, f"{name} with {use.params[name][:40]!r}", example)
    if sound and len(given) == 2:
        yield from _order(use)


def _order(use: Use) -> Iterator[RuleViolation]:
    """Umami answers a reversed range with zeros. Ends of which only one has an offset are not compared."""
    start, end = values.opening(use.params["startDate"]), values.closing(use.params["endDate"])
    same = (start.tzinfo is None) == (end.tzinfo is None)
    if (start < end) if same else (start.date() <= end.date()):
        return
    yield _fault("endDate", "endDate before startDate", "exchange the two")


def _as_written(use: Use) -> Iterator[RuleViolation]:
    if use.ranges != "as_written":
        return
    for key, given in (("window", use.window), ("compare", use.compare)):
        if given is not None:
            yield RuleViolation((key,), f"{key}: beside ranges: as_written", "write startDate and endDate below params")


def _zone(use: Use) -> Iterator[RuleViolation]:
    if "timezone" in use.params:
        try:
            zone(use.params["timezone"])
        except ZoneError as error:
            yield _fault("timezone", f"timezone: {error.found}", error.expected)


def _comparison(use: Use) -> Iterator[RuleViolation]:
    if "compare" in use.params:
        expected = "write `compare: previous` beside `window:`, which says exactly what is compared"
        yield _fault("compare", "compare below params", expected)


def _bare(use: Use) -> Iterator[RuleViolation]:
    """The documentation says days, but the server computes in minutes."""
    if values.minutes(use.params["window"])[1]:
        written = use.params["window"]
        yield _fault("window", f"window: {written}, which is minutes", f"write {written}m, or {written}d", warns=True)


def _model(use: Use) -> Iterator[RuleViolation]:
    written = use.params["model"]
    if written != ATTRIBUTION_MODELS[written]:
        yield _fault("model", f"model: {written}", f"write {ATTRIBUTION_MODELS[written]}, as Umami does", warns=True)


def _currency(use: Use) -> Iterator[RuleViolation]:
    value = use.params.get("currency")
    if value is not None and not re.fullmatch("[A-Za-z]{3}", value):
        yield _fault("currency", f"currency with {value[:40]!r}", "write the three letters of ISO 4217, such as EUR")


def zone(name: str) -> str:
    """The zone in Umami's spelling. Its "utc" in lower case would be the database's own zone.

    Raises ZoneError, also for zones that exist only in this machine's files and that Umami refuses.
    """
    known = "UTC" if name.upper() == "UTC" else name
    written_zone(known)
    return known


_COMMON: tuple[_Rule, ...] = (_ids, _dates, _as_written, _zone, _comparison)
_OWN: Mapping[str, tuple[_Rule, ...]] = {
    "funnel": (_funnel,),
    "journey": (_journey,),
    "breakdown": (_breakdown,),
    "revenue": (_currency,),
    "attribution": (_currency, _model, _origin),
    "goal": (_goal,),
}
