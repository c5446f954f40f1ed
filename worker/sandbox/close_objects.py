"""Objects of Close's answers besides deals: views, statuses, pipelines, users, and the CSV of a report."""

import csv
import io
from datetime import timedelta
from typing import Any

from worker.sandbox.cast import (
    CURRENCY,
    FOUNDED,
    ORGANISATION,
    ORGANISATION_NAME,
    PIPELINE_NAMES,
    PIPELINES,
    USERS,
    CastStage,
    User,
)
from worker.sandbox.close_rows import instant


def view(key: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": name,
        "type": kind,
        "query": None,
        "s_query": {"query": {"type": "match_all"}},
        "is_shared": True,
        "is_user_dependent": False,
        "description": "",
        "user_id": USERS[0].id,
    }


def status(stage: CastStage) -> dict[str, Any]:
    return {"id": stage.id, "label": stage.label, "type": stage.type}


def pipeline(key: str) -> dict[str, Any]:
    """Dates without a zone, as they were recorded."""
    return {
        "id": key,
        "name": PIPELINE_NAMES[key],
        "organization_id": ORGANISATION,
        "created_by": None,
        "updated_by": USERS[0].id,
        "date_created": FOUNDED.replace(tzinfo=None).isoformat(),
        "date_updated": (FOUNDED + timedelta(days=9)).replace(tzinfo=None).isoformat(),
        "statuses": [status(stage) for stage in PIPELINES[key]],
    }


def organisation() -> dict[str, Any]:
    return {
        "id": ORGANISATION,
        "name": ORGANISATION_NAME,
        "currency": CURRENCY,
        "currency_symbol": "€",
        "pipelines": [pipeline(key) for key in PIPELINES],
        "lead_statuses": [],
    }


def user(user: User) -> dict[str, Any]:
    """With keys that no documentation names, as recorded answers have them."""
    return {
        "id": user.id,
        "email": user.email,
        "email_verified_at": instant(FOUNDED),
        "first_name": user.first,
        "last_name": user.last,
        "image": None,
        "last_used_timezone": "Europe/Berlin",
        "organizations": [ORGANISATION],
        "date_created": instant(FOUNDED),
        "date_updated": instant(FOUNDED),
    }


def csv_of(data: list[dict[str, Any]], kind: str) -> bytes:
    """One line per user, or per user and stage."""
    lines = data
    if kind == "stages":
        lines = [
            {"user_id": entry["user_id"], "status_id": stage["status"]["id"], "status_label": stage["status"]["label"]}
            | {name: value for name, value in stage.items() if name != "status"}
            for entry in data
            for stage in entry["stages"]
        ]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(lines[0]) if lines else ["user_id"])
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()
