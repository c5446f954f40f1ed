"""Whether an answer of Slack defers a delivery, refuses it, or leaves it uncertain.

The error string decides first and the HTTP status second. The Web API answers almost everything with 200, and webhooks
combine strings and statuses in undocumented ways. Lists: https://docs.slack.dev/reference/methods/chat.postMessage and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import re
from collections.abc import Sequence
from typing import Any

from worker.adapters.http import HttpAnswer, HttpFailure
from worker.adapters.json_body import JsonUnreadable, decoded, decoded_aside
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUncertain
from worker.redact import redact

CHANNEL = "slack"
HOUR = 3600.0
DAY = 24 * HOUR

LATER: dict[str, float | None] = {
    "ratelimited": None,
    "rate_limited": None,
    "service_unavailable": None,
    "team_added_to_org": HOUR,  # Slack is moving the workspace, which takes hours
    "org_login_required": HOUR,
}
"""Nothing was posted. The value is the number of seconds to wait, if known."""

UNCLEAR = frozenset({"fatal_error", "internal_error", "request_timeout", "rollup_error"})
"""For the first two, Slack says that a part of the work may have been done."""

OUR_KEY = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "not_allowed_token_type",
        "no_permission",
        "access_denied",
        "ekm_access_denied",
        "accesslimited",
        "enterprise_is_restricted",
        "two_factor_setup_required",
        "team_access_not_granted",
        "method_deprecated",
        "deprecated_endpoint",
        "no_service",
        "no_service_id",
        "no_active_hooks",
        "no_team",
        "team_disabled",
        "invalid_token",
    }
)
"""The token or webhook is not valid, whatever the address."""

THE_ADDRESS = frozenset(
    {
        "channel_not_found",
        "user_not_found",
        "is_archived",
        "channel_is_archived",
        "not_in_channel",
        "messages_tab_disabled",
        "action_prohibited",
        "posting_to_general_channel_denied",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
    }
)

REDUCIBLE = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "invalid_attachments",
        "too_many_attachments",
        "attachment_payload_limit_exceeded",
    }
)
"""The blocks were refused and nothing was posted, so a plainer form may pass."""

_CODE = re.compile(r"[a-z][a-z0-9_]{2,80}")


def tidy(text: str, secrets: Sequence[str]) -> str:
    """The service's text for the ledger: one line, at most 300 characters, without our secrets."""
    return redact(text, secrets, 300)


def parse(body: bytes) -> dict[str, Any] | None:
    """The JSON object in `body`, or None."""
    try:
        found = decoded(body)
    except JsonUnreadable:
        return None
    return found if isinstance(found, dict) else None


async def parse_aside(body: bytes) -> dict[str, Any] | None:
    """As `parse`, without blocking the loop on a long list of messages."""
    try:
        found = await decoded_aside(body)
    except JsonUnreadable:
        return None
    return found if isinstance(found, dict) else None


def retry_after(answer: HttpAnswer) -> float | None:
    """Seconds that Slack asks us to wait, at most a day; None if it does not give whole seconds."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), DAY) if text.isascii() and text.isdigit() else None


def by_code(code: str, detail: str = "", *, wait: float | None = None, webhook: bool = False) -> DeliveryError:
    """Classifies an error string. An unknown one is permanent for this message, and is quoted."""
    problem = f"{code}: {detail}" if detail else code
    if code in LATER:
        return DeliveryDeferred(CHANNEL, problem, retry_after=wait if wait is not None else LATER[code])
    if code in UNCLEAR:
        return DeliveryUncertain(CHANNEL, problem)
    suspend = None
    if code in OUR_KEY or (webhook and code in THE_ADDRESS):
        suspend = "channel"  # a webhook is its own address
    elif code in THE_ADDRESS:
        suspend = "address"
    return DeliveryRefused(CHANNEL, problem, code=code, suspend=suspend)


def by_status(status: int, *, wait: float | None = None, webhook: bool = False) -> DeliveryError:
    """Classifies an answer without an error string of Slack."""
    if status == 429:
        return DeliveryDeferred(CHANNEL, "asked to wait (HTTP 429)", retry_after=wait)
    if status == 503 and not webhook:
        return DeliveryDeferred(CHANNEL, "service unavailable (HTTP 503)", retry_after=wait)
    if 300 <= status < 400:
        return DeliveryRefused(CHANNEL, f"a redirect (HTTP {status}), which is not followed", code=f"http_{status}")
    if 400 <= status < 500 and status != 408:
        return DeliveryRefused(CHANNEL, f"HTTP {status} without a reason", code=f"http_{status}")
    return DeliveryUncertain(CHANNEL, f"HTTP {status} with an answer that is not Slack's")


def by_answer(answer: HttpAnswer, secrets: Sequence[str], *, webhook: bool = False) -> DeliveryError:
    """Classifies an answer that is not a success."""
    wait = retry_after(answer)
    if answer.status == 429:
        return by_status(429, wait=wait)
    code, detail = _said(answer, secrets, text=webhook)
    known = code in LATER or code in UNCLEAR or code in OUR_KEY | THE_ADDRESS | REDUCIBLE
    if not code or (answer.status >= 500 and not known):
        return by_status(answer.status, wait=wait, webhook=webhook)
    return by_code(code, detail, wait=wait, webhook=webhook)


def by_failure(failure: HttpFailure) -> DeliveryError:
    """Classifies a failure without a whole answer. It is uncertain if the request may have been sent."""
    kind = DeliveryUncertain if failure.sent else DeliveryDeferred
    return kind(CHANNEL, failure.problem, silent=failure.silent)


def _said(answer: HttpAnswer, secrets: Sequence[str], *, text: bool) -> tuple[str, str]:
    """Slack's error string and details; empty if there is none. `text`: webhooks answer with the bare string."""
    body = parse(answer.body)
    if body is not None:
        code = body.get("error")
        return (tidy(code, secrets), _details(body, secrets)) if isinstance(code, str) else ("", "")
    if not text:
        return "", ""
    words = tidy(answer.body.decode("utf-8", "replace"), secrets)
    found = _CODE.match(words)
    if found is None or words[found.end() :][:1] not in {"", ":", " "}:
        return "", ""
    return found.group(), words[found.end() :].lstrip(": ")


def _details(body: dict[str, Any], secrets: Sequence[str]) -> str:
    """`response_metadata.messages` names the offending block."""
    meta = body.get("response_metadata")
    messages = meta.get("messages") if isinstance(meta, dict) else None
    if not isinstance(messages, list):
        return ""
    return tidy("; ".join(m for m in messages[:3] if isinstance(m, str)), secrets)
