"""Turns Close's error bodies, in every recorded shape, into one sentence."""

from collections.abc import Iterable

from worker.adapters.json_body import JsonUnreadable, decoded
from worker.sources.common import words
from worker.sources.common.parse import Node

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


_WORDS = ("errors", "field-errors", "error", "message")


def sentence(status: int, body: bytes, secrets: Iterable[str]) -> str:
    """The meaning of the status, followed by the service's words: at most 200 characters on one line."""
    if status == 403 and words.is_markup(body):
        return f"a page for people ({status}): something in front of Close refused it, such as a firewall or a proxy"
    meaning = _MEANINGS.get(status, "the service failed" if status >= 500 else "an unexpected answer")
    told = said(body, secrets)
    return f"{meaning} ({status}): {told}" if told else f"{meaning} ({status})"


def said(body: bytes, secrets: Iterable[str]) -> str:
    """`errors`, `field-errors`, `error` and `message` of an object, else the text itself; "" for markup or nothing.

    Recorded since 2017: {"errors": [], "field-errors": {…}}, {"error": "…"}, {"errors": ["…"]}, {"message": "…"}, an
    empty body and plain text, both under a JSON type.
    """
    return words.said(body, _WORDS, secrets)


def is_error(answer: Node) -> bool:
    """Whether an object under a good status holds an error and nothing else."""
    return bool(answer.value) and answer.value.keys() <= set(_WORDS)


def reset(body: bytes) -> str:
    """The seconds in the body of a 429 as text, "" if there are none. Two shapes: at the top, or in `error`."""
    try:
        value = decoded(body)
    except JsonUnreadable:
        return ""
    inner = value.get("error", value) if isinstance(value, dict) else None
    return str(inner.get("rate_reset", "")) if isinstance(inner, dict) else ""
