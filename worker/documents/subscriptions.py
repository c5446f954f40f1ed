"""Subscriptions, and what stops them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from worker.domain.run import stamp
from worker.domain.schedule import Subscription
from worker.domain.subscription import Preference, SubscriptionRecord
from worker.flow.operate.subscriptions import SubscriptionRow


def subscriptions_document(rows: Iterable[SubscriptionRow]) -> list[dict[str, Any]]:
    """Every subscription.

    [{"schedule", "reader", "state", "id", "channel", "address", "rows", "send", "locale", "timezone", "source", "by",
    "at", "expires", "stopped", "sentence"}, …]

    `source` is "definition", "cli", "api" or "link". `by` and `at` are empty and null for a definition. `stopped` says
    what stops the messages, null if nothing does: {"choice", "source", "by", "at", "until"}. `sentence` is what the
    receiver said when the address or channel was suspended.
    """
    return [_row(row) for row in rows]


def added_document(record: SubscriptionRecord, same: Iterable[str]) -> dict[str, Any]:
    """A new subscription: {"schedule", "reader", …, "expires", "same_address"}, with the keys of an entry and `source`,
    `by` and `at`. `same_address` lists other entries of the schedule that reach the address.
    """
    return {
        "schedule": record.schedule,
        "reader": record.reader.id,
        **_entry(record.entry),
        "source": record.origin,
        "by": record.by,
        "at": stamp(record.at),
        "expires": _stamp(record.expires),
        "same_address": list(same),
    }


def removed_document(row: SubscriptionRow) -> dict[str, Any]:
    """A subscription that was removed: {"schedule", "reader", "removed": true}."""
    return {"schedule": row.reader.schedule, "reader": row.reader.id, "removed": True}


def reader_paused_document(row: SubscriptionRow, until: datetime | None) -> dict[str, Any]:
    """A reader's pause: {"schedule", "reader", "paused": true, "until"}. `until` is null if somebody has to end it."""
    return {"schedule": row.reader.schedule, "reader": row.reader.id, "paused": True, "until": _stamp(until)}


def reader_resumed_document(row: SubscriptionRow, *, was_paused: bool) -> dict[str, Any]:
    """The end of a reader's pause: {"schedule", "reader", "paused": false, "was_paused"}."""
    return {"schedule": row.reader.schedule, "reader": row.reader.id, "paused": False, "was_paused": was_paused}


def _row(row: SubscriptionRow) -> dict[str, Any]:
    return {
        "schedule": row.reader.schedule,
        "reader": row.reader.id,
        "state": row.state,
        **_entry(row.entry),
        "source": row.origin,
        "by": row.by,
        "at": _stamp(row.at),
        "expires": _stamp(row.expires),
        "stopped": _stopped(row.preference),
        "sentence": row.sentence,
    }


def _entry(entry: Subscription) -> dict[str, Any]:
    return {
        "id": entry.id,
        "channel": entry.channel,
        "address": entry.address,
        "rows": entry.rows,
        "send": entry.send,
        "locale": entry.locale,
        "timezone": entry.zone,
    }


def _stopped(preference: Preference | None) -> dict[str, Any] | None:
    if preference is None:
        return None
    return {
        "choice": preference.choice,
        "source": preference.origin,
        "by": preference.by,
        "at": stamp(preference.at),
        "until": _stamp(preference.until),
    }


def _stamp(instant: datetime | None) -> str | None:
    return None if instant is None else stamp(instant)
