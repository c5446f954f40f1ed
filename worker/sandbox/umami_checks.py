"""The checks that Umami 3 makes first, and the tree in which it reports what is wrong.

Measured on version 3.1: the body is checked before the token, unknown keys are dropped silently, and the place of an
error is written as nested `properties` and `items`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

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
TYPES = ("attribution", "breakdown", "funnel", "goal", "journey", "performance", "retention", "revenue", "utm")
_NO_ZONE = re.compile(r"(posix|right)/.*|localtime|posixrules|Factory")
_LONGEST_NAME = 200
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Check = Callable[[Any], "str | None"]


class RequestErrors:
    """Errors by their place, as the service's tree."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {"errors": []}
        self.any = False

    def add(self, place: tuple[str | int, ...], words: str) -> None:
        node = self._tree
        for step in place:
            if isinstance(step, int):
                items = node.setdefault("items", [])
                items.extend([None] * (step + 1 - len(items)))
                items[step] = items[step] or {"errors": []}
                node = items[step]
            else:
                node = node.setdefault("properties", {}).setdefault(step, {"errors": []})
        node["errors"].append(words)
        self.any = True

    def body(self) -> dict[str, Any]:
        return {"error": {"message": "Bad request", "code": "bad-request", "status": 400, **self._tree}}


def named(value: Any) -> str:
    kinds = ((bool, "boolean"), (str, "string"), (int, "number"), (float, "number"), (list, "array"))
    if value is None:
        return "undefined"
    return next((name for kind, name in kinds if isinstance(value, kind)), "object")


def is_uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else f"Invalid input: expected string, received {named(value)}"


def title(value: Any) -> str | None:
    long = isinstance(value, str) and len(value) > _LONGEST_NAME
    return f"Too big: expected string to have <={_LONGEST_NAME} characters" if long else text(value)


def uuid(value: Any) -> str | None:
    return text(value) or (None if is_uuid(value) else "Invalid UUID")


def mapping(value: Any) -> str | None:
    return None if isinstance(value, Mapping) else f"Invalid input: expected object, received {named(value)}"


def moment(value: Any) -> datetime | None:
    """As `new Date(x)`: ISO text or milliseconds. A date without a time is midnight in UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def when(value: Any) -> str | None:
    return None if moment(value) is not None else "Invalid input: expected date, received Date"


def one_of(*options: str) -> Check:
    told = "|".join(f'"{option}"' for option in options)
    return lambda value: None if value in options else f"Invalid option: expected one of {told}"


def zone(value: Any) -> str | None:
    if isinstance(value, str) and (value.lower() == "utc" or _NO_ZONE.fullmatch(value)):
        return None if value.lower() == "utc" else "Invalid timezone"
    try:
        ZoneInfo(value)
    except (TypeError, KeyError, ValueError, OSError):
        return "Invalid timezone"
    return None


def between(least: int, most: int) -> Check:
    """Numbers may come as text."""

    def check(value: Any) -> str | None:
        try:
            found = float(value)
        except (TypeError, ValueError):
            return f"Invalid input: expected number, received {named(value)}"
        if found < least:
            return f"Too small: expected number to be >={least}"
        return f"Too big: expected number to be <={most}" if found > most else None

    return check


def size(least: int, most: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return f"Invalid input: expected array, received {named(value)}"
        if len(value) < least:
            return f"Too small: expected array to have >={least} items"
        return f"Too big: expected array to have <={most} items" if len(value) > most else None

    return check


COMPARE = one_of("prev", "yoy")
_KIND = one_of("path", "event")
_OPERATOR = one_of("eq", "neq", "c", "dnc")
_FILTERS: Mapping[str, Check] = {
    "match": one_of("all", "any"),
    "eventType": lambda value: None if value.isdecimal() else "Invalid input: expected number, received NaN",
}
_UNIT = one_of("year", "month", "day", "hour", "minute")
PARAMETERS: Mapping[str, Mapping[str, tuple[bool, Check]]] = {
    "funnel": {"window": (True, between(1, 10**9)), "steps": (True, size(2, 8))},
    "goal": {"type": (True, text), "value": (True, text)},
    "journey": {
        "steps": (True, between(2, 7)),
        "startStep": (False, text),
        "endStep": (False, text),
        "eventType": (False, between(1, 2)),
    },
    "retention": {"timezone": (False, zone)},
    "revenue": {
        "currency": (True, text),
        "timezone": (False, zone),
        "unit": (False, _UNIT),
        "compare": (False, COMPARE),
    },
    "utm": {},
    "attribution": {"model": (True, one_of("first-click", "last-click")), "type": (True, _KIND), "step": (True, text)},
    "breakdown": {"fields": (True, size(0, 99))},
    "performance": {
        "timezone": (False, zone),
        "unit": (False, _UNIT),
        "metric": (False, one_of("lcp", "inp", "cls", "fcp", "ttfb")),
    },
}
"""Type of report → parameter → whether it is required, and its check."""


def report(body: Any) -> RequestErrors:
    """All errors in a request to run a report."""
    faults = RequestErrors()
    if not isinstance(body, Mapping):
        faults.add((), "Invalid input: expected object, received undefined")
        return faults
    _top(faults, body, {"websiteId": uuid, "type": one_of(*TYPES), "filters": mapping, "parameters": mapping})
    if faults.any:
        return faults
    for name, value in body["filters"].items():
        if words := text(value) or _FILTERS.get(name, text)(value):
            faults.add(("filters", name), words)
    given = body["parameters"]
    rules = {"startDate": (True, when), "endDate": (True, when), **PARAMETERS[body["type"]]}
    for name, (required, check) in rules.items():
        is_1970 = check is when and name in given and given[name] is None
        if not is_1970 and (required or name in given) and (words := check(given.get(name))):
            faults.add(("parameters", name), words)
    _elements(faults, body["type"], given)
    return faults


def _elements(faults: RequestErrors, kind: str, given: Mapping[str, Any]) -> None:
    if faults.any:
        return
    if kind == "breakdown":
        for position, name in enumerate(given["fields"]):
            if words := one_of(*FIELDS)(name):
                faults.add(("parameters", "fields", position), words)
    for position, step in enumerate(given["steps"] if kind == "funnel" else []):
        for name, check in (("type", _KIND), ("value", text)):
            if words := check(step.get(name) if isinstance(step, Mapping) else None):
                faults.add(("parameters", "steps", position, name), words)
        for place, own in enumerate(step.get("filters", ()) if isinstance(step, Mapping) else ()):
            if words := _OPERATOR(own.get("operator")):
                faults.add(("parameters", "steps", position, "filters", place, "operator"), words)


def saved(body: Any) -> RequestErrors:
    """A report to be saved: its parameters are not checked."""
    faults = RequestErrors()
    given = body if isinstance(body, Mapping) else {}
    _top(faults, given, {"websiteId": uuid, "type": one_of(*TYPES), "name": title, "parameters": mapping})
    return faults


def definition(body: Any, kind: str) -> RequestErrors:
    """A funnel or a goal to be saved below its website: its parameters are checked, except the dates."""
    faults = RequestErrors()
    given = body if isinstance(body, Mapping) else {}
    _top(faults, given, {"name": title, "parameters": mapping})
    for name, (required, check) in PARAMETERS[kind].items() if not faults.any else ():
        if required and (words := check(given["parameters"].get(name))):
            faults.add(("parameters", name), words)
    _elements(faults, kind, given.get("parameters", {}))
    return faults


def _top(faults: RequestErrors, given: Mapping[str, Any], rules: Mapping[str, Check]) -> None:
    for name, check in rules.items():
        if words := check(given.get(name)):
            faults.add((name,), words)
