"""What a receiver's answer to a webhook means for one delivery.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-delivery: 2xx means
accepted, and 410 means that the receiver wants no further messages. All other statuses have their meaning in HTTP.
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from worker.adapters.http import HttpAnswer, HttpFailure
from worker.domain.delivery import Receipt
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUncertain
from worker.redact import redact

CHANNEL = "webhook"
DAY = 86_400.0
LATER = frozenset({408, 425, 429, 503})
"""The receiver did not accept it, and may accept it later."""


def receipt_of(answer: HttpAnswer, secrets: Sequence[str], now: datetime) -> Receipt:
    """The status of a 2xx answer. Raises DeliveryDeferred, DeliveryRefused or DeliveryUncertain for any other one."""
    if 200 <= answer.status < 300:
        return Receipt(f"HTTP {answer.status}")
    raise by_answer(answer, secrets, now)


def by_answer(answer: HttpAnswer, secrets: Sequence[str], now: datetime) -> DeliveryError:
    """A 5xx answer with Retry-After asks for a later attempt. After any other 5xx except 503, the message may have been
    accepted.
    """
    status, wait = answer.status, retry_after(answer, now)
    words = redact(answer.body.decode("utf-8", "replace"), secrets)
    problem = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    if status in LATER or (status >= 500 and wait is not None):
        return DeliveryDeferred(CHANNEL, problem, retry_after=wait)
    if status >= 500:
        return DeliveryUncertain(CHANNEL, problem)
    code = f"HTTP {status}"
    if status < 400:
        return DeliveryRefused(CHANNEL, f"{code}: a redirect, which is not followed", code=code)
    return DeliveryRefused(CHANNEL, problem, code=code, suspend="channel" if status == 410 else None)


def by_failure(failure: HttpFailure) -> DeliveryError:
    """No complete answer: unclear as soon as the request may have been sent."""
    kind = DeliveryUncertain if failure.sent else DeliveryDeferred
    return kind(CHANNEL, failure.problem)


def retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    """Seconds that the receiver asks us to wait, at most a day; None if it does not say."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), DAY)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), DAY)
