"""Converts parameters from a definition's form to Umami's."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.domain.time.duration import DurationError, parse_duration

EVENT_KINDS = ("path", "event")
MILLISECOND = timedelta(milliseconds=1)
"""The resolution of Umami's instants."""
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_STEP = "write path:/pricing or event:signup"
_MINUTE = 60
_LONGEST_PATH, _LONGEST_EVENT = 500, 50
_ENCODED = re.compile("%[0-9A-Fa-f]{2}", re.ASCII)
_MILLISECONDS = re.compile(r"\d{11,14}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Unfit(ValueError):
    """`found` and `expected` are the two parts of an error message."""

    def __init__(self, found: str, expected: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(f"{found}; {expected}")


def minutes(value: Any) -> tuple[float, bool]:
    """A funnel's window in minutes, and whether it was a bare number. Raises Unfit."""
    text = str(value).strip()
    seconds: float
    if re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text, re.ASCII):
        seconds, bare = float(text) * _MINUTE, True
    else:
        try:
            seconds, bare = parse_duration(text), False
        except DurationError as error:
            raise Unfit(error.found, "write 60m or 7d; a bare number is minutes") from None
    if seconds <= 0:
        raise Unfit(f"a window of {text}", "write more than nothing, such as 60m")
    return (int(seconds // _MINUTE) if seconds % _MINUTE == 0 else seconds / _MINUTE), bare


def steps(value: Any) -> list[dict[str, Any]]:
    """The steps of a funnel as {type, value, filters?}, from `path:/pricing` or from such mappings. Raises Unfit."""
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 8:
        raise Unfit("steps that are not 2 to 8", _STEP + ", one for each step")
    return [_step(part) for part in value]


def _step(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        kind, name = value.get("type"), value.get("value")
    else:
        kind, _, name = str(value).strip().partition(":")
    if kind not in EVENT_KINDS or not isinstance(name, str) or not name.strip():
        raise Unfit(f"the step {str(value)[:60]!r}", _STEP)
    extra = {"filters": value["filters"]} if isinstance(value, Mapping) and value.get("filters") else {}
    return {"type": kind, "value": name, **extra}


def unmatched(kind: str, value: str) -> tuple[str, str] | None:
    """The two parts of an error message about a path or event name that Umami cannot have stored; None if it may
    match.
    """
    return next(_doubts(kind, value), None)


def _doubts(kind: str, value: str) -> Iterator[tuple[str, str]]:
    if "*" in value[1:-1]:
        yield "a value with `*` in the middle", "write * at the beginning or the end"
    if kind == "path":
        yield from _path_doubts(value)
    elif len(value) > _LONGEST_EVENT:
        yield f"an event's name of {len(value)} characters", f"Umami stores {_LONGEST_EVENT} of them"


def _path_doubts(value: str) -> Iterator[tuple[str, str]]:
    if "://" in value:
        yield "a whole address", "write only the path, as in /pricing"
    if "?" in value:
        yield "a path with `?`", "write the path alone: Umami stores what follows apart, as `query`"
    if not value.startswith(("/", "*")):
        yield "a path without `/` at its beginning", f"write /{value[:40]}"
    if _ENCODED.search(value):
        yield "a path with percent-encoding", "write it decoded, as Umami stores it"
    if len(value) > _LONGEST_PATH:
        yield f"a path of {len(value)} characters", f"Umami stores {_LONGEST_PATH} of them"


def opening(text: str) -> datetime:
    """A date, an instant or milliseconds since 1970, in UTC, or naive without an offset. Raises ValueError."""
    plain = text.strip()
    if _MILLISECONDS.fullmatch(plain):
        return datetime.fromtimestamp(int(plain) / 1000, UTC)
    return datetime.fromisoformat(plain)


def closing(text: str) -> datetime:
    """The first instant after a range that ends with `text`: Umami's ranges include their last millisecond. After a
    date alone it is the next midnight. Raises ValueError.
    """
    found = opening(text)
    return found + (timedelta(days=1) if _DAY.fullmatch(text.strip()) else MILLISECOND)
