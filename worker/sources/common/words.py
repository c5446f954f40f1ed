"""A service's own words, fit to stand in a sentence of ours: one line, no control characters, a bounded length."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from worker.sources.common.parse import encodable

LONGEST = 200
_DEEPEST = 4
_MOST = 10


def said(body: bytes, keys: Sequence[str], clean: Callable[[str], str] = str) -> str:
    """The texts below `keys` of a JSON object, else the text itself; "" for markup or nothing. They pass `clean`, which
    takes secrets out, before they are cut.
    """
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "" if is_markup(body) else short(clean(text))
    if not isinstance(value, dict):
        return short(clean("; ".join(_leaves(value))))
    known = [value[key] for key in keys if key in value]
    return short(clean("; ".join(leaf for part in known for leaf in _leaves(part))))


def is_markup(body: bytes) -> bool:
    """A page for people, or XML: an API that speaks JSON did not write it."""
    return body.lstrip()[:1] == b"<"


def short(text: str) -> str:
    """One line without control characters, cut with an ellipsis."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", encodable(text)).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def some(keys: Sequence[str]) -> str:
    """The first few of many."""
    return ", ".join(keys[:5]) + (" and more" if len(keys) > 5 else "")


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts of nested lists and maps; a field's name stands before its fault."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _DEEPEST:
        for part in value[:_MOST]:
            yield from _leaves(part, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, part in list(value.items())[:_MOST]:
            for leaf in _leaves(part, depth + 1):
                yield f"{key}: {leaf}"
