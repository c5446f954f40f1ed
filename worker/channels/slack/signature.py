"""Verifies that a request is from Slack: an HMAC over its timestamp and raw body.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from worker.errors import SignatureRefused

SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
TOLERANCE = 300
"""The maximum number of seconds between the signature and now."""

_STAMP = re.compile(r"[0-9]{1,12}")


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The signature, which covers body and time. `headers`: by lower-case name. Raises SignatureRefused."""
    given, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not stamp:
        raise SignatureRefused(f"not signed; expected the headers {SIGNATURE} and {TIMESTAMP}")
    if not hmac.compare_digest(signature(secret, stamp, body).encode(), given.encode()):
        raise SignatureRefused("the signature does not hold")
    if _STAMP.fullmatch(stamp) is None or abs(int(stamp) - now.timestamp()) > TOLERANCE:
        raise SignatureRefused("the signature's time is more than five minutes from now")
    return given


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Computed as Slack does."""
    signed = f"v0:{stamp}:".encode() + body
    return f"v0={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
