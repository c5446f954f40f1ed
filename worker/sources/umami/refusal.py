"""Turns Umami's refusals into one sentence about the real cause, which Umami's own text often does not give.

Measured on version 3.1: an unknown report type is taken for a saved report's id and answered with 400 about a missing
`name`; an unknown segment, a broken expression and a lost database all give 500 without a body; an unknown path gives
an HTML page; a website of another account gives the 401 of a wrong token.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from worker.adapters.http import HttpAnswer
from worker.adapters.json_body import JsonUnreadable, decoded
from worker.errors import SourceRefused, SourceUnavailable
from worker.redact import redact
from worker.sources.common.limits import retry_after, wait
from worker.sources.common.words import said

LOGIN = "POST /auth/login"
_REPORT = re.compile("POST /reports/[A-Za-z]+")
_KEYS = ("error", "message")
_DEEPEST = 12

_EMPTY_500 = (
    "the service failed (500) without a word, as Umami does for a segment, cohort or saved report that does not exist, "
    "a broken expression in a filter, and when its database is away"
)
_PERFORMANCE_500 = (
    "the service failed (500) without a word, as Umami does for a wrong segment or expression, when its database is "
    "away and, in version 3.1, for performance under a filter on the visitor (os, browser, country, referrer, segment)"
)
_LOGIN_500 = "the service failed (500) without a word, as Umami does when its database is away"
_NO_KEY = "not allowed (401): Umami does not accept this key or token"
_OF_ACCOUNT = re.compile("GET /(websites|teams|me)")
"""The account's own lists, which belong to no website."""
_UNAUTHORIZED = (
    "not allowed (401): this account may not see that website, or there is none; Umami says the same for a key or "
    "token that it does not accept"
)
_PAGES = {
    403: "a page for people instead of an answer (403): something before Umami, a firewall or proxy, refuses us",
    404: "there is no such path (404), only a page for people: is base_url the address of Umami 3?",
}
_MEANINGS = {
    402: "the subscription does not include this",
    403: "the account has no right to this",
    404: "not found",
    405: "the method is not allowed here: is this Umami 3?",
    413: "the request is too large",
    415: "the content type is not accepted",
    429: "too many requests",
}


class PathGone(SourceRefused):
    """The server has no such path, because it is older or newer than the path."""


class Judge:
    """Classifies answers for common.calls.Calls. `secrets` gives what must not be repeated; `clock` gives UTC."""

    def __init__(self, secrets: Callable[[], tuple[str, ...]], clock: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._clock = clock

    def __call__(self, endpoint: str, answer: HttpAnswer) -> bytes | SourceUnavailable | SourceRefused:
        if answer.status == 200:
            return answer.body
        words = sentence(endpoint, answer, self._secrets())
        if answer.status == 429:
            seconds = wait(answer.headers, "", self._clock())
            return SourceUnavailable(endpoint, words, retry_after=seconds, limited=True)
        if answer.status >= 500:
            return SourceUnavailable(endpoint, words, retry_after=retry_after(answer.headers, self._clock()))
        refusal = PathGone if _is_gone(endpoint, answer) else SourceRefused
        return refusal(endpoint, words, status=answer.status)


def sentence(endpoint: str, answer: HttpAnswer, secrets: Iterable[str]) -> str:
    """The meaning of an answer other than 200, on one line."""
    status, page = answer.status, answer.body.lstrip()[:1] == b"<"
    if 300 <= status < 400:
        return f"a redirect ({status}), which is not followed; is base_url right?"
    if status == 400:
        return _bad_request(endpoint, answer.body, secrets)
    if status == 401:
        return _unauthorized(endpoint)
    if page and status in _PAGES:
        return _PAGES[status]
    if status == 500 and not answer.body.strip():
        return _empty_500(endpoint)
    meaning = _MEANINGS.get(status, "the service failed" if status >= 500 else "an unexpected answer")
    return _with_words(f"{meaning} ({status})", answer.body, secrets)


def _is_gone(endpoint: str, answer: HttpAnswer) -> bool:
    """A page, the cloud's answer to an unknown path, or a report's type that was taken for a saved report's id."""
    error = _error(answer.body)
    if answer.status == 404:
        return answer.body.lstrip()[:1] == b"<" or isinstance(error, str)
    return answer.status == 410 or (answer.status == 400 and _is_no_report(endpoint, error))


def _is_no_report(endpoint: str, error: Any) -> bool:
    faults = _faults(error) if isinstance(error, dict) else ()
    return _REPORT.fullmatch(endpoint) is not None and any(path == "name" for path, _ in faults)


def _unauthorized(endpoint: str) -> str:
    if endpoint == LOGIN:
        return "the username or password was not accepted (401)"
    return _NO_KEY if _OF_ACCOUNT.fullmatch(endpoint) else _UNAUTHORIZED


def _empty_500(endpoint: str) -> str:
    if endpoint == LOGIN:
        return _LOGIN_500
    return _PERFORMANCE_500 if "/performance" in endpoint else _EMPTY_500


def _bad_request(endpoint: str, body: bytes, secrets: Iterable[str]) -> str:
    """The errors that the server found with their places in the request, or what they show about its version."""
    error = _error(body)
    faults = list(_faults(error)) if isinstance(error, dict) else []
    if _is_no_report(endpoint, error):
        report = endpoint.rsplit("/", 1)[-1]
        return (
            f"this Umami has no report called {report} (400): it took the word for a saved report's id; "
            "is the server older than the report?"
        )
    if isinstance(error, list) and any("dateRange" in str(part) for part in error):
        return "this is Umami 2 (400), which asks for reports in another way; version 3 is needed"
    if faults:
        told = "; ".join(f"{path}: {words}" if path else words for path, words in faults[:5])
        return f"the request was refused (400): {redact(told, secrets)}"
    return _with_words("the request was refused (400)", body, secrets)


def _error(body: bytes) -> Any:
    try:
        value = decoded(body)
    except JsonUnreadable:
        return None
    return value.get("error") if isinstance(value, dict) else None


def _faults(error: dict[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(place, words) of zod's tree: `errors` of this place, `properties` by name, `items` by position (some null)."""
    if depth > _DEEPEST:
        return
    told = error.get("errors")
    yield from ((path, str(words)) for words in (told if isinstance(told, list) else []))
    properties, items = error.get("properties"), error.get("items")
    for name, below in properties.items() if isinstance(properties, dict) else ():
        if isinstance(below, dict):
            yield from _faults(below, f"{path}.{name}" if path else str(name), depth + 1)
    for position, below in enumerate(items if isinstance(items, list) else ()):
        if isinstance(below, dict):
            yield from _faults(below, f"{path}[{position}]", depth + 1)


def _with_words(meaning: str, body: bytes, secrets: Iterable[str]) -> str:
    """Adds Umami's own text to the meaning, unless it adds nothing."""
    words = _plain(body, secrets)
    return f"{meaning}: {words}" if words and words.lower() not in meaning.lower() else meaning


def _plain(body: bytes, secrets: Iterable[str]) -> str:
    """`error` is an object in version 3, text in the cloud, text or a list in version 2."""
    error = _error(body)
    if isinstance(error, dict):
        message = error.get("message")
        return redact(message, secrets) if isinstance(message, str) else ""
    return said(body, _KEYS, secrets)
