"""A copy of each part that was handed over, for a person who asked for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from worker.domain.delivery import Envelope, Part, Receipt
from worker.flow.services import Services
from worker.ports import Channel
from worker.ports.channels import Transmit, saved

Keep = Callable[[str, Part, bytes], None]
"""Given the delivery's key, the part and the file that is kept of it. It must not raise: the receiver has the part, and
nothing may come between that and the ledger.
"""


def with_kept_messages(services: Services, keep: Keep) -> Services:
    return replace(services, transmit=keeping(services.transmit, keep))


def keeping(transmit: Transmit, keep: Keep) -> Transmit:
    async def kept(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        receipt = await transmit(channel, part, sealed, envelope)
        keep(str(envelope.key), part, saved(channel, part, sealed))
        return receipt

    return kept
