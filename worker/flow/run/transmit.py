"""Hands one part of a message to its receiver. This cannot be undone."""

from typing import Any

from worker.domain.delivery import Envelope, Part, Receipt
from worker.ports import Channel


async def transmit(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
    """Implements ports.channels.Transmit. Decorators are put around it for everything else that happens per part."""
    return await channel.send(part, sealed, envelope)
