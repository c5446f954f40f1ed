"""A report about one message that a mail service, or a script in between, posts: signed according to Standard Webhooks.

{"address", "status", "diagnostic", "message_id"}: the recipient, an enhanced code such as "5.1.1", the text of the mail
server, and the Message-ID of the mail that did not arrive. A service that writes its own Message-IDs leaves out the
last one.
"""

import json
from collections.abc import Mapping
from typing import Any

from worker.adapters.webhook_signature import WebhookVerifier
from worker.channels.email.bounce import LONGEST, Bounce, report_of
from worker.errors import PostRefused
from worker.ports.bounces import BounceReport
from worker.sanitize import clean

EXPECTED = 'expected {"address", "status", "diagnostic", "message_id"}'


class EmailBounceWebhook:
    """Implements worker.ports.bounces.BounceWebhook."""

    def __init__(self, verifier: WebhookVerifier) -> None:
        self._verifier = verifier

    def report(self, headers: Mapping[str, str], body: bytes) -> BounceReport:
        self._verifier.verify(headers, body)
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            raise PostRefused(f"the body is no JSON; {EXPECTED}") from None
        if not isinstance(given, dict):
            raise PostRefused(f"the body is no object; {EXPECTED}")
        return report_of(_bounce(given))


def _bounce(given: Mapping[str, Any]) -> Bounce:
    """Raises PostRefused. Other fields are ignored."""
    values = {name: given.get(name, "") for name in ("address", "status", "diagnostic", "message_id")}
    wrong = [name for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise PostRefused(f"{wrong[0]} is no text; {EXPECTED}")
    address, status, diagnostic, message_id = (clean(value, LONGEST).strip() for value in values.values())
    if "@" not in address:
        raise PostRefused(f"address is missing; {EXPECTED}")
    return Bounce(address, status, diagnostic, message_id.strip("<>"))
