"""A service's words prepared for our sentences: one line, no control characters, a bounded length."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from worker.adapters.json_body import JsonUnreadable, decoded
from worker.redact import redact

_DEEPEST = 4
_MOST = 10


def said(body: bytes, keys: Sequence[str], secrets: Iterable[str]) -> str:
    """The texts below `keys` of a JSON object, else the text itself, without secrets; "" for markup or nothing."""
    text = body.decode("utf-8", "replace")
    try:
        value = decoded(text.encode())
    except JsonUnreadable:
        return "" if is_markup(body) else redact(text, secrets)
    if not isinstance(value, dict):
        return redact("; ".join(_leaves(value)), secrets)
    known = [value[key] for key in keys if key in value]
    return redact("; ".join(leaf for part in known for leaf in _leaves(part)), secrets)


def is_markup(body: bytes) -> bool:
    """An HTML page, or XML, which no JSON API returns."""
    return body.lstrip()[:1] == b"<"


def some(keys: Sequence[str]) -> str:
    """The first few of many keys."""
    return ", ".join(keys[:5]) + (" and more" if len(keys) > 5 else "")


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts of nested lists and maps. The name of a field precedes its error."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _DEEPEST:
        for part in value[:_MOST]:
            yield from _leaves(part, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, part in list(value.items())[:_MOST]:
            for leaf in _leaves(part, depth + 1):
                yield f"{key}: {leaf}"
