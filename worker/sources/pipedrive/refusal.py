"""Turns Pipedrive's refusals, in every recorded shape, into one sentence that says what to do.

https://pipedrive.readme.io/docs/core-api-concepts-http-status-codes
"""

from collections.abc import Iterable
from datetime import datetime

from worker.adapters.http import HttpAnswer
from worker.errors import SourceRefused, SourceUnavailable
from worker.sources.common.limits import retry_after
from worker.sources.common.words import said
from worker.sources.pipedrive import limits
from worker.sources.pipedrive.costs import BURST_SECONDS

UNTOLD_DAY = 3600.0
"""Seconds until the next attempt after a used-up day, if no answer says when it ends. The zone of its midnight is
unknown.
"""
BLOCKED = 600.0
SPENT = "the company's daily budget of API tokens is used up (429)"
SHUT_OUT = "blocked before Pipedrive itself (403, a page instead of JSON), as it happens after too many requests"

_MEANINGS = {
    400: "the request was refused",
    401: "the token was not accepted",
    402: "the account is not open",
    403: "the token has no right to this",
    404: "not found",
    405: "the method is not allowed",
    410: "no longer there",
    415: "the feature is not switched on for this account",
    422: "the request cannot be carried out",
    429: "too many requests",
    501: "not offered",
    503: "under maintenance",
}
_WORDS = ("error", "errors", "message")


def refused(
    endpoint: str, answer: HttpAnswer, now: datetime, secrets: Iterable[str]
) -> SourceUnavailable | SourceRefused:
    """The meaning of a status other than 200 and 201."""
    status = answer.status
    if status < 400:
        found = "a redirect" if status >= 300 else "an unexpected answer"
        words = f"{found} ({status}), which is not followed; is company_domain or base_url right?"
        return SourceRefused(endpoint, words, status=status)
    if status == 429:
        return _limited(endpoint, answer, now, secrets)
    if status == 403 and answer.body.lstrip()[:1] == b"<":
        asked = retry_after(answer.headers, now)
        return SourceUnavailable(endpoint, SHUT_OUT, retry_after=max(asked or 0.0, BLOCKED), limited=True)
    if status >= 500 and status != 501:
        return SourceUnavailable(endpoint, _sentence(answer, secrets), retry_after=retry_after(answer.headers, now))
    return SourceRefused(endpoint, _sentence(answer, secrets) + _advice(endpoint, status), status=status)


def _limited(endpoint: str, answer: HttpAnswer, now: datetime, secrets: Iterable[str]) -> SourceUnavailable:
    """The day's budget is not waited for: `retry_after` is then longer than any wait within a run."""
    asked = limits.wait(answer.headers, now)
    if limits.is_daily(answer.headers, said(answer.body, _WORDS, secrets)):
        told = retry_after(answer.headers, now)
        wait = UNTOLD_DAY if told is None else max(told, limits.LONGEST_HOLD + 1)
        return SourceUnavailable(endpoint, SPENT, retry_after=wait, limited=True)
    return SourceUnavailable(
        endpoint, _sentence(answer, secrets), retry_after=BURST_SECONDS if asked is None else asked, limited=True
    )


def _sentence(answer: HttpAnswer, secrets: Iterable[str]) -> str:
    """The meaning of the status, followed by the service's words: at most 200 characters on one line."""
    status = answer.status
    meaning = _MEANINGS.get(status, "the service failed" if status >= 500 else "an unexpected answer")
    words = said(answer.body, _WORDS, secrets)
    return f"{meaning} ({status}): {words}" if words else f"{meaning} ({status})"


def _advice(endpoint: str, status: int) -> str:
    """An endpoint of v1 may have been removed. Its answer in that case is not known yet."""
    if status in (404, 410) and endpoint.endswith("/api/v1/pipelines/{id}/deals"):
        return "; Pipedrive gives this list up: write pipeline_id and status instead of id"
    return ""
