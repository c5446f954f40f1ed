"""Relations between Umami's parameters that single kinds cannot say, as complaints before anything is asked."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from worker.domain.time.zones import ZoneError, written_zone
from worker.ports.kinds import RuleViolation, Use
from worker.sources.umami import values
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
"""What may be written, and what the server takes: the documentation's spelling is refused by it."""
FIELDS = (
    "path",
    "referrer",
    "title",
    "query",
    "os",
    "browser",
    "device",
    "country",
    "region",
    "city",
    "tag",
    "hostname",
    "distinctId",
    "language",
    "event",
    "utmSource",
    "utmMedium",
    "utmCampaign",
    "utmContent",
    "utmTerm",
)
_SPECIAL = ("segment", "cohort", "eventType", "excludeBounce", "match")
FILTERS = (*FIELDS, *_SPECIAL)
_FORMERLY = {"url": "path", "host": "hostname"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def common_faults(use: Use) -> tuple[RuleViolation, ...]:
    """What is wrong between the parameters of any report, all of it."""
    rules = (_ids, _filters, _dates, _as_written, _zone, _comparison)
    return tuple(chain.from_iterable(rule(use) for rule in rules))


def funnel_faults(use: Use) -> tuple[RuleViolation, ...]:
    window = tuple(_fits(use, "window", values.minutes)) or tuple(_bare(use))
    return (*common_faults(use), *_fits(use, "steps", values.steps), *window)


def journey_faults(use: Use) -> tuple[RuleViolation, ...]:
    return (*common_faults(use), *_between(use, "steps", 2, 7), *_between(use, "eventType", 1, 2))


def breakdown_faults(use: Use) -> tuple[RuleViolation, ...]:
    """Without a field the server answers an empty 500."""
    empty = () if use.params["fields"] else (_fault("fields", "`fields` without any", f"write {', '.join(FIELDS)}"),)
    return (*common_faults(use), *empty)


def money_faults(use: Use) -> tuple[RuleViolation, ...]:
    return (*common_faults(use), *_currency(use))


def attribution_faults(use: Use) -> tuple[RuleViolation, ...]:
    return (*common_faults(use), *_currency(use), *_model(use))


def misspelt(name: str) -> Callable[[Use], tuple[RuleViolation, ...]]:
    """The rules of a query that is written as Umami's documentation has it; `name` is the service's own."""

    def faults(use: Use) -> tuple[RuleViolation, ...]:
        said = RuleViolation(("query",), "a name that only Umami's documentation has", f"write {name}", warns=True)
        return (*common_faults(use), said)

    return faults


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


def _ids(use: Use) -> Iterator[RuleViolation]:
    """Umami answers what is no uuid with an empty 500, or with 400."""
    for name in ("websiteId", "reportId"):
        if name in use.params and not _UUID.fullmatch(use.params[name]):
            yield _fault(
                name, f"`{name}` that is no uuid", "copy it from `source`, as in 8-4-4-4-12 hexadecimal digits"
            )


def _filters(use: Use) -> Iterator[RuleViolation]:
    """An unknown filter would be dropped by the server in silence, and the report be about everything."""
    for name, value in use.params.get("filters", {}).items():
        at = ("params", "filters", name)
        if name in _FORMERLY:
            yield RuleViolation(at, f"the filter `{name}` of Umami 2", f"write `{_FORMERLY[name]}`")
        elif name not in FILTERS:
            yield RuleViolation(
                at, f"the filter `{name}`, which Umami does not know", f"write one of {', '.join(FILTERS)}"
            )
        else:
            yield from _filter(at, name, value)


def _filter(at: tuple[str, ...], name: str, value: Any) -> Iterator[RuleViolation]:
    try:
        text = values.filter_text(value)
    except Unfit as unfit:
        yield RuleViolation(at, f"the filter `{name}`: {unfit.found}", unfit.expected)
        return
    if name in ("segment", "cohort") and not _UUID.fullmatch(text):
        yield RuleViolation(at, f"the filter `{name}` that is no uuid", "write its id, as `source` lists it")
    if name == "match" and text not in ("all", "any"):
        yield RuleViolation(at, f"the filter `match` with {text[:40]!r}", "write all or any")
    if name == "eventType" and not text.isdecimal():
        yield RuleViolation(at, f"the filter `eventType` with {text[:40]!r}", "write a whole number")


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
    """Umami answers a reversed range with zeros. Two ends of which only one has an offset are left to their day."""
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
            written_zone(zone(use.params["timezone"]))
        except ZoneError as error:
            yield _fault("timezone", f"timezone: {error.found}", error.expected)


def _comparison(use: Use) -> Iterator[RuleViolation]:
    if "compare" in use.params:
        expected = "write `compare: previous` beside `window:`, which says exactly what is compared"
        yield _fault("compare", "compare below params", expected)


def _bare(use: Use) -> Iterator[RuleViolation]:
    """The documentation says days, the server reckons in minutes."""
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
    """As Umami takes it: its "utc" in small letters would be the database's own zone."""
    return "UTC" if name.upper() == "UTC" else name
