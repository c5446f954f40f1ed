"""The conditions that parameters of Close's opportunity list put on a row, as far as a row shows them.

A saved search or a query text cannot be checked from a row, so it is opaque.

https://developer.close.com/api/resources/opportunities/list
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from worker.domain.snapshot.opportunity import Status
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.scope import OWNER, Check, Scope, one_of, texts
from worker.domain.time.epoch import to_ms

_FIELDS = {
    "user_id": (OWNER, "owner_id"),
    "pipeline": ("pipeline", "pipeline_id"),
    "lead_id": ("lead", "lead_id"),
    "value_period": ("period", "period"),
}
_DATES = {"date_created": ("created", "created_at"), "date_updated": ("updated", "updated_at")}
_STATUSES = {"status_id": ("stage", "stage_id"), "status_label": ("stage", "stage")}
_ELSEWHERE = frozenset({"is_stalled", "organization_id"})
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "gte": lambda cell, bound: cell >= bound,
    "gt": lambda cell, bound: cell > bound,
    "lte": lambda cell, bound: cell <= bound,
    "lt": lambda cell, bound: cell < bound,
}


def conditions(params: Mapping[str, Any]) -> Scope:
    """The owner comes first, because a change of owner explains the most departures."""
    within: list[Check] = []
    selected: list[Check] = []
    opaque = False
    for name, value in params.items():
        base, _, operator = name.partition("__")
        if name.startswith("_") or base in _ELSEWHERE or value is None:
            continue
        check = _check(base, operator, value)
        if check is None:
            opaque = True
        else:
            (selected if base.startswith("status") else within).append(check)
    within.sort(key=lambda check: check.word != OWNER)
    return Scope(tuple(within), tuple(selected), _stalled(params), opaque, statuses=_statuses(params))


def stalled(params: Mapping[str, Any]) -> bool:
    """Whether the list holds only stalled opportunities."""
    return _stalled(params) is True


def _stalled(params: Mapping[str, Any]) -> bool | None:
    said = str(params.get("is_stalled", "")).lower()
    return {"true": True, "false": False}.get(said)


def _check(base: str, operator: str, value: Any) -> Check | None:
    if base in _DATES:
        return _dated(*_DATES[base], operator, value)
    if operator not in ("", "in"):
        return None
    if base == "status_type":
        return _typed(value)
    if base in _FIELDS or base in _STATUSES:
        return one_of(*(_FIELDS.get(base) or _STATUSES[base]), texts(value))
    return None


def _statuses(params: Mapping[str, Any]) -> frozenset[str]:
    """The types that the list asks for. A status alone does not show its type."""
    asked = [_types(value) for name, value in params.items() if name.partition("__")[0] == "status_type"]
    return frozenset.intersection(*asked) if asked else frozenset()


def _types(value: Any) -> frozenset[str]:
    """Close writes "active" for our open."""
    return frozenset(Status.OPEN.value if name == "active" else name for name in texts(value))


def _typed(value: Any) -> Check:
    allowed = _types(value)
    return Check("status", "status", lambda row: (row.text("status") or Status.OPEN.value) in allowed)


def _dated(word: str, column: str, operator: str, value: Any) -> Check | None:
    """Only for a full instant. A bare date or a window's name was resolved elsewhere, in a zone not known here."""
    compare = _COMPARE.get(operator)
    bound = _instant(value)
    if compare is None or bound is None:
        return None

    def holds(row: Record) -> bool:
        cell = row.whole(column)
        return cell is None or compare(cell, bound)

    return Check(word, column, holds)


def _instant(value: Any) -> int | None:
    """Milliseconds since the Unix epoch of an ISO 8601 instant with offset."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return None if found.tzinfo is None else to_ms(found)
