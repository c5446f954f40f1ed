"""Reports as version 3.4 gives them below their website: by GET, some of them in parts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.sandbox import umami_checks as checks
from worker.sandbox.umami_answers import milliseconds

Pick = Callable[[Any, str], Any]
"""A part of a report's answer, for the requested `type`."""


@dataclass(frozen=True, slots=True)
class PathRequest:
    """One path: its report, the part of the report's answer that it gives, and its types."""

    report: str
    pick: Pick = lambda answer, _type: answer
    types: Mapping[str, str] | None = None


_METRICS: Mapping[str, str] = {"path": "pages", "title": "pageTitles", "device": "devices", "browser": "browsers"}
_ORIGINS = ("country", "region", "referrer", "channel")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _typed(report: str, types: Mapping[str, str]) -> PathRequest:
    return PathRequest(report, lambda answer, kind: answer[types[kind]], types)


PATHS: Mapping[str, PathRequest] = {
    "funnels/stats": PathRequest("funnel"),
    "goals/stats": PathRequest("goal"),
    "journeys": PathRequest("journey"),
    "retention": PathRequest("retention"),
    "attribution": PathRequest("attribution"),
    "breakdown": PathRequest("breakdown"),
    "utm/metrics": _typed("utm", {name: name for name in _UTM}),
    "revenue/stats": PathRequest("revenue", lambda answer, _type: answer["total"]),
    "revenue/chart": PathRequest("revenue", lambda answer, _type: {"chart": answer["chart"]}),
    "revenue/metrics": _typed("revenue", {name: name for name in _ORIGINS}),
    "performance/stats": PathRequest("performance", lambda answer, _type: answer["summary"]),
    "performance/chart": PathRequest("performance", lambda answer, _type: {"chart": answer["chart"]}),
    "performance/metrics": _typed("performance", _METRICS),
}
_LISTS = ("steps", "fields")


def request(given: PathRequest, website: str, params: Mapping[str, str]) -> tuple[Any, checks.RequestErrors]:
    """The query as the body of a report, and the errors in it."""
    own = checks.PARAMETERS[given.report]
    faults = checks.RequestErrors()
    parameters: dict[str, Any] = {name: text for name, text in params.items() if name in own}
    for name in _LISTS:
        if name in parameters and given.report in ("funnel", "breakdown"):
            parameters[name] = _json(parameters[name])
    for name, date in (("startAt", "startDate"), ("endAt", "endDate")):
        moment = milliseconds(params.get(name))
        if moment is None:
            faults.add((name,), "Invalid input: expected number, received NaN")
        else:
            parameters[date] = moment.isoformat()
    if given.types is not None and params.get("type") not in given.types:
        told = "|".join(f'"{name}"' for name in given.types)
        faults.add(("type",), f"Invalid option: expected one of {told}")
    filters = {name: text for name, text in params.items() if name in (*checks.FIELDS, "segment", "cohort")}
    body = {"websiteId": website, "type": given.report, "filters": filters, "parameters": parameters}
    return body, faults if faults.any else checks.report(body)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
