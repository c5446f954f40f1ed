"""Rules between Close's parameters, checked before any request.

https://developer.close.com/api/resources/reporting/get-funnel-totals
"""

from collections.abc import Mapping
from typing import Any

from worker.ports.kinds import RuleViolation, Use
from worker.ports.rules import broken
from worker.sources.close.rows import FIELDS

CREATED = "created-cohort"
ACTIVE = "active-stage-cohort"

REPORT = ("report_relative_range", "report_datetime_range")
COHORT = ("cohort_relative_range", "cohort_datetime_range")
COMPARED = ("compared_relative_range", "compared_datetime_range", "compared_custom_range")
RANGES = REPORT + COHORT + COMPARED

MULTIPLE = ("user_id", "status_id", "status_type", "status_label", "status", "value_period")
"""Filters of the opportunity list that also exist with `__in`."""


def compares(params: Mapping[str, Any]) -> bool:
    """Whether a report needs two calls, because Close answers a comparison without the base."""
    return any(name in params for name in COMPARED)


def funnel_faults(use: Use) -> tuple[RuleViolation, ...]:
    """All violations in the parameters of a funnel report."""
    rules = (_window_and_ranges, _as_written, _exclusive, _cohort, _comparison, _query)
    return broken(rules, use)


def _fault(name: str, found: str, expected: str) -> RuleViolation:
    return RuleViolation(("params", name), found, expected)


def _given(use: Use, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in use.params]


def _window_and_ranges(use: Use) -> list[RuleViolation]:
    """`window:` and `compare:` are resolved by us. A range beside them would state the same a second time."""
    faults = []
    if use.window is not None:
        faults = [_fault(name, f"{name} beside window:", "keep one of the two") for name in _given(use, RANGES)]
    elif use.compare is not None:
        faults = [_fault(name, f"{name} beside compare:", "keep one of the two") for name in _given(use, COMPARED)]
    return faults


def _as_written(use: Use) -> list[RuleViolation]:
    if use.ranges != "as_written":
        return []
    return [
        RuleViolation(
            (key,), f"{key}: beside ranges: as_written", "write the range under params, or leave out `ranges`"
        )
        for key, given in (("window", use.window), ("compare", use.compare))
        if given is not None
    ]


def _exclusive(use: Use) -> list[RuleViolation]:
    """At most one range of each kind."""
    faults = []
    for names in (REPORT, COHORT, COMPARED):
        given = _given(use, names)
        faults += [_fault(name, f"{name} beside {given[0]}", "keep one of them") for name in given[1:]]
    return faults


def _cohort(use: Use) -> list[RuleViolation]:
    cohort = _given(use, COHORT)
    if use.params.get("type") == ACTIVE:
        return [_fault(name, f"{name} with type {ACTIVE}", f"leave it out; only {CREATED} uses it") for name in cohort]
    faults = []
    if use.params.get("type") == CREATED and not cohort and use.window is None:
        own = "cohort_relative_range or cohort_datetime_range"
        faults.append(
            _fault("type", f"{CREATED} without a cohort", f"add {own}" if use.ranges else f"add window:, {own}")
        )
    return faults


def _comparison(use: Use) -> list[RuleViolation]:
    """The base range that each comparison needs, by type of report."""
    base = "cohort" if use.params.get("type") == CREATED else "report"
    return [
        _fault(
            name, f"{name} without {wanted}", f"add {wanted}" + ("" if use.ranges else ", or use window: and compare:")
        )
        for name, wanted in (
            ("compared_relative_range", f"{base}_relative_range"),
            ("compared_datetime_range", f"{base}_datetime_range"),
        )
        if name in use.params and wanted not in use.params and use.window is None
    ]


def _query(use: Use) -> list[RuleViolation]:
    query = use.params.get("query")
    if query is None:
        return []
    shape = "{type: saved_search, saved_search_id: save_…}"
    if not isinstance(query, Mapping) or set(query) != {"type", "saved_search_id"}:
        return [_fault("query", "a query of another shape", f"write {shape}")]
    if query["type"] != "saved_search" or not isinstance(query["saved_search_id"], str):
        return [_fault("query", f"a query of type {query['type']!r}", f"write {shape}")]
    return []


def list_faults(use: Use) -> tuple[RuleViolation, ...]:
    """All violations in the parameters of an opportunity list."""
    rules = (_twins, _values, _pipeline, _slices, _display)
    return broken(rules, use)


def _twins(use: Use) -> list[RuleViolation]:
    return [
        _fault(f"{name}__in", f"{name}__in beside {name}", "keep one of the two")
        for name in MULTIPLE
        if name in use.params and f"{name}__in" in use.params
    ]


def _values(use: Use) -> list[RuleViolation]:
    """Values are sent separated by commas, which cannot be escaped. Close does not document an empty list of values."""
    faults = []
    for name, values in use.params.items():
        if name.removesuffix("__in") not in MULTIPLE or not name.endswith("__in"):
            continue
        if not values:
            faults.append(_fault(name, f"{name} without a value", "write one at least, or leave it out"))
        faults += [
            _fault(
                name,
                f"{name} with a comma in one value: {value!r}",
                f"Close splits it there: use {name.removesuffix('__in')} for this one, or status_id__in",
            )
            for value in values
            if "," in value
        ]
    return faults


def _display(use: Use) -> list[RuleViolation]:
    """Parameters that are accepted and change nothing in a digest."""
    faults = []
    more = [name for name in use.params.get("_fields", ()) if name not in FIELDS]
    if more:
        expected = "it is asked for, and no column of a digest shows it: leave it out if that is what it is for"
        faults.append(RuleViolation(("params", "_fields"), f"_fields: {', '.join(more)}", expected, warns=True))
    if "_order_by" in use.params and not sliced(use.params):
        found = "_order_by without _limit"
        expected = "a whole list is read in an order of its own: use show: {order_by: …} for how it is shown"
        faults.append(RuleViolation(("params", "_order_by"), found, expected, warns=True))
    return faults


def _pipeline(use: Use) -> list[RuleViolation]:
    """Close's list has no filter by pipeline, so ours becomes a filter by the pipeline's statuses."""
    given = _given(use, ("status_id", "status_id__in")) if "pipeline" in use.params else []
    return [_fault(name, f"{name} beside pipeline", "keep one of the two; a status has one pipeline") for name in given]


def _slices(use: Use) -> list[RuleViolation]:
    faults = [
        _fault(name, f"{name}: {use.params[name]}", f"a whole number of at least {least}")
        for name, least in (("_limit", 1), ("_skip", 0))
        if _below(use.params.get(name), least)
    ]
    if sliced(use.params) and use.follow not in (None, "none"):
        found = "follow: with _limit or _skip"
        faults.append(RuleViolation(("follow",), found, "a cut list is shown and never compared: use show: {limit: …}"))
    return faults


def _below(value: Any, least: int) -> bool:
    return isinstance(value, int) and value < least


def sliced(params: Mapping[str, Any]) -> bool:
    """Whether the user cut the list. Absence from a cut list means nothing."""
    return "_limit" in params or bool(params.get("_skip"))


def list_follow(use: Use) -> str:
    """`closed` if the selection is every open deal (of a pipeline), `departures` for a narrower one."""
    if sliced(use.params):
        return "none"
    narrowing = set(use.params) - {"pipeline", "status_type", "status_type__in", "_order_by", "_fields", "_group_by"}
    chosen = use.params.get("status_type", use.params.get("status_type__in"))
    return "closed" if not narrowing and chosen in ("active", ["active"]) else "departures"
