"""Handing one part of a message to its receiver: the act that cannot be taken back."""

from typing import Any

from worker.domain.delivery import Envelope, Part, Receipt
from worker.ports import Channel


async def transmit(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
    """Implements ports.channels.Transmit. What is to happen beside each part that is sent is put around it."""
    return await channel.send(part, sealed, envelope)
