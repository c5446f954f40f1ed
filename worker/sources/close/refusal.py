"""Close's error bodies, in every shape that was seen, as one sentence."""

import json
import re
from collections.abc import Iterator
from typing import Any

from worker.sources.close.parse import encodable

LONGEST = 200

_MEANINGS = {
    400: "the request was refused",
    401: "the key or token was not accepted",
    402: "the account's plan does not include this",
    403: "the key has no right to this",
    404: "not found",
    405: "the method is not allowed",
    415: "the content type is not accepted",
    429: "too many requests",
}


def sentence(status: int, body: bytes) -> str:
    """What the status means, then the service's own words: at most 200 characters on one line."""
    meaning = _MEANINGS.get(status, "the service failed" if status >= 500 else "an unexpected answer")
    words = said(body)
    return f"{meaning} ({status}): {words}" if words else f"{meaning} ({status})"


def said(body: bytes) -> str:
    """`errors`, `field-errors`, `error` and `message` of an object, else the text itself; "" for markup or nothing.

    Recorded since 2017: {"errors": [], "field-errors": {…}}, {"error": "…"}, {"errors": ["…"]}, {"message": "…"}, an
    empty body under a JSON type, plain text under a JSON type.
    """
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else short(text)
    if not isinstance(value, dict):
        return short("; ".join(_leaves(value)))
    known = [value[key] for key in ("errors", "field-errors", "error", "message") if key in value]
    return short("; ".join(leaf for part in known for leaf in _leaves(part)))


def reset(body: bytes) -> str:
    """The seconds that a 429's body names, as text, "" where it names none. Two shapes: at the top, or in `error`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    inner = value.get("error", value) if isinstance(value, dict) else None
    return str(inner.get("rate_reset", "")) if isinstance(inner, dict) else ""


def short(text: str) -> str:
    """One line without control characters, cut with an ellipsis."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", encodable(text)).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts of nested lists and maps; a field's name stands before its fault."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 4:
        for part in value[:10]:
            yield from _leaves(part, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        for key, part in list(value.items())[:10]:
            for leaf in _leaves(part, depth + 1):
                yield f"{key}: {leaf}"
