"""One part is handed over once."""

from typing import Any

import pytest

from tests.support.fakes import KEY, NOW
from worker.domain.delivery import Envelope, Part, Receipt
from worker.errors import DeliveryUncertain
from worker.flow.run.transmit import transmit

PART, ENVELOPE = Part(0, "mail", "mail.eml", b"draft"), Envelope(KEY, "team@acme.example", NOW)


class Receiver:
    def __init__(self, wrong: Exception | None = None) -> None:
        self.taken: list[tuple[Part, bytes, Envelope]] = []
        self.wrong = wrong

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        self.taken.append((part, sealed, envelope))
        if self.wrong is not None:
            raise self.wrong
        return Receipt("250 queued")


async def test_the_sealed_bytes_go_out_and_not_the_draft() -> None:
    channel: Any = Receiver()
    assert await transmit(channel, PART, b"sealed", ENVELOPE) == Receipt("250 queued")
    assert channel.taken == [(PART, b"sealed", ENVELOPE)]


async def test_an_error_of_the_channel_comes_out_and_is_not_tried_again() -> None:
    channel: Any = Receiver(DeliveryUncertain("mail", "the connection broke"))
    with pytest.raises(DeliveryUncertain, match="the connection broke"):
        await transmit(channel, PART, b"sealed", ENVELOPE)
    assert len(channel.taken) == 1
