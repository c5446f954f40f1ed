"""A bounce that a mail service posts."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.fakes import (
    BOUNCE,
    SENT,
    WEEKLY,
    Deployed,
    Emitted,
    FixedClock,
    KnownDeliveries,
    Suspends,
    Takes,
    bundle_with,
    uses,
)
from worker.errors import SignatureRefused
from worker.flow.operate.bounces import Followed
from worker.flow.operate.posted_bounce import posted_bounce
from worker.ports.bounces import BounceReport


class Webhook:
    """Everything with a signature is the same report."""

    def report(self, headers: Mapping[str, str], body: bytes) -> BounceReport:
        if "webhook-signature" not in headers:
            raise SignatureRefused("not signed")
        return BOUNCE


def given(webhook: Webhook | None, *, deployed: bool = True) -> Any:
    return uses(
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes, bounce_webhook=lambda _bundle, _channel: webhook),
        deliveries=Suspends(),
        deployments=Deployed(bundle_with(WEEKLY) if deployed else None),
        events=Emitted(),
        lookups=KnownDeliveries(SENT),
    )


async def test_a_signed_report_suspends_as_one_from_the_mailbox_and_once() -> None:
    made = given(Webhook())
    found = [await posted_bounce(made, "mail", {"webhook-signature": "v1,a"}, b"") for _ in range(2)]
    assert [one.followed for one in found if one is not None] == [Followed.SUSPENDED, Followed.ALREADY]
    assert list(made.deliveries.stopped) == ["address mail team@acme.example"]


async def test_without_a_signature_nothing_is_written() -> None:
    made = given(Webhook())
    with pytest.raises(SignatureRefused):
        await posted_bounce(made, "mail", {}, b"")
    assert made.deliveries.stopped == {}


@pytest.mark.parametrize("made", [given(None), given(Webhook(), deployed=False)])
async def test_a_channel_that_takes_no_reports(made: Any) -> None:
    assert await posted_bounce(made, "mail", {"webhook-signature": "v1,a"}, b"") is None
    assert await posted_bounce(given(Webhook()), "nowhere", {"webhook-signature": "v1,a"}, b"") is None
