"""Events signed according to Standard Webhooks: from services without a signature of their own, and from scripts.

{"type": "object.action", "data": {"id": "…", "changed": ["…"]}}; the event's id is the header webhook-id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from worker.adapters.webhook_signature import HEADERS, WebhookVerifier
from worker.domain.source_event import SourceEvent
from worker.errors import PostRefused
from worker.ports.source_events import EventContract
from worker.sources.common.posted_json import names, posted_object, short_text


class SignedEvents:
    """Implements ports.source_events.EventReader. The library reads this machine's clock itself."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._verifier = WebhookVerifier(secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:  # noqa: ARG002
        self._verifier.verify(headers, body)

    def read(self, headers: Mapping[str, str], body: bytes) -> SourceEvent:
        given = posted_object(body)
        what, dot, action = short_text(given, "type").rpartition(".")
        if not dot or not what or not action:
            raise PostRefused('type is no "object.action"')
        data = given.get("data")
        found = data if isinstance(data, dict) else {}
        key = short_text(found, "id") if "id" in found else ""
        return SourceEvent(short_text(headers, HEADERS[0]), what, action, key, names(found.get("changed")))


SIGNED_EVENTS = EventContract((), SignedEvents, "of Standard Webhooks: whsec_ and base64")
