"""What a list's parameters ask of a row, as far as a row can tell: the part of `params` that can be checked here.

The scope is everything but `is_stalled` and `status*`; those and the scope together are the selection. A saved search
or a query text cannot be checked from a row: it is opaque.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.domain.schedule import Query
from worker.domain.snapshot.opportunity import Status
from worker.domain.snapshot.record import Record, milliseconds

_FIELDS = {
    "user_id": ("reassigned", "owner_id"),
    "owner_id": ("reassigned", "owner_id"),
    "pipeline": ("pipeline", "pipeline_id"),
    "pipeline_id": ("pipeline", "pipeline_id"),
    "lead_id": ("lead", "lead_id"),
    "value_period": ("period", "period"),
}
_DATES = {"date_created": ("created", "created_at"), "date_updated": ("updated", "updated_at")}
_STATUSES = {"status_id": ("stage", "stage_id"), "stage_id": ("stage", "stage_id"), "status_label": ("stage", "stage")}
_ELSEWHERE = frozenset({"is_stalled", "organization_id"})
_PIPEDRIVE = frozenset({"deals", "stalled_deals"})
"""Queries whose parameters have Pipedrive's names, of which a few mean something else than Close's."""
_OWNERS = ("user_id", "owner_id")
_NO_CONDITION = frozenset(
    {
        *("sort_by", "sort_direction", "limit", "cursor", "start", "include_fields", "custom_fields", "everyone"),
        *("include_option_labels", "include_labels", "get_summary", "totals_convert_currency"),
        *("rule", "days", "percentile", "history_days"),
    }
)
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "gte": lambda cell, bound: cell >= bound,
    "gt": lambda cell, bound: cell > bound,
    "lte": lambda cell, bound: cell <= bound,
    "lt": lambda cell, bound: cell < bound,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One condition. `word` is what a move is called that breaks it; `holds` is told one row."""

    word: str
    column: str
    holds: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """`stalled`: what the selection says of stalling, None when it says nothing. `opaque`: a filter we cannot check."""

    within: tuple[Check, ...] = ()
    selected: tuple[Check, ...] = ()
    stalled: bool | None = None
    opaque: bool = False

    def outside(self, row: Record) -> str | None:
        """The first scope field that this row breaks, owner first; None while it is inside."""
        return _broken(self.within, row)

    def unselected(self, row: Record) -> str | None:
        """The first stage or status condition that this row breaks."""
        return _broken(self.selected, row)


def scope(item: Query) -> Scope:
    """The conditions in an item's parameters. Owner comes first, because a hand-over explains the most."""
    if item.query in _PIPEDRIVE:
        return _pipedrive_scope(item)
    within: list[Check] = []
    selected: list[Check] = []
    opaque = False
    for name, value in item.params.items():
        base, _, operator = name.partition("__")
        if name.startswith("_") or base in _ELSEWHERE or value is None:
            continue
        check = _check(base, operator, value)
        if check is None:
            opaque = True
        else:
            (selected if base.startswith(("status", "stage")) else within).append(check)
    within.sort(key=lambda check: check.word != "reassigned")
    return Scope(tuple(within), tuple(selected), _stalled(item), opaque)


def _pipedrive_scope(item: Query) -> Scope:
    """Version 2 ignores every other condition beside a filter. Version 1 (`id` names the pipeline) lists open deals,
    those of the token's own user, whom nobody knows here, unless `everyone` or `user_id` says whose.
    """
    params, first_form = item.params, "id" in item.params
    everyone = str(params.get("everyone", 0)) == "1"
    archived = Check("archived", "status", lambda row: row.text("status") != Status.ARCHIVED)
    if "filter_id" in params and not (first_form and (everyone or "user_id" in params)):
        return Scope((archived,), _pipedrive_selection(item) if item.stalled_only else (), _stalled(item), opaque=True)
    within = [] if everyone else [_listed("reassigned", "owner_id", _values(params[n])) for n in _OWNERS if n in params]
    within += [_listed("pipeline", "pipeline_id", _values(params[n])) for n in ("id", "pipeline_id") if n in params]
    nobody_named = first_form and not everyone and "user_id" not in params
    unknown = params.keys() - {*_NO_CONDITION, *_OWNERS, "id", "pipeline_id", "stage_id", "status", "filter_id"}
    opaque = nobody_named or bool(unknown)
    return Scope((*within, archived), _pipedrive_selection(item), _stalled(item), opaque)


def _pipedrive_selection(item: Query) -> tuple[Check, ...]:
    params = item.params
    status = Status.OPEN.value if item.stalled_only or "id" in params else params.get("status")
    found = [_listed("stage", "stage_id", _values(params["stage_id"]))] if "stage_id" in params else []
    return (*found, *([_listed("status", "status", _values(status))] if status is not None else []))


def _check(base: str, operator: str, value: Any) -> Check | None:
    if base in _DATES:
        return _dated(*_DATES[base], operator, value)
    if operator not in ("", "in"):
        return None
    if base == "status_type":
        return _typed(value)
    if base in _FIELDS or base in _STATUSES:
        return _listed(*(_FIELDS.get(base) or _STATUSES[base]), _values(value))
    return None


def _listed(word: str, column: str, allowed: frozenset[str]) -> Check:
    def holds(row: Record) -> bool:
        found = row.text(column)
        # a deal without owner is outside every list of owners; of other columns a null only says that it is not known
        return found in allowed if found is not None else word != "reassigned"

    return Check(word, column, holds)


def _typed(value: Any) -> Check:
    """Close says "active" where our rows say open."""
    allowed = {Status.OPEN.value if name == "active" else name for name in _values(value)}
    return Check("status", "status", lambda row: (row.text("status") or Status.OPEN.value) in allowed)


def _dated(word: str, column: str, operator: str, value: Any) -> Check | None:
    """Only against a full instant: a bare date or a window's name was resolved elsewhere, in a zone unknown here."""
    compare = _COMPARE.get(operator)
    bound = _instant(value)
    if compare is None or bound is None:
        return None

    def holds(row: Record) -> bool:
        cell = row.whole(column)
        return cell is None or compare(cell, bound)

    return Check(word, column, holds)


def _instant(value: Any) -> int | None:
    """Milliseconds since the Unix epoch, of an ISO 8601 instant with its offset."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return None if found.tzinfo is None else milliseconds(found)


def _values(value: Any) -> frozenset[str]:
    parts = value if isinstance(value, list | tuple | set | frozenset) else str(value).split(",")
    return frozenset(str(part).strip() for part in parts)


def _stalled(item: Query) -> bool | None:
    if item.stalled_only:
        return True
    said = str(item.params.get("is_stalled", "")).lower()
    return {"true": True, "false": False}.get(said)


def _broken(checks: tuple[Check, ...], row: Record) -> str | None:
    return next((check.word for check in checks if not check.holds(row)), None)
