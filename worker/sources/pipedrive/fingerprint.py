"""The fingerprint of a query. Answers with equal fingerprints (company, question and shape) can be compared."""

import hashlib
import json
from typing import Any

from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import SCHEMA
from worker.ports import Question
from worker.sources.pipedrive.names import Me
from worker.sources.pipedrive.rules import sliced
from worker.sources.pipedrive.windows import DATES, asked, stamped

_ASIDE = frozenset({"include_fields", "custom_fields", "include_option_labels", "include_labels"})
_INSTANTS = frozenset({"updated_since", "updated_until"})
_ORDER = frozenset({"sort_by", "sort_direction"})


def fingerprint(me: Me, item: Query) -> str:
    """32 hexadecimal characters. Windows and orders do not count. A filter as a list of one equals the same filter as
    text. Without a named user the token's own user is meant, and is part of the question.
    """
    whose = me.id if _own(item) else ""
    parts = (me.company, whose, item.query, _normal(item), SCHEMA)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def spelled(question: Question) -> list[Any]:
    """The question in one spelling, with instants for every period, without the account."""
    item = question.item
    window = asked(question) if item.query in ("conversion", "movements") else None
    edges = [] if window is None else [window.start.isoformat(), window.end.isoformat(), window.zone]
    params = {name: value for name, value in _normal(item).items() if name not in _INSTANTS}
    return [item.query, params, stamped(question, item.params), edges]


def _normal(item: Query) -> dict[str, Any]:
    drop = {*DATES, *_ASIDE, *(() if sliced(item.params) else _ORDER)}
    return {name: _plain(value) for name, value in item.params.items() if name not in drop}


def _own(item: Query) -> bool:
    if item.query in ("conversion", "movements"):
        return "user_id" not in item.params
    return item.query == "deals" and "id" in item.params and not {"user_id", "everyone"} & item.params.keys()


def _plain(value: Any) -> Any:
    """The order of a list means nothing to the service."""
    if isinstance(value, bool | int):
        return value
    return sorted(str(part) for part in value) if isinstance(value, list | tuple) else [str(value)]
