"""Signatures of Standard Webhooks, by their own library.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from worker.errors import RequestError, SignatureRefused

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a key, as the specification has them."""


class WebhookSigner:
    """Signs with every secret, so that a receiver may hold any one of them while it changes from one to another."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises RequestError, without the secret."""
        self._keys = [_key(secret) for secret in secrets]

    def headers(self, message: str, body: bytes, at: datetime) -> Mapping[str, str]:
        """The headers of one try. `message`: its id, the same in every try. `at`: the instant of this try. Without a
        secret there is no signature.
        """
        headers = {"webhook-id": message, "webhook-timestamp": str(int(at.timestamp()))}
        signatures = [key.sign(message, at, body.decode()) for key in self._keys]
        return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})


class WebhookVerifier:
    """Accepts a request that was signed with any one of several secrets within the last five minutes, which is the
    library's limit.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises RequestError, without the secret."""
        self._keys = [_key(secret) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """`headers`: by lower-case name. Raises SignatureRefused."""
        if not all(headers.get(name) for name in HEADERS):
            raise SignatureRefused(f"not signed; expected the headers {', '.join(HEADERS)}")
        if not any(_holds(key, headers, body) for key in self._keys):
            raise SignatureRefused("the signature does not hold, or its time is more than five minutes from now")


def _holds(key: Webhook, headers: Mapping[str, str], body: bytes) -> bool:
    """ValueError: a body or a signature that the library cannot decode."""
    try:
        key.verify(body, {name: headers[name] for name in HEADERS}, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _key(secret: str) -> Webhook:
    text = secret.strip()
    try:
        raw = binascii.a2b_base64(text.removeprefix(PREFIX).encode("ascii"), strict_mode=True)
        sound = text.startswith(PREFIX) and SHORTEST <= len(raw) <= LONGEST
        key = Webhook(text) if sound else None
    except (ValueError, EmptyWebhookSecretError):
        key = None
    if key is None:
        raise RequestError(
            f"the secret is none of Standard Webhooks; expected {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64, "
            "as from: echo whsec_$(openssl rand -base64 32)"
        )
    return key
