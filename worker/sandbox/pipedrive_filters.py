"""Pipedrive's list parameters: which deals match, in which order, and the cursor to the next page.

Version 2 refuses unknown parameters. https://developers.pipedrive.com/docs/api/v1/Deals#getDeals
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.sandbox.pipedrive_book import StoredDeal

MOST = 500
DEFAULT = 100
MOST_IDS = 100
LARGE = 10_000
"""The saved filter 1, "large deals": at least this value, in whole units."""

DEAL_NAMES = frozenset(
    {"filter_id", "ids", "owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "status", "updated_since"}
    | {"updated_until", "sort_by", "sort_direction", "include_fields", "custom_fields", "include_option_labels"}
    | {"include_labels", "limit", "cursor"}
)
LIST_NAMES = frozenset({"sort_by", "sort_direction", "limit", "cursor"})
_LABELS = frozenset({"include_labels", "include_option_labels"})
_DAYS = frozenset({"start_date", "end_date", "user_id"})
NAMES: Mapping[str, frozenset[str]] = {
    "GET /api/v2/pipelines": LIST_NAMES,
    "GET /api/v2/stages": LIST_NAMES | {"pipeline_id"},
    "GET /api/v2/deals": DEAL_NAMES,
    "GET /api/v2/deals/archived": DEAL_NAMES - _LABELS,
    "GET /api/v2/deals/{id}": _LABELS | {"include_fields", "custom_fields"},
    "GET /api/v1/pipelines/{id}/conversion_statistics": _DAYS,
    "GET /api/v1/pipelines/{id}/movement_statistics": _DAYS,
    "GET /api/v1/pipelines/{id}/deals": frozenset(
        {"filter_id", "user_id", "everyone", "stage_id", "start", "limit", "get_summary", "totals_convert_currency"}
    ),
    "GET /api/v1/deals/summary": frozenset({"status", "filter_id", "user_id", "pipeline_id", "stage_id"}),
    "GET /api/v1/filters": frozenset({"type"}),
}
"""Endpoint → its query parameters. An endpoint that is not listed has none."""
MOST_CUSTOM_FIELDS = 15
INCLUDED = frozenset(
    {"next_activity_id", "last_activity_id", "first_won_time", "products_count", "files_count", "notes_count"}
    | {"followers_count", "email_messages_count", "activities_count", "done_activities_count", "smart_bcc_email"}
    | {"undone_activities_count", "participants_count", "last_incoming_mail_time", "last_outgoing_mail_time"}
    | {"source_lead_id"}
)
STATUSES = frozenset({"open", "won", "lost", "deleted"})
_FIELDS: Mapping[str, Callable[[StoredDeal], int | None]] = {
    "owner_id": lambda kept: kept.owner,
    "person_id": lambda _kept: None,
    "org_id": lambda kept: kept.number + 5000,
    "pipeline_id": lambda kept: kept.pipeline,
    "stage_id": lambda kept: kept.stage,
}
Test = Callable[[StoredDeal], bool]


class PipedriveRefusal(Exception):
    """Becomes a 400 in version 2's words, or another `status` in version 1's words."""

    def __init__(self, problem: str, status: int = 400) -> None:
        self.problem = problem
        self.status = status
        super().__init__(problem)


def known(params: Mapping[str, str], names: frozenset[str]) -> None:
    for name in params:
        if name not in names:
            raise PipedriveRefusal(f"{name}: Parameter '{name}' is not allowed for this request")


def extras(params: Mapping[str, str]) -> frozenset[str]:
    """The fields that are requested in addition to the plain deal. Raises PipedriveRefusal."""
    fields, own = (params[name].split(",") if name in params else [] for name in ("include_fields", "custom_fields"))
    unknown = [name for name in fields if name not in INCLUDED]
    if unknown:
        raise PipedriveRefusal(f"include_fields: Invalid value {unknown[0]}")
    if len(own) > MOST_CUSTOM_FIELDS:
        raise PipedriveRefusal(f"custom_fields: No more than {MOST_CUSTOM_FIELDS} keys are allowed")
    return frozenset(fields)


def tests(params: Mapping[str, str], *, archived: bool) -> list[Test]:
    """A deal matches when all conditions hold. A filter disables the other conditions. Raises PipedriveRefusal."""
    found: list[Test] = [lambda kept: kept.archived is archived]
    if "filter_id" in params:
        whole(params["filter_id"], "filter_id")
        return [*found, lambda kept: not kept.deal.deleted and kept.value is not None and kept.value >= LARGE]
    found.append(_statuses(params.get("status")))
    if "ids" in params:
        found.append(_ids(params["ids"]))
    for name, read in _FIELDS.items():
        if name in params:
            found.append(_equal(read, whole(params[name], name)))
    return found + _times(params)


def _equal(read: Callable[[StoredDeal], int | None], wanted: int) -> Test:
    return lambda kept: read(kept) == wanted


def _statuses(text: str | None) -> Test:
    if text is None:
        return lambda kept: not kept.deal.deleted
    wanted = frozenset(text.split(","))
    if not wanted <= STATUSES:
        raise PipedriveRefusal(f"status: Invalid value {text}")
    return lambda kept: kept.status in wanted


def _ids(text: str) -> Test:
    wanted = frozenset(whole(part, "ids") for part in text.split(","))
    if len(wanted) > MOST_IDS:
        raise PipedriveRefusal(f"ids: No more than {MOST_IDS} ids are allowed")
    return lambda kept: kept.number in wanted


def _times(params: Mapping[str, str]) -> list[Test]:
    found: list[Test] = []
    if "updated_since" in params:
        since = _moment(params["updated_since"], "updated_since")
        found.append(lambda kept: kept.updated_at.replace(microsecond=0) >= since)
    if "updated_until" in params:
        until = _moment(params["updated_until"], "updated_until")
        found.append(lambda kept: kept.updated_at.replace(microsecond=0) < until)
    return found


def _moment(text: str, name: str) -> datetime:
    """Refuses fractions of a second."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PipedriveRefusal(f"{name}: Invalid date-time") from None
    if moment.tzinfo is None or "." in text:
        raise PipedriveRefusal(f"{name}: Invalid date-time")
    return moment


def whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise PipedriveRefusal(f"{name}: Expected integer, received {text[:40]}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Order:
    """By `field`; ids decide ties."""

    field: str
    descending: bool

    def key(self, row: Mapping[str, Any]) -> tuple[Any, int]:
        return (row["id"] if self.field == "id" else row[self.field] or "", row["id"])

    def cursor(self, row: Mapping[str, Any]) -> str:
        """Opaque for the client: the position of a page's last row."""
        value, number = self.key(row)
        direction = "desc" if self.descending else "asc"
        told = {"field": self.field, "fieldValue": value, "sortDirection": direction, "id": number}
        return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def order(params: Mapping[str, str], fields: tuple[str, ...] = ("id", "update_time", "add_time")) -> Order:
    by, direction = params.get("sort_by", "id"), params.get("sort_direction", "asc")
    if by not in fields or direction not in {"asc", "desc"}:
        raise PipedriveRefusal(f"sort_by: Invalid value {by} {direction}")
    return Order(by, direction == "desc")


def limit(params: Mapping[str, str]) -> int:
    wanted = whole(params.get("limit", str(DEFAULT)), "limit")
    if not 1 <= wanted <= MOST:
        raise PipedriveRefusal(f"limit: Number must be between 1 and {MOST}")
    return wanted


def after(params: Mapping[str, str], by: Order) -> tuple[Any, int] | None:
    """The position that the cursor names. None on the first page."""
    text = params.get("cursor")
    if text is None:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if told["field"] != by.field:
            raise PipedriveRefusal("cursor: Invalid cursor")
        return told["fieldValue"], int(told["id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise PipedriveRefusal("cursor: Invalid cursor") from None
