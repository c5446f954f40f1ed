"""Saves a copy of each part that was handed over, if a person asked for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from worker.domain.delivery import Envelope, Part, Receipt
from worker.flow.services import Services
from worker.ports import Channel
from worker.ports.channels import Transmit, saved

Keep = Callable[[str, Part, bytes], None]
"""Takes the delivery's key, the part and the bytes of its file. It must not raise: the receiver has the part, and the
ledger must still record it.
"""


def with_kept_messages(services: Services, keep: Keep) -> Services:
    return replace(services, transmit=keeping(services.transmit, keep))


def keeping(transmit: Transmit, keep: Keep) -> Transmit:
    async def kept(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        receipt = await transmit(channel, part, sealed, envelope)
        keep(str(envelope.key), part, saved(channel, part, sealed))
        return receipt

    return kept
