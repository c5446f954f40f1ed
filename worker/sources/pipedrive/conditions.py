"""The conditions that parameters of Pipedrive's deal lists put on a row, as far as a row shows them.

Version 2 ignores every other condition beside a filter. Version 1 (`id` names the pipeline) lists open deals of the
token's own user, who is not known here, unless `everyone` or `user_id` names others.

https://developers.pipedrive.com/docs/api/v1/Deals#getDeals
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.domain.snapshot.opportunity import Status
from worker.domain.snapshot.scope import OWNER, Check, Scope, one_of, texts

_OWNERS = ("user_id", "owner_id")
_NO_CONDITION = frozenset(
    {
        *("sort_by", "sort_direction", "limit", "cursor", "start", "include_fields", "custom_fields", "everyone"),
        *("include_option_labels", "include_labels", "get_summary", "totals_convert_currency"),
        *("rule", "days", "percentile", "history_days"),
    }
)
_ARCHIVED = Check("archived", "status", lambda row: row.text("status") != Status.ARCHIVED)


_ALL = frozenset({Status.OPEN.value, Status.WON.value, Status.LOST.value})
"""The statuses in a list without a condition on the status."""
_UNTOUCHED = {"no_next_activity": "planned"}
"""Rule → why a deal no longer stalls although nobody changed it. Under the other rules it was given more time."""


def conditions(params: Mapping[str, Any]) -> Scope:
    """The conditions of the list of deals."""
    found = _scope(params, Status.OPEN.value if "id" in params else params.get("status"))
    return replace(found, statuses=_statuses(params))


def stalled_conditions(params: Mapping[str, Any]) -> Scope:
    """The conditions of the list of stalled open deals."""
    untouched = _UNTOUCHED.get(str(params.get("rule")), "more_time")
    statuses = frozenset({Status.OPEN.value})
    found = _scope(params, Status.OPEN.value, stalled=True)
    return replace(found, judged=True, untouched=untouched, statuses=statuses)


def _statuses(params: Mapping[str, Any]) -> frozenset[str]:
    """A filter may select any status, and Pipedrive then ignores `status`."""
    if "id" in params:
        return frozenset({Status.OPEN.value})
    if params.get("archived"):
        return frozenset({Status.ARCHIVED.value})
    if "filter_id" in params:
        return frozenset()
    return texts(params["status"]) if "status" in params else _ALL


def _scope(params: Mapping[str, Any], status: Any, *, stalled: bool | None = None) -> Scope:
    first_form = "id" in params
    everyone = str(params.get("everyone", 0)) == "1"
    selected = _selected(params, status)
    if "filter_id" in params and not (first_form and (everyone or "user_id" in params)):
        return Scope((_ARCHIVED,), selected if stalled else (), stalled, opaque=True)
    within = [] if everyone else [one_of(OWNER, "owner_id", texts(params[n])) for n in _OWNERS if n in params]
    within += [one_of("pipeline", "pipeline_id", texts(params[n])) for n in ("id", "pipeline_id") if n in params]
    nobody_named = first_form and not everyone and "user_id" not in params
    unknown = params.keys() - {*_NO_CONDITION, *_OWNERS, "id", "pipeline_id", "stage_id", "status", "filter_id"}
    return Scope((*within, _ARCHIVED), selected, stalled, nobody_named or bool(unknown))


def _selected(params: Mapping[str, Any], status: Any) -> tuple[Check, ...]:
    found = [one_of("stage", "stage_id", texts(params["stage_id"]))] if "stage_id" in params else []
    return (*found, *([one_of("status", "status", texts(status))] if status is not None else []))
