"""Webhooks of Close: a signature over timestamp and raw body, and an event that names the fields that changed.

https://developer.close.com/topics/webhooks/
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from worker.domain.source_event import SourceEvent
from worker.errors import RequestError, SignatureRefused
from worker.ports.source_events import EventContract
from worker.sources.common.posted_json import LONGEST, names, part, posted_object, short_text

HASH, TIMESTAMP = "close-sig-hash", "close-sig-timestamp"
TOLERANCE = 300
"""Seconds between the signature and now. Close documents no value."""

OBJECTS = ("opportunity", "activity.opportunity_status_change", "status.opportunity", "custom_fields.opportunity")
ACTIONS = ("created", "updated", "deleted")


class CloseEvents:
    """Implements ports.source_events.EventReader."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [_key(secret) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        given, stamp = headers.get(HASH, ""), headers.get(TIMESTAMP, "")
        if not given or not stamp:
            raise SignatureRefused(f"not signed; expected the headers {HASH} and {TIMESTAMP}")
        signed = stamp.encode() + body
        made = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in self._keys]
        if not any(hmac.compare_digest(one.encode(), given.lower().encode()) for one in made):
            raise SignatureRefused("the signature does not hold")
        if (
            len(stamp) > 20
            or not stamp.isascii()
            or not stamp.isdigit()
            or abs(int(stamp) - now.timestamp()) > TOLERANCE
        ):
            raise SignatureRefused("the signature's time is more than five minutes from now")

    def read(self, headers: Mapping[str, str], body: bytes) -> SourceEvent:  # noqa: ARG002
        event = part(posted_object(body), "event")
        # Several changes may become one event, which keeps its id and gets another date.
        updated = event.get("date_updated")
        identity = f"{short_text(event, 'id')} {updated if isinstance(updated, str) else ''}"
        key = event.get("object_id")
        return SourceEvent(
            identity,
            short_text(event, "object_type"),
            short_text(event, "action"),
            key if isinstance(key, str) and len(key) <= LONGEST else "",
            names(event.get("changed_fields")),
        )


def _key(secret: str) -> bytes:
    try:
        key = bytes.fromhex(secret.strip())
    except ValueError:
        key = b""
    if len(key) < 16:
        raise RequestError("webhook_secret is none of Close; expected the signature_key, 64 hexadecimal characters")
    return key


EVENTS = EventContract(
    tuple(f"{what}.{action}" for what in OBJECTS for action in ACTIONS),
    CloseEvents,
    "the signature_key of Close's webhook, in hexadecimal",
)
