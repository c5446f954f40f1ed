"""What makes two answers of one query comparable: the same company, question and shape."""

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
    """32 hexadecimal characters. Windows are left out, and so is all that only orders; a filter written as a list of
    one or as a text is the same. Where nobody is named the token's own user is meant, and belongs to the question.
    """
    whose = me.id if _own(item) else ""
    parts = (me.company, whose, item.query, _normal(item), SCHEMA)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def spelled(question: Question) -> list[Any]:
    """The question in one spelling, with every stretch of time as its instants; the account is not in it."""
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
    """The order of a list says nothing to the service."""
    if isinstance(value, bool | int):
        return value
    return sorted(str(part) for part in value) if isinstance(value, list | tuple) else [str(value)]
