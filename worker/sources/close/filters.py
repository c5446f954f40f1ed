"""A definition's parameters as the query of GET /opportunity/."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.time.window import Window, is_window_name
from worker.ports import Question
from worker.sources.close.names import CloseNames
from worker.sources.close.ranges import named_window, stamp
from worker.sources.close.rows import FIELDS
from worker.sources.close.rules import sliced
from worker.sources.close.specs import DATES

_OURS = frozenset({"pipeline", "_fields", "_order_by", "_limit", "_skip"})
STABLE_ORDER = "date_created"
"""Ascending, so that new deals come at the end, and no edit moves a deal."""


def query(question: Question, names: CloseNames) -> dict[str, str]:
    """The query without paging. Raises SourceRefused for a pipeline that the account does not have."""
    found: dict[str, str] = {}
    for name, value in question.item.params.items():
        if name in DATES:
            found |= _dated(question, name, value)
        elif name not in _OURS:
            found[name] = joined(value)
    pipeline = question.item.params.get("pipeline")
    if pipeline is not None:
        found["status_id__in"] = joined(list(names.statuses(str(pipeline))))
    found["_fields"] = ",".join(dict.fromkeys((*FIELDS, *question.item.params.get("_fields", ()))))
    found["_order_by"] = _order(question.item.params)
    return found


def _order(params: Mapping[str, Any]) -> str:
    """A cut list needs the requested order, which decides its members. A whole list is read in the stable order."""
    return str(params.get("_order_by", STABLE_ORDER)) if sliced(params) else STABLE_ORDER


def joined(value: Any) -> str:
    """Joins lists with commas, and writes true and false as Close does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _dated(question: Question, name: str, value: Any) -> dict[str, str]:
    """A window's name becomes its start or end: `__gt` means after its end, `__lt` before its start, and the bare name
    within it.
    """
    if not is_window_name(str(value)):
        return {name: str(value)}
    window = named_window(question, value)
    field, _, operator = name.partition("__")
    start, end = _days(window) if field == "date_won" else (stamp(window.start), stamp(window.end))
    return {
        "": {f"{field}__gte": start, f"{field}__lt": end},
        "gte": {f"{field}__gte": start},
        "gt": {f"{field}__gte": end},
        "lte": {f"{field}__lt": end},
        "lt": {f"{field}__lt": start},
    }[operator]


def _days(window: Window) -> tuple[str, str]:
    """`date_won` is a date without zone: the first local day of the window, and the first day after it."""
    zone = ZoneInfo(window.zone)
    last = (window.end - timedelta(microseconds=1)).astimezone(zone).date()
    return window.start.astimezone(zone).date().isoformat(), (last + timedelta(days=1)).isoformat()
