"""Signatures, checked with the verifier of the specification's own library."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from worker.adapters.webhook_signature import WebhookSigner, WebhookVerifier
from worker.errors import RequestError, SignatureRefused

OLD, NEW, OTHER = (f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"o", b"n", b"x"))
BODY = '{"name": "Łódź – 中"}'.encode()


def now() -> datetime:
    return datetime.now(UTC)


def test_what_is_signed_with_two_secrets_is_verified_with_each_of_them_and_with_no_other() -> None:
    headers = dict(WebhookSigner([NEW, OLD]).headers("msg_1", BODY, now()))
    for secret in (NEW, OLD):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers)


def test_id_time_and_body_are_all_signed() -> None:
    headers = dict(WebhookSigner([NEW]).headers("msg_1", BODY, now()))
    later = str(int(headers["webhook-timestamp"]) + 1)
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": later}):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(BODY, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + b" ", headers)


def test_an_old_message_is_refused_by_its_time() -> None:
    headers = dict(WebhookSigner([NEW]).headers("msg_1", BODY, now() - timedelta(minutes=6)))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(NEW).verify(BODY, headers)


def test_the_specifications_own_example() -> None:
    """From https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    signer = WebhookSigner(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    assert signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_!!!", "c2VjcmV0" * 5, "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_c2VjcmV0c2VjcmV0é"],
)
def test_a_secret_of_another_form_is_refused_without_being_said(secret: str) -> None:
    with pytest.raises(RequestError, match="expected whsec_") as refused:
        WebhookSigner([secret])
    assert len(secret) < 7 or secret not in str(refused.value)


def test_what_was_signed_with_one_of_the_secrets_is_taken() -> None:
    for secret in (NEW, OLD):
        WebhookVerifier([NEW, OLD]).verify(WebhookSigner([secret]).headers("msg_1", b"no JSON", now()), b"no JSON")


@pytest.mark.parametrize("changed", [
    {"webhook-id": "msg_2"}, {"webhook-timestamp": "0"}, {"webhook-timestamp": "soon"}, {"webhook-signature": ""},
    {"webhook-signature": "v1"}, {"webhook-signature": "v1,%%%"}, {"webhook-signature": "v2,aaaa"}, {"webhook-id": ""},
])  # fmt: skip
def test_what_was_changed_on_its_way_is_refused(changed: dict[str, str]) -> None:
    headers = dict(WebhookSigner([NEW]).headers("msg_1", BODY, now()))
    with pytest.raises(SignatureRefused):
        WebhookVerifier([NEW]).verify(headers | changed, BODY)
    for body in (BODY + b" ", b"\xff\xfe"):
        with pytest.raises(SignatureRefused):
            WebhookVerifier([NEW]).verify(headers, body)


@pytest.mark.parametrize("late", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_what_was_signed_at_another_time_is_refused(late: timedelta) -> None:
    headers = WebhookSigner([NEW]).headers("msg_1", BODY, now() + late)
    with pytest.raises(SignatureRefused, match="five minutes"):
        WebhookVerifier([NEW]).verify(headers, BODY)
