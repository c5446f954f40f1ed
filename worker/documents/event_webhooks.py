"""Webhooks of events, and the events that could not be delivered."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from worker.domain.run import stamp
from worker.ports.event_webhooks import DeadEvent, WebhookState


def webhooks_document(states: Mapping[str, WebhookState]) -> list[dict[str, Any]]:
    """By name: [{"name", "waiting", "sent", "dead", "lost", "unknown", "failures", "trouble", "retry_at"}, …].

    `waiting`: events in the queue. `dead`: events whose delivery was given up and can be retried; `lost`: those that
    are no longer stored. `unknown`: events of a newer version that were not delivered. `failures`: consecutive failed
    attempts. `trouble` and `retry_at` are null if there is no failure.
    """
    return [
        {
            "name": name,
            "waiting": one.waiting,
            "sent": one.sent,
            "dead": one.dead,
            "lost": one.lost,
            "unknown": one.unknown,
            "failures": one.failures,
            "trouble": one.trouble or None,
            "retry_at": stamp(one.retry_at) if one.retry_at else None,
        }
        for name, one in sorted(states.items())
    ]


def dead_document(events: Iterable[DeadEvent]) -> list[dict[str, Any]]:
    """The oldest first: [{"id", "at", "type", "sentence", "event": the body that could not be delivered}, …]."""
    rows = [(one, json.loads(one.body)) for one in events]
    return [
        {"id": one.id, "at": stamp(one.at), "type": body["type"], "sentence": one.sentence, "event": body}
        for one, body in rows
    ]


def retried_document(name: str, count: int) -> dict[str, Any]:
    """{"name", "events": how many are sent again}."""
    return {"name": name, "events": count}
