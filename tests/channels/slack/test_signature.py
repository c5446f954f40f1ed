"""The signature of requests, against a published example and Slack's own library."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from tests.support.slack_requests import SECRET
from worker.channels.slack.signature import SIGNATURE, TIMESTAMP, signature, verify
from worker.errors import SignatureRefused

STAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack"
    b".com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0b"
    b"c887a14d10d2c447fce8b6703c"
)
NOW = datetime.fromtimestamp(int(STAMP), UTC)


def test_the_published_example_holds() -> None:
    made = signature(SECRET, STAMP, BODY)
    assert made == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert verify(SECRET, {SIGNATURE: made, TIMESTAMP: STAMP}, BODY, NOW) == made


@given(st.text(max_size=300), st.integers(0, 4_000_000_000), st.text("abcdef0123456789", min_size=16, max_size=64))
def test_it_is_as_the_library_of_slack_makes_it(text: str, stamp: int, secret: str) -> None:
    body = text.encode("utf-8", "replace")
    assert signature(secret, str(stamp), body) == SignatureVerifier(secret).generate_signature(
        timestamp=str(stamp), body=body
    )


@pytest.mark.parametrize(("late", "holds"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_it_holds_for_five_minutes(late: int, holds: bool) -> None:
    headers = {SIGNATURE: signature(SECRET, STAMP, BODY), TIMESTAMP: STAMP}
    now = NOW + timedelta(seconds=late)
    if holds:
        verify(SECRET, headers, BODY, now)
    else:
        with pytest.raises(SignatureRefused, match="five minutes"):
            verify(SECRET, headers, BODY, now)


@pytest.mark.parametrize("stamp", ["-1", "1e9", "1531420618.5", "", "9" * 400, "١٥٣١٤٢٠٦١٨"])
def test_a_time_that_is_none_is_refused_whoever_signed_it(stamp: str) -> None:
    headers = {SIGNATURE: signature(SECRET, stamp, BODY), TIMESTAMP: stamp}
    with pytest.raises(SignatureRefused):
        verify(SECRET, headers, BODY, NOW)
