"""Converts windows and dates. The statistics take whole days with both ends included; our windows exclude their end."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.time.window import RANGE, Window, WindowSpec, is_window_name, resolve
from worker.errors import RequestError
from worker.ports import Question

DATES = ("start_date", "end_date")


def days(window: Window) -> tuple[str, str]:
    """`start_date` and `end_date`: the first and last local day of the window, in its zone."""
    zone = ZoneInfo(window.zone)
    last = window.end - timedelta(microseconds=1)
    return window.start.astimezone(zone).date().isoformat(), last.astimezone(zone).date().isoformat()


def cuts_days(window: Window) -> bool:
    """Whether an edge is inside a day. The service then answers for more than the window."""
    zone = ZoneInfo(window.zone)
    edges = (window.start.astimezone(zone), window.end.astimezone(zone))
    return any(edge - timedelta(microseconds=1) >= _midnight(edge) for edge in edges if edge != _midnight(edge))


def _midnight(edge: datetime) -> datetime:
    return edge.replace(hour=0, minute=0, second=0, microsecond=0)


def asked(question: Question) -> Window:
    """The item's window, else the one between its two dates. Raises RequestError if there is neither."""
    if question.window is not None:
        return question.window
    given = [question.item.params.get(name) for name in DATES]
    if None in given:
        raise RequestError(f"{question.item.id}: write window:, or start_date and end_date")
    start, end = (date.fromisoformat(str(day)) for day in given)
    after = end + timedelta(days=1)
    spec = WindowSpec(RANGE, datetime(*start.timetuple()[:3]), datetime(*after.timetuple()[:3]))  # noqa: DTZ001  # wall
    return question.resolve(spec) if question.resolve is not None else resolve(spec, question.slot, question.zone)


def stamped(question: Question, params: Mapping[str, Any]) -> dict[str, str]:
    """`updated_since` (from) and `updated_until` (before) in whole seconds, because fractions are refused. A window's
    name means its start or its end. A day without a time begins in the schedule's zone.
    """
    found = {}
    for name in ("updated_since", "updated_until"):
        if name in params:
            moment = _moment(question, str(params[name]), end=name == "updated_until")
            whole = math.floor if name == "updated_since" else math.ceil
            found[name] = whole_seconds(datetime.fromtimestamp(whole(moment.timestamp()), UTC))
    return found


def whole_seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(question: Question, text: str, *, end: bool) -> datetime:
    if is_window_name(text):
        spec = WindowSpec(text)
        window = question.resolve(spec) if question.resolve is not None else resolve(spec, question.slot, question.zone)
        return window.end if end else window.start
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(question.zone))
