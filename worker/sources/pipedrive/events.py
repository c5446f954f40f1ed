"""Webhooks v2 of Pipedrive: HTTP Basic instead of a signature, and the fields that changed with their former values.

https://pipedrive.readme.io/docs/guide-for-webhooks-v2
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from worker.domain.source_event import SourceEvent
from worker.errors import RequestError, SignatureRefused
from worker.ports.source_events import EventContract
from worker.sources.common.posted_json import LONGEST, names, part, posted_object, short_text

OBJECTS = (
    "deal",
    "pipeline",
    "stage",
    "activity",
    "person",
    "organization",
    "lead",
    "note",
    "product",
    "user",
)
ACTIONS = ("create", "change", "delete")
SHORTEST = 16
"""Minimum length of a password in characters. Nothing else proves the origin of an event."""


class PipedriveEvents:
    """Implements ports.source_events.EventReader. `secrets`: USER:PASSWORD each."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._known = [_credentials(secret) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:  # noqa: ARG002
        scheme, _, written = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise SignatureRefused("not signed; expected HTTP Basic")
        try:
            given = base64.b64decode(written.strip(), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        if not any(hmac.compare_digest(one, given) for one in self._known):
            raise SignatureRefused("the user or the password is not the right one")

    def read(self, headers: Mapping[str, str], body: bytes) -> SourceEvent:  # noqa: ARG002
        given = posted_object(body)
        meta = part(given, "meta")
        key, previous = meta.get("entity_id"), given.get("previous")
        action = short_text(meta, "action")
        changed = list(previous) if isinstance(previous, dict) and action == "change" else []
        return SourceEvent(
            short_text(meta, "id"),
            short_text(meta, "entity"),
            action,
            key if isinstance(key, str) and len(key) <= LONGEST else "",
            names(changed),
        )


def _credentials(secret: str) -> bytes:
    user, colon, password = secret.strip().partition(":")
    if not user or not colon or len(password) < SHORTEST:
        raise RequestError(
            f"webhook_secret is none of Pipedrive; expected USER:PASSWORD, the password of at least {SHORTEST} "
            "characters, as they were written as http_auth_user and http_auth_password"
        )
    return f"{user}:{password}".encode()


EVENTS = EventContract(
    tuple(f"{what}.{action}" for what in OBJECTS for action in ACTIONS),
    PipedriveEvents,
    "USER:PASSWORD, as the webhook has http_auth_user and http_auth_password",
)
