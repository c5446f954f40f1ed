"""What makes two answers of one query comparable: the same account, question and shape."""

import hashlib
import json
from typing import Any

from worker.domain.schedule import Item
from worker.domain.snapshot import SCHEMA
from worker.sources.close.rules import MULTIPLE, RANGES, sliced

_DISPLAY = frozenset({"_fields", "_order_by"})


def fingerprint(organization: str, item: Item) -> str:
    """32 hexadecimal characters. Windows are left out, and so is all that only orders; the same filter written in two
    ways ("active", ["active"]) is the same.
    """
    parts = (organization, item.query, _normal(item), SCHEMA)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _normal(item: Item) -> dict[str, Any]:
    """Ranges that Close resolves stay in: nobody else knows what they meant."""
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
    """Lists of texts are sets to Close: their order says nothing."""
    return sorted(str(part) for part in value) if isinstance(value, list | tuple) else value
