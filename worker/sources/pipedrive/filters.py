"""A definition's parameters as the query of a list of deals, in the form of version 2 or of version 1."""

from typing import Any

from worker.domain.snapshot.scope import Scope
from worker.ports import Question
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveRequest
from worker.sources.pipedrive.conditions import conditions, stalled_conditions
from worker.sources.pipedrive.rules import sliced
from worker.sources.pipedrive.windows import stamped

_OURS = frozenset(
    {"id", "limit", "archived", "include_fields", "updated_since", "updated_until", "rule", "days", "percentile"}
    | {"history_days"}
)
_ORDER = ("sort_by", "sort_direction")
_LABELS = ("include_labels", "include_option_labels")
"""Parameters that the list of archived deals does not have."""
PLANNED = "next_activity_id"


def first_form(question: Question) -> bool:
    """Whether the item uses version 1's list of a pipeline."""
    return "id" in question.item.params


def stalled(question: Question) -> bool:
    """Whether only stalled deals are asked for. The service has no such filter."""
    return question.item.query == "stalled_deals"


def scope(question: Question) -> Scope:
    """The question's conditions, as far as a row shows them."""
    params = question.item.params
    return stalled_conditions(params) if stalled(question) else conditions(params)


def listing(question: Question) -> PipedriveRequest:
    """The request without the page's length. A whole list is sorted by id, because nothing changes ids."""
    params = question.item.params
    query = {name: joined(value) for name, value in params.items() if name not in _OURS}
    if first_form(question):
        return PipedriveRequest(costs.PIPELINE_DEALS, query, str(params["id"]))
    query |= stamped(question, params)
    if not sliced(params):
        query = {name: value for name, value in query.items() if name not in _ORDER}
        query |= {"sort_by": "id", "sort_direction": "asc"}
    if stalled(question):
        query["status"] = "open"
    query |= fields(question)
    if not params.get("archived"):
        return PipedriveRequest(costs.DEALS, query)
    return PipedriveRequest(costs.ARCHIVED, {name: value for name, value in query.items() if name not in _LABELS})


def fields(question: Question) -> dict[str, str]:
    """Fields needed beyond the plain deal. A rule may need to know whether an activity is planned."""
    given = question.item.params.get("include_fields")
    wanted = joined(given).split(",") if given else []
    if question.item.params.get("rule") == "no_next_activity" and PLANNED not in wanted:
        wanted.append(PLANNED)
    return {"include_fields": ",".join(wanted)} if wanted else {}


def joined(value: Any) -> str:
    """Joins lists with commas, and writes true and false as JSON does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)
