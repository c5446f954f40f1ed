"""Keeps messages away from a receiver that accepts them but does not answer, so that it does not occupy every worker. A
message holds its worker's child until the receiver answers or the lease ends. Workers share what they learn about the
receiver: otherwise each child would have to find it out by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from worker.errors import DeliveryError, LedgerUnavailable
from worker.flow.run.attempt import ReceiverSilent
from worker.flow.uses import UsesCircuits, UsesTimes

SOON = 1.0
"""Seconds. A shorter wait is spent here; for a longer one the delivery is deferred."""


class CircuitUses(UsesCircuits, UsesTimes, Protocol): ...


@asynccontextmanager
async def through_circuit(uses: CircuitUses, receiver: str) -> AsyncIterator[None]:
    """Around one transmission. Raises ReceiverSilent before it."""
    while (wait := await uses.circuits.enter(receiver)) > 0:
        if wait > SOON:
            raise ReceiverSilent(wait)
        await asyncio.sleep(wait)
    begun = uses.monotonic()
    try:
        yield
    except DeliveryError as error:
        await _note(uses, receiver, uses.monotonic() - begun if error.silent else None)
        raise
    except BaseException:
        await uses.circuits.leave(receiver)
        raise
    await _note(uses, receiver, None)


async def _note(uses: UsesCircuits, receiver: str, silent_for: float | None) -> None:
    """The circuit only saves time. If it cannot be written, the outcome of the transmission still counts: an error here
    would make a message that was sent an unknown one.
    """
    try:
        if silent_for is None:
            await uses.circuits.answered(receiver)
        else:
            await uses.circuits.silent(receiver, silent_for)
    except LedgerUnavailable:
        return
