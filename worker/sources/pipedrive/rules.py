"""Rules between Pipedrive's parameters. Some violations are errors; others are warnings about parameters that the
service silently ignores.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from worker.ports.kinds import RuleViolation, Use
from worker.ports.rules import broken

FIRST_FORM = ("start", "user_id", "everyone", "get_summary", "totals_convert_currency")
"""Parameters that only version 1's list of a pipeline has. `id` names its pipeline."""
SECOND_FORM = (
    *("ids", "owner_id", "person_id", "org_id", "pipeline_id", "status", "updated_since", "updated_until", "sort_by"),
    *("sort_direction", "include_fields", "custom_fields", "include_option_labels", "include_labels", "cursor"),
    "archived",
)
FILTERED = ("ids", "owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "status")
"""Parameters that version 2 ignores beside a filter."""
MOST = 500
MOST_IDS, MOST_CUSTOM_FIELDS = 100, 15
_IDS = ("id", "owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "filter_id")
_ID = re.compile(r"0*[1-9]\d{0,15}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}|default_currency")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _fault(name: str, found: str, expected: str, *, warns: bool = False) -> RuleViolation:
    return RuleViolation(("params", name), found, expected, warns)


def range_faults(use: Use) -> tuple[RuleViolation, ...]:
    return broken((_dates, _as_written, _ids, _everybody), use)


def _dates(use: Use) -> list[RuleViolation]:
    """`start_date` and `end_date`: both or neither, days, and not beside `window:`."""
    given = [name for name in ("start_date", "end_date") if name in use.params]
    faults = [
        _fault(n, f"{n}: {use.params[n]}", "write a day: 2026-11-16") for n in given if not _is_day(use.params[n])
    ]
    if use.window is not None:
        faults += [_fault(name, f"{name} beside window:", "keep one of the two") for name in given]
    elif len(given) == 1:
        faults.append(_fault(given[0], f"{given[0]} alone", "write start_date and end_date, or window:"))
    elif len(given) == 2 and not faults and str(use.params["start_date"]) > str(use.params["end_date"]):
        faults.append(_fault("end_date", "an end_date before start_date", "write the last day of the period"))
    return faults


def _as_written(use: Use) -> list[RuleViolation]:
    expected = "leave it out: the dates are sent as they are written"
    return [RuleViolation(("ranges",), "ranges: as_written", expected)] if use.ranges == "as_written" else []


def summary_faults(use: Use) -> tuple[RuleViolation, ...]:
    return broken((_ids, _people, _filtered), use)


def _filtered(use: Use) -> list[RuleViolation]:
    return [_ignored("user_id", "filter_id")] if {"user_id", "filter_id"} <= use.params.keys() else []


def pipelines_faults(use: Use) -> tuple[RuleViolation, ...]:
    return broken((_numbers,), use)


def _is_day(value: Any) -> bool:
    try:
        return _DAY.fullmatch(str(value)) is not None and bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def pipeline_faults(use: Use) -> tuple[RuleViolation, ...]:
    return broken((_ids, _converted), use)


def _converted(use: Use) -> list[RuleViolation]:
    """The old call converted sums to any currency. Sums now come in their own currency and in the company's."""
    name, expected = "totals_convert_currency", "leave it out: the service took it away; it converts for the company"
    return [_fault(name, name, expected, warns=True)] if name in use.params else []


def deals_faults(use: Use) -> tuple[RuleViolation, ...]:
    rules = (_forms, _precedence, _numbers, _summary, _slices, _ids, _people, _many, _archived)
    return broken(rules, use)


def stalled_faults(use: Use) -> tuple[RuleViolation, ...]:
    return broken((_rule, _numbers, _precedence, _ids), use)


def _rule(use: Use) -> list[RuleViolation]:
    """Each rule has its own number."""
    rule = str(use.params.get("rule", "rotting"))
    takes = {"days_in_stage": ("days",), "stage_history": ("percentile", "history_days")}.get(rule, ())
    faults = [
        _fault(name, f"{name} with rule: {rule}", "leave it out")
        for name in ("days", "percentile", "history_days")
        if name in use.params and name not in takes
    ]
    if rule == "days_in_stage" and "days" not in use.params:
        faults.append(_fault("rule", "days_in_stage without days", "write days: 14"))
    return faults


def _forms(use: Use) -> list[RuleViolation]:
    """One form or the other: `id` belongs to version 1, which Pipedrive is retiring; the other parameters belong to one
    form each.
    """
    if "id" not in use.params:
        found = [name for name in FIRST_FORM if name in use.params]
        return [_fault(n, f"{n} without id", "write owner_id and pipeline_id, or id for the old list") for n in found]
    mixed = [name for name in SECOND_FORM if name in use.params]
    faults = [_fault(name, f"{name} beside id", "keep the parameters of one of the two lists") for name in mixed]
    old = "write pipeline_id and status: open; this list is deprecated and may vanish any day"
    faults.append(_fault("id", "a pipeline's list of version 1", old, warns=True))
    return faults


def _precedence(use: Use) -> list[RuleViolation]:
    """Parameters that the service silently ignores."""
    params = use.params
    if "id" not in params:
        if "filter_id" not in params:
            return []
        ignored = [name for name in FILTERED if name in params]
        return [_ignored(name, "filter_id") for name in ignored]
    if str(params.get("everyone", 0)) == "1":
        return [_ignored(name, "everyone") for name in ("user_id", "filter_id") if name in params]
    if "user_id" in params:
        return [_ignored("filter_id", "user_id")] if "filter_id" in params else []
    if "filter_id" in params:
        return []
    whose = "without it only open deals of the token's own user are listed: write everyone: 1 for all"
    return [_fault("id", "a list without everyone or user_id", whose, warns=True)]


def _ignored(name: str, by: str) -> RuleViolation:
    return _fault(name, f"{name} beside {by}", f"leave it out: Pipedrive ignores it beside {by}", warns=True)


def _numbers(use: Use) -> list[RuleViolation]:
    bounds = {
        "limit": (1, MOST),
        "start": (0, None),
        "everyone": (0, 1),
        "get_summary": (0, 1),
        "days": (1, 3650),
        "history_days": (7, 3650),
    }
    return [
        _fault(name, f"{name}: {value}", f"a whole number from {least}" + (f" to {most}" if most is not None else ""))
        for name, value in use.params.items()
        if name in bounds
        for least, most in [bounds[name]]
        if isinstance(value, int) and (value < least or (most is not None and value > most))
    ]


def _summary(use: Use) -> list[RuleViolation]:
    name = "totals_convert_currency"
    if name not in use.params:
        return []
    if use.params.get("get_summary") != 1:
        return [_fault(name, f"{name} without get_summary: 1", "add get_summary: 1")]
    if not _CURRENCY.fullmatch(str(use.params[name])):
        return [_fault(name, f"{name}: {use.params[name]}", "write a code such as EUR, or default_currency")]
    return []


def _ids(use: Use) -> list[RuleViolation]:
    """Pipedrive answers 400 to any other text, in every run."""
    return [
        _fault(name, f"{name}: {value}", "write an id, a number from 1")
        for name, value in use.params.items()
        if name in _IDS and not _is_id(value)
    ]


def _people(use: Use) -> list[RuleViolation]:
    """`all` is our own word and no id. Only the statistics accept it."""
    odd = [user for user in _parts(use.params.get("user_id")) if not _is_id(user)]
    return [_fault("user_id", f"user_id: {odd[0]}", "write an id, a number from 1")] if odd else []


def _everybody(use: Use) -> list[RuleViolation]:
    users = _parts(use.params.get("user_id"))
    if "all" not in users:
        return _people(use)
    return [] if users == ["all"] else [_fault("user_id", "user_id: all beside ids", "write all alone, or ids")]


def _many(use: Use) -> list[RuleViolation]:
    """The maximum number of values in one request."""
    ids, fields = _parts(use.params.get("ids")), _parts(use.params.get("custom_fields"))
    odd = [key for key in ids if not _is_id(key)]
    faults = [_fault("ids", f"ids: {odd[0]}", "write ids, numbers from 1")] if odd else []
    if len(ids) > MOST_IDS:
        faults.append(_fault("ids", f"{len(ids)} ids", f"write {MOST_IDS} at most"))
    if len(fields) > MOST_CUSTOM_FIELDS:
        faults.append(_fault("custom_fields", f"{len(fields)} custom_fields", f"write {MOST_CUSTOM_FIELDS} at most"))
    return faults


def _archived(use: Use) -> list[RuleViolation]:
    if not use.params.get("archived"):
        return []
    names = [name for name in ("include_labels", "include_option_labels") if name in use.params]
    return [_fault(name, f"{name} with archived", "leave it out: archived deals come without") for name in names]


def _parts(value: Any) -> list[str]:
    """A list, or comma-separated text."""
    parts = value if isinstance(value, list | tuple) else [] if value is None else str(value).split(",")
    return [str(part).strip() for part in parts]


def _is_id(value: Any) -> bool:
    return _ID.fullmatch(str(value)) is not None


def _slices(use: Use) -> list[RuleViolation]:
    if sliced(use.params) and use.follow not in (None, "none"):
        expected = "a cut list is shown and never compared: use show: {limit: …}"
        return [RuleViolation(("follow",), "follow: with limit, start or cursor", expected)]
    return []


def sliced(params: Mapping[str, Any]) -> bool:
    """Whether the user cut the list. Absence from a cut list means nothing."""
    return "limit" in params or "cursor" in params or bool(params.get("start"))


def deals_follow(use: Use) -> str:
    """`closed` if the selection is every open deal (of a pipeline), `departures` for a narrower one."""
    if sliced(use.params):
        return "none"
    if "id" in use.params:
        return "closed" if use.params.get("everyone") == 1 and "stage_id" not in use.params else "departures"
    display = {"sort_by", "sort_direction", "include_fields", "custom_fields"}
    narrowing = set(use.params) - {"pipeline_id", "status"} - display
    return "closed" if not narrowing and use.params.get("status") in ("open", ["open"]) else "departures"
