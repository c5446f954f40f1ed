"""The fingerprint of a query. Answers with equal fingerprints (account, question and shape) can be compared."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import SCHEMA
from worker.domain.time.window import Window, is_window_name
from worker.ports import Question
from worker.sources.close.ranges import asked, named_window
from worker.sources.close.rules import MULTIPLE, RANGES, sliced
from worker.sources.close.specs import DATES

_UNZONED = frozenset(
    {"pipeline", "status_type", "status_id", "user_id", "lead_id", "organization_id", "value_period", "is_stalled"}
    | {"_order_by", "_fields", "_limit", "_skip"}
)
"""Parameters with the same meaning in every zone."""
_DISPLAY = frozenset({"_fields", "_order_by"})


def fingerprint(organization: str, item: Query) -> str:
    """32 hexadecimal characters. Windows and orders do not count; "active" and ["active"] are the same filter."""
    parts = (organization, item.query, _normal(item), SCHEMA)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def spelled(question: Question) -> list[Any]:
    """The question in one spelling, with instants for every period, without the account."""
    item = question.item
    if item.query != "opportunities":
        base, compared = asked(question)
        called = [
            [_normal(replace(item, params=call.body, as_written=True)), _edges(call.window)]
            for call in (base, compared)
            if call
        ]
        return [item.query, called, question.files, question.zone if item.as_written else ""]
    dated = {name: _moment(question, value) for name, value in item.params.items() if name in DATES}
    zoned = any(name.removesuffix("__in") not in _UNZONED for name in item.params)
    return [fingerprint("", item), dated, question.zone if zoned else ""]


def _moment(question: Question, value: Any) -> Any:
    return _edges(named_window(question, value)) if is_window_name(str(value)) else value


def _edges(window: Window | None) -> list[str]:
    return [] if window is None else [window.start.isoformat(), window.end.isoformat(), window.zone]


def _normal(item: Query) -> dict[str, Any]:
    """Ranges that Close resolves are kept, because only Close knows what they mean."""
    drop = set() if item.as_written else set(RANGES)
    drop |= set() if sliced(item.params) else _DISPLAY
    found: dict[str, Any] = {}
    for name, value in item.params.items():
        if name in drop or (item.query != "opportunities" and name == "users" and not value):
            continue
        several = name in MULTIPLE and item.query == "opportunities"
        found[f"{name}__in" if several else name] = _plain([value] if several else value)
    return found


def _plain(value: Any) -> Any:
    """Lists of texts are sets to Close, so their order does not count."""
    return sorted(str(part) for part in value) if isinstance(value, list | tuple) else value
