"""Estimates the cost of an answer from the parameters, before any was read."""

from collections.abc import Callable, Mapping
from typing import Any

from worker.ports.kinds import KeptNames, Price
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.costs import COSTS
from worker.sources.pipedrive.pages import PAGE

_OF_NAMES = (costs.ME, costs.USERS, costs.PIPELINES, costs.STAGES)
NAMES = KeptNames(len(_OF_NAMES), sum(COSTS[endpoint] for endpoint in _OF_NAMES), kept=300.0)


def _pipeline(params: Mapping[str, Any]) -> Price:
    """Includes the sums of each stage if they are requested."""
    return Price(2, COSTS[costs.PIPELINE] + COSTS[costs.SUMMARY], more=bool(params.get("by_stage")))


def _conversion(params: Mapping[str, Any]) -> Price:
    people, more = _people(params)
    times = 2 if params.get("shares", people > 1) else 1
    return Price(people * times, people * times * COSTS[costs.CONVERSION], more=more)


def _movements(params: Mapping[str, Any]) -> Price:
    people, more = _people(params)
    return Price(people, people * COSTS[costs.MOVEMENTS], more=more)


def _deals(params: Mapping[str, Any]) -> Price:
    endpoint = costs.PIPELINE_DEALS if "id" in params else costs.ARCHIVED if params.get("archived") else costs.DEALS
    return Price(1, COSTS[endpoint], PAGE)


def _stalled(params: Mapping[str, Any]) -> Price:
    """Reads every open deal to find those that stall, and closed deals for the history of stages."""
    pages = 2 if params.get("rule") == "stage_history" else 1
    return Price(pages, pages * COSTS[costs.DEALS], more=True)


def _people(params: Mapping[str, Any]) -> tuple[int, bool]:
    """The number of requested users, and whether it may be larger."""
    given = params.get("user_id")
    chosen = given.split(",") if isinstance(given, str) else list(given or [])
    return max(1, len(chosen)), chosen == ["all"]


PRICES: Mapping[str, Price | Callable[[Mapping[str, Any]], Price]] = {
    "pipelines": Price(1, COSTS[costs.PIPELINES]),
    "pipeline": _pipeline,
    "conversion": _conversion,
    "movements": _movements,
    "deals": _deals,
    "deals_summary": Price(1, COSTS[costs.SUMMARY]),
    "stalled_deals": _stalled,
}
