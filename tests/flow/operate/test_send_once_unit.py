"""A message outside the ledger."""

from typing import Any

import pytest

from tests.support.fakes import KEY, NOW, AnyAddress, FixedClock, OneSource, TwoParts, bundle_with, uses
from worker.domain.delivery import Envelope, Part, Receipt
from worker.domain.schedule import Bundle
from worker.errors import DeliveryRefused, RequestError
from worker.flow.operate.send_once import send_parts, send_test, taken_address
from worker.ports.kinds import QuerySpec

BUNDLE = bundle_with()
ENVELOPE = Envelope(KEY, "me@acme.example", NOW)


def two_parts() -> Any:
    return TwoParts()


class Addressed(AnyAddress, OneSource):
    """Every address is taken that has an @."""

    def __init__(self) -> None:
        super().__init__(QuerySpec("any", "", False, ()))

    def needs_address(self, bundle: Bundle, channel: str) -> bool:
        return True

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Any:
        return two_parts()


class Sent:
    """Takes every part but the one that is `refused`."""

    def __init__(self, refused: int | None = None) -> None:
        self.refused, self.parts = refused, list[tuple[str, str]]()

    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        if part.number == self.refused:
            raise DeliveryRefused("mail", "no such user", code="550")
        self.parts.append((part.name, envelope.address))
        return Receipt(f"taken {part.number}")


async def test_every_part_is_sent_in_order() -> None:
    sent = Sent()
    receipts = await send_parts(uses(transmit=sent), two_parts(), "content", ENVELOPE)
    assert [one.text for one in receipts] == ["taken 0", "taken 1"]
    assert [address for _, address in sent.parts] == ["me@acme.example"] * 2


async def test_a_refused_part_ends_it() -> None:
    sent = Sent(refused=0)
    with pytest.raises(DeliveryRefused):
        await send_parts(uses(transmit=sent), two_parts(), "content", ENVELOPE)
    assert sent.parts == []


async def test_a_sample_goes_to_the_address_as_the_channel_writes_it() -> None:
    sent = Sent()
    parts = uses(clock=FixedClock(), connectors=Addressed(), transmit=sent)
    assert await send_test(parts, BUNDLE, "mail", "Me@acme.example", uses()) == "taken 0"
    assert sent.parts[0][1] == "me@acme.example"


@pytest.mark.parametrize(
    ("channel", "address", "sentence"),
    [
        ("room", None, "expected one of funnelbeat.yaml: mail"),
        ("mail", "me", "^channel mail: found the address 'me', expected an @$"),
        ("mail", None, "found no address for the channel 'mail'"),
    ],
)
async def test_what_cannot_be_sent_is_said(channel: str, address: str | None, sentence: str) -> None:
    parts = uses(clock=FixedClock(), connectors=Addressed(), transmit=Sent())
    with pytest.raises(RequestError, match=sentence):
        await send_test(parts, BUNDLE, channel, address, uses())


def test_an_address_is_taken_as_the_channel_writes_it_or_refused_with_what_it_expects() -> None:
    parts = uses(connectors=Addressed())
    assert taken_address(parts, BUNDLE, "mail", "Me@acme.example") == "me@acme.example"
    with pytest.raises(RequestError, match="channel mail: found the address 'me', expected an @"):
        taken_address(parts, BUNDLE, "mail", "me")
