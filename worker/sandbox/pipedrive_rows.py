"""Deals in the shapes of both versions, pipelines, stages and users, as the stand-in writes them.

https://developers.pipedrive.com/docs/api/v1/Deals ; fields are null if a real deal has nothing, whatever the
specification says.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from worker.sandbox.cast import CURRENCY, FOUNDED, ORDER, STAGES, USERS, User
from worker.sandbox.pipedrive_book import PIPELINE_IDS, ROTS_AFTER, STAGES_BY_ID, USER_IDS, StoredDeal

DOMAIN = "acme-sandbox"
COMPANY = 8_087_000
CUSTOM_FIELD = "d4de1c1518b4531717c676029a45911c340390a6"
_SYMBOLS = {"EUR": "€", "USD": "US$", "GBP": "£", "JPY": "¥"}


def rfc3339(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def number(value: Decimal) -> int | float:
    """A number for JSON: an integer if it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def formatted(value: Decimal, currency: str) -> str:
    return f"{_SYMBOLS.get(currency, currency + ' ')}{value:,f}"


def title(kept: StoredDeal) -> str:
    return f"{kept.deal.lead} #{kept.number}"


def deal_v2(kept: StoredDeal, extra: frozenset[str] = frozenset()) -> dict[str, Any]:
    """One deal of version 2. A new deal has no stage_change_time. `extra`: names of include_fields."""
    deal = kept.deal
    moved = kept.stage_since != deal.created_at
    row: dict[str, Any] = {
        "id": kept.number,
        "title": title(kept),
        "creator_user_id": USER_IDS[USERS[0].id],
        "owner_id": kept.owner,
        "value": 0 if kept.value is None else number(kept.value),
        "person_id": None,
        "org_id": kept.number + 5000,
        "stage_id": kept.stage,
        "pipeline_id": kept.pipeline,
        "currency": deal.currency,
        "archive_time": rfc3339(kept.updated_at) if kept.archived else None,
        "add_time": rfc3339(deal.created_at),
        "update_time": rfc3339(kept.updated_at),
        "stage_change_time": rfc3339(kept.stage_since) if moved else None,
        "status": kept.status,
        "is_archived": kept.archived,
        "is_deleted": deal.deleted,
        "probability": deal.confidence if kept.number % 3 else None,
        "lost_reason": None,
        "visible_to": 3,
        **_ends(kept),
        "expected_close_date": deal.due.isoformat() if deal.due else None,
        "label_ids": [],
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "acv": None,
        "arr": None,
        "mrr": None,
        "custom_fields": {CUSTOM_FIELD: None},
    }
    if "next_activity_id" in extra:
        row["next_activity_id"] = None if deal.stalled else kept.number + 9000
    return row


def _ends(kept: StoredDeal) -> dict[str, Any]:
    """The three times and their local days."""
    ends: dict[str, Any] = {}
    for name in ("won", "lost"):
        at = kept.closed_at if kept.deal.status == name else None
        ends |= {f"{name}_time": rfc3339(at), f"local_{name}_date": at.date().isoformat() if at else None}
    closed = kept.closed_at
    return ends | {"close_time": rfc3339(closed), "local_close_date": closed.date().isoformat() if closed else None}


def deal_v1(kept: StoredDeal) -> dict[str, Any]:
    """One deal of version 1: flat, with names, in UTC without a zone."""
    deal = kept.deal
    owner = next(user for user in USERS if USER_IDS[user.id] == kept.owner)
    value = kept.value or Decimal(0)
    times = ("add_time", "update_time", "stage_change_time", "won_time", "lost_time", "close_time")
    newer = deal_v2(kept)
    at = {name: newer[name] and newer[name].replace("T", " ").removesuffix("Z") for name in times}
    kept_names = ("id", "title", "stage_id", "pipeline_id", "currency", "status", "probability", "lost_reason")
    return {
        **{name: newer[name] for name in kept_names},
        **at,
        "creator_user_id": newer["creator_user_id"],
        "user_id": kept.owner,
        "person_id": None,
        "org_id": newer["org_id"],
        "value": newer["value"],
        "active": kept.status == "open",
        "deleted": deal.deleted,
        "next_activity_date": None,
        "next_activity_id": None if deal.stalled else kept.number + 9000,
        "next_activity_subject": None if deal.stalled else "Call",
        "last_activity_id": None,
        "last_activity_date": None,
        "visible_to": "3",
        "expected_close_date": newer["expected_close_date"],
        "stage_order_nr": ORDER[STAGES_BY_ID[kept.stage]] + 1,
        "person_name": None,
        "org_name": deal.lead,
        "owner_name": owner.name,
        "formatted_value": formatted(value, deal.currency),
        "weighted_value": number(value * deal.confidence / 100),
        "rotten_time": plain_time(kept.updated_at + timedelta(days=ROTS_AFTER)) if kept.status == "open" else None,
    }


def pipeline(number: int, name: str, order: int, *, deleted: bool = False, weighs: bool = True) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "order_nr": order,
        "is_deleted": deleted,
        "is_deal_probability_enabled": weighs,
        "add_time": rfc3339(FOUNDED),
        "update_time": None,
    }


def stage(number: int) -> dict[str, Any]:
    """Order numbers leave out one number between stages, as after the removal of a stage."""
    known = STAGES[STAGES_BY_ID[number]]
    position = ORDER[known.id]
    return {
        "id": number,
        "order_nr": 2 * position + 1,
        "name": known.label,
        "is_deleted": False,
        "deal_probability": min(100, 20 * (position + 1)),
        "pipeline_id": PIPELINE_IDS[known.pipeline],
        "is_deal_rot_enabled": True,
        "days_to_rotten": ROTS_AFTER,
        "add_time": rfc3339(FOUNDED),
        "update_time": None,
    }


def user(one: User, *, me: bool = False) -> dict[str, Any]:
    """`me`: with the fields that only the token's own user gets."""
    own = {
        "company_id": COMPANY,
        "company_name": "Acme",
        "company_domain": DOMAIN,
        "company_country": "DE",
        "language": {"language_code": "en", "country_code": "GB"},
    }
    return {
        "id": USER_IDS[one.id],
        "name": one.name,
        "default_currency": CURRENCY,
        "locale": "de_DE",
        "lang": 1,
        "email": one.email,
        "phone": None,
        "activated": True,
        "created": plain_time(FOUNDED),
        "modified": plain_time(FOUNDED),
        "active_flag": not one.former,
        "timezone_name": "Europe/Berlin",
        "timezone_offset": "+01:00",
        "role_id": 1,
        "icon_url": None,
        "is_you": one is USERS[0],
        "is_deleted": False,
        **(own if me else {}),
    }
