"""Reads `window:` and `compare:` of a report's item, and dates in parameters."""

import re
from typing import Any

from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.times import instant
from worker.adapters.definitions.words import advice, described, shape
from worker.domain.time.window import COMPARE_NAMES, WINDOW_NAMES, WindowSpec, is_window_name

_DAYS = re.compile(r"(?:last|past)?[-_ ]?(?P<count>[1-9][0-9]{0,3})[-_ ]?d(?:ays?)?")
"""As people write the last days: "last-14-days", "7d"."""


def window(sheet: Sheet, path: Path, value: Any, zone: str) -> WindowSpec | None:
    """None after a complaint."""
    if isinstance(value, dict):
        return span(sheet, path, value, zone)
    if not isinstance(value, str):
        sheet.complain(path, f"`{path[-1]}` with {shape(value)}", "write a window's name, or {start, end}")
        return None
    if not is_window_name(value):
        sheet.complain(path, f"`{path[-1]}` with {described(value)}, which is no window", _advice(value, WINDOW_NAMES))
        return None
    return WindowSpec(str(value))


def compare(sheet: Sheet, path: Path, value: Any, zone: str) -> WindowSpec | None:
    """None after a complaint, and for `none`."""
    if value == "none":
        return None
    if isinstance(value, str) and value in COMPARE_NAMES:
        return WindowSpec(str(value))
    if isinstance(value, str) and not is_window_name(value):
        found = f"`compare` with {described(value)}, which is no comparison"
        sheet.complain(path, found, _advice(value, (*COMPARE_NAMES, *WINDOW_NAMES, "none")))
        return None
    return window(sheet, path, value, zone)


def span(sheet: Sheet, path: Path, value: dict[str, Any], zone: str) -> WindowSpec | None:
    """`{start, end}` in UTC, with `end` excluded. None after a complaint."""
    before = sheet.count
    for name in value:
        if name not in ("start", "end"):
            sheet.complain((*path, name), f"`{name}`, which a range does not have", "write start and end", key=True)
    moments = []
    for name in ("start", "end"):
        if name not in value:
            sheet.complain(path, f"a range without `{name}`", f"write `{name}: …`", key=True)
            continue
        try:
            moments.append(instant(value[name], zone))
        except ValueError as error:
            sheet.said((*path, name), error)
    if sheet.count > before:
        return None
    start, end = moments
    if end <= start:
        sheet.complain((*path, "end"), "an `end` that is not after its `start`", "write a later `end`")
        return None
    return WindowSpec("range", start, end)


def _advice(value: str, known: tuple[str, ...]) -> str:
    days = _DAYS.fullmatch(value.lower())
    return f"did you mean `last-{days['count']}d`?" if days else advice(value, (*known, "last-7d"))
