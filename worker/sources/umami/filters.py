"""Filters of a report in Umami's form, and the problems of those that Umami would misread or ignore.

Umami reads a short word and a full stop at the beginning of a value as an operator (`neq.chrome`, `c./docs`). Most of
its operators do not work on text: `t.co`, which is a referrer, is answered with an empty 500. `eq.` before such a value
marks the rest as the value. Measured on version 3.1.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from worker.ports.kinds import RuleViolation
from worker.sources.umami.values import UUID, Unfit, unmatched

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
_NO_TEXT_OPERATOR = re.compile(r"(s|ns|t|f|gt|lt|gte|lte|bf|af)\.")
_OPERATOR = re.compile(r"(eq|neq|c|dnc|re|nre)\.")
_AMBIGUOUS = re.compile(r"(c|re)\.([a-z0-9-]+(\.[a-z0-9-]+)+)", re.IGNORECASE | re.ASCII)
_MEANINGS = {"c": "contain", "re": "match the expression"}
_HOSTS = ("hostname", "referrer")
_SETS_EVENT_TYPE = ("goal", "utm", "breakdown", "attribution")
_NOT_VIEWS = ("2", "5")
_OF_SESSIONS = frozenset(
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
"""Filters for which Umami joins its table of sessions, which version 3.1 cannot do in `performance`."""


def sent(report: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The filters as texts, without empty ones. `report`: the service's type, or stats. Raises Unfit for a filter that
    the report ignores, because the figure would then be about all visitors.
    """
    found = {name: text for name, value in given.items() if (text := wire(name, value)) is not None}
    for name, text in found.items():
        ignored = _ignored(report, name, text)
        if ignored is not None:
            raise Unfit(f"the filter `{name}`{ignored[0]}", ignored[1])
    return found


def wire(name: str, value: Any) -> str | None:
    """One filter's value in Umami's form; None if the key must be left out. Raises Unfit."""
    text = _text(value)
    if name == "excludeBounce":
        return _flag(text)
    return f"eq.{text}" if name in FIELDS and _NO_TEXT_OPERATOR.match(text) else text


def _text(value: Any) -> str:
    """true → "true", [US, DE] → "US,DE". Raises Unfit."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        parts = [_text(part) for part in value]
        if not parts or any("," in part for part in parts):
            raise Unfit("a list that is empty or has a value with a comma", "write the values without commas")
        return ",".join(parts)
    if value is None or isinstance(value, Mapping) or not str(value).strip():
        raise Unfit("an empty filter", "leave the key out: Umami would look for the empty text and find nothing")
    return str(value)


def _flag(text: str) -> str | None:
    """Umami reads any text as yes, so no is expressed by leaving the key out."""
    if text.lower() not in ("true", "false"):
        raise Unfit(repr(text[:40]), "write true or false")
    return "true" if text.lower() == "true" else None


def _ignored(report: str, name: str, text: str) -> tuple[str, str] | None:
    """What was found and what is expected, for a filter that has no effect in this report. "" is a saved report of any
    type.
    """
    if name == "excludeBounce" and report != "stats":
        return ": only stats looks at it", "leave it out, or use `query: stats`"
    if name == "eventType" and report in _SETS_EVENT_TYPE:
        return ", which this report sets itself", "leave it out"
    if name == "eventType" and report == "stats" and text in _NOT_VIEWS:
        return f" with {text}, of which stats counts nothing", "leave it out: stats counts views"
    return None


def faults(report: str, given: Mapping[str, Any]) -> Iterator[RuleViolation]:
    """Reports unknown filters, because the server silently drops them and reports on everything."""
    for name, value in given.items():
        if name in _FORMERLY:
            yield _said(name, f"the filter `{name}` of Umami 2", f"write `{_FORMERLY[name]}`")
        elif name not in FILTERS:
            found = f"the filter `{name}`, which Umami does not know"
            yield _said(name, found, f"write one of {', '.join(FILTERS)}")
        else:
            yield from _fault(report, name, value)


def _fault(report: str, name: str, value: Any) -> Iterator[RuleViolation]:
    try:
        text = wire(name, value)
    except Unfit as unfit:
        yield _said(name, f"the filter `{name}`: {unfit.found}", unfit.expected)
        return
    if text is None:
        return
    wrong = tuple(_wrong(name, text)) or tuple(_useless(report, name, text))
    yield from wrong or (*_misread(name, text), *_unmatched(name, text))
    if report == "performance" and name in _OF_SESSIONS:
        found = f"the filter `{name}`, with which Umami 3.1 cannot answer performance (500)"
        yield _said(name, found, "filter by path, title, tag or utm…, or use a later version", warns=True)


def _useless(report: str, name: str, text: str) -> Iterator[RuleViolation]:
    ignored = _ignored(report, name, text)
    if ignored is not None:
        yield _said(name, f"the filter `{name}`{ignored[0]}", ignored[1])


def _wrong(name: str, text: str) -> Iterator[RuleViolation]:
    if name in ("segment", "cohort") and not UUID.fullmatch(text):
        yield _said(name, f"the filter `{name}` that is no uuid", "write its id, as `funnelbeat source NAME` lists it")
    if name == "match" and text not in ("all", "any"):
        yield _said(name, f"the filter `match` with {text[:40]!r}", "write all or any")
    if name == "eventType" and not text.isdecimal():
        yield _said(name, f"the filter `eventType` with {text[:40]!r}", "write a whole number")


def _misread(name: str, text: str) -> Iterator[RuleViolation]:
    """`c.acme.example` may be a host, but Umami searches for hosts that contain acme.example."""
    read = _AMBIGUOUS.fullmatch(text) if name in _HOSTS else None
    if read is not None:
        found = f"the filter `{name}`: Umami reads {text!r} as values that {_MEANINGS[read[1].lower()]} {read[2]}"
        yield _said(name, found, f"if {text} is the host itself, write eq.{text}", warns=True)


def _unmatched(name: str, text: str) -> Iterator[RuleViolation]:
    """Reports a path without operator that Umami cannot have stored."""
    paths = text.split(",") if name == "path" and not _OPERATOR.match(text) else ()
    for told in filter(None, (unmatched("path", path) for path in paths)):
        yield _said(name, f"the filter `path`: {told[0]}, which matches nothing", told[1], warns=True)


def _said(name: str, found: str, expected: str, *, warns: bool = False) -> RuleViolation:
    return RuleViolation(("params", "filters", name), found, expected, warns)
