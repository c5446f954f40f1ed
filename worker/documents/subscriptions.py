"""Subscriptions, and what stops them."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from worker.domain.alert.matcher_text import written
from worker.domain.alert.silence import AlertFilter
from worker.domain.choices import Choices
from worker.domain.quiet import WEEK, QuietHours
from worker.domain.run import stamp
from worker.domain.schedule import Subscription
from worker.domain.subscription import Preference
from worker.flow.operate.subscriptions import Added, SubscriptionRow


def subscriptions_document(rows: Iterable[SubscriptionRow]) -> list[dict[str, Any]]:
    """Every subscription.

    [{"schedule", "reader", "state", "id", "channel", "address", "rows", "send", "locale", "timezone", "alerts",
    "quiet_hours", "days", "collect", "template", "attach", "thread", "cc", "reply_to", "source", "by", "at",
    "expires", "stopped", "choices", "sentence", "copy"}, …]

    The keys of the entry are those of the definition or the record. `quiet_hours` is null or {"from", "to", "days",
    "holidays"}; `days` are lists such as ["MON", "TUE"]. `choices` is null or the reader's own settings: {"source",
    "by", "at", "locale", "send", "quiet_hours", "days", "rows"}, null where nothing is chosen. Both conditions on rows
    must hold, and quiet hours without times mean none.

    `source` is "definition", "cli", "api" or "link". `by` and `at` are empty and null for a definition. `stopped` gives
    what stops the messages, null if nothing does: {"choice", "source", "by", "at", "until"}. `sentence` is the
    receiver's text when the address or channel was suspended. `copy` is true for an address in `cc` of an entry. `cc`
    and `reply_to` are those of the entry.
    """
    return [_row(row) for row in rows]


def added_document(made: Added) -> dict[str, Any]:
    """A new subscription: {"schedule", "reader", …, "expires", "same_address", "warnings"}, with the keys of an entry
    and `source`, `by` and `at`. `same_address` lists other entries of the schedule with the same address, and
    `warnings` the warnings of `check`.
    """
    record = made.record
    return {
        "schedule": record.schedule,
        "reader": record.reader.id,
        **_entry(record.entry),
        "source": record.origin,
        "by": record.by,
        "at": stamp(record.at),
        "expires": _stamp(record.expires),
        "same_address": list(made.same),
        "warnings": list(made.warnings),
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
        "choices": _choices(row.choices),
        "sentence": row.sentence,
        "copy": row.copy,
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
        "alerts": _alerts(entry.alerts),
        "quiet_hours": _quiet(entry.quiet_hours),
        "days": _days(entry.days),
        "collect": entry.collect,
        "template": entry.template,
        "attach": list(entry.attach),
        "thread": entry.thread,
        "cc": list(entry.cc),
        "reply_to": list(entry.reply_to),
    }


def _choices(choices: Choices | None) -> dict[str, Any] | None:
    if choices is None:
        return None
    return {
        "source": choices.origin,
        "by": choices.by,
        "at": stamp(choices.at),
        "locale": choices.locale or None,
        "send": choices.send,
        "quiet_hours": _quiet(choices.quiet_hours),
        "days": None if choices.days is None else _days(choices.days),
        "rows": choices.rows or None,
    }


def _quiet(hours: QuietHours | None) -> dict[str, Any] | None:
    if hours is None:
        return None
    times = {"from": _time(hours.begins), "to": _time(hours.ends)}
    return {**times, "days": _days(hours.days), "holidays": hours.holidays or None}


def _days(days: Iterable[int]) -> list[str]:
    return [WEEK[day] for day in days]


def _time(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


def _alerts(asked: AlertFilter | None) -> dict[str, list[str]] | None:
    """For a subscription to alerts: {"rules": [id, …], "labels": [matcher, …]}; null for one to digests."""
    if asked is None:
        return None
    return {"rules": list(asked.rules), "labels": [written(one) for one in asked.matchers]}


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
