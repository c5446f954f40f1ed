"""Close's webhooks: signatures, and what an event tells."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.errors import PostRefused, RequestError, SignatureRefused
from worker.sources.close.events import CloseEvents

KEY = "0f" * 32
BODY = b'{"event": {"id": "ev_1", "object_type": "opportunity", "action": "updated"}}'
AT = datetime.fromtimestamp(1764468000, UTC)
HEADERS = {
    "close-sig-timestamp": "1764468000",
    "close-sig-hash": "b8dccd6c3d7af0fc02809a8fcd6b363e847a9992742b7f38512a4acb4240e501",
}
"""The hash is from `openssl dgst -sha256 -mac HMAC -macopt hexkey:0f0f…` over timestamp and body."""


def test_the_hash_is_over_timestamp_and_body_with_the_key_as_bytes() -> None:
    CloseEvents([KEY]).verify(HEADERS, BODY, AT + timedelta(minutes=4))
    CloseEvents(["aa" * 32, KEY]).verify(HEADERS, BODY, AT - timedelta(minutes=4))


@pytest.mark.parametrize(
    ("change", "body", "at"),
    [
        ({}, BODY + b" ", AT),
        ({"close-sig-timestamp": "1764468001"}, BODY, AT),
        ({"close-sig-hash": ""}, BODY, AT),
        ({"close-sig-hash": "ü"}, BODY, AT),
        ({"close-sig-timestamp": ""}, BODY, AT),
        ({}, BODY, AT + timedelta(minutes=6)),
        ({}, BODY, AT - timedelta(minutes=6)),
    ],
)
def test_what_was_changed_or_is_of_another_time_is_refused(change: dict[str, str], body: bytes, at: datetime) -> None:
    with pytest.raises(SignatureRefused):
        CloseEvents([KEY]).verify(HEADERS | change, body, at)


@pytest.mark.parametrize("secret", ["", "whsec_abc", "0f", "zz" * 32])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(RequestError, match="64 hexadecimal characters") as refused:
        CloseEvents([secret])
    assert not secret or secret not in str(refused.value)


def told(**other: Any) -> bytes:
    event = {
        "id": "ev_1",
        "date_updated": "a",
        "object_type": "opportunity",
        "action": "updated",
        "object_id": "oppo_1",
    }
    return json.dumps({"event": event | other}).encode()


def test_an_event_tells_what_changed_and_no_figure() -> None:
    event = CloseEvents([KEY]).read({}, told(changed_fields=["value", 5, "x" * 999], data={"value": 9}))
    assert (event.name, event.key, event.changed) == ("opportunity.updated", "oppo_1", ("value",))


def test_an_event_that_was_merged_with_a_later_change_is_another_one() -> None:
    reader = CloseEvents([KEY])
    assert reader.read({}, told()).id == reader.read({}, told(changed_fields=["value"])).id
    assert reader.read({}, told()).id != reader.read({}, told(date_updated="b")).id


@pytest.mark.parametrize("change", [{"id": None}, {"id": "x" * 201}, {"action": 5}, {"object_type": "a\nb"}])
def test_a_body_that_cannot_be_used(change: dict[str, Any]) -> None:
    with pytest.raises(PostRefused):
        CloseEvents([KEY]).read({}, told(**change))
