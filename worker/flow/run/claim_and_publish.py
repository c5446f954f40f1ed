"""Claims due slots and publishes their runs, in steps: while Redis claims one step, the clock works on the others."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.errors import BrokerUnavailable
from worker.flow.facts import emit_all
from worker.flow.uses import UsesClock, UsesEvents, UsesProcess, UsesQueue
from worker.ports import Claimed, Due, Queue, SlotClaim

STEP = 125
"""Slots that are claimed at once. Redis answers nobody else meanwhile, for about four milliseconds."""

TURNS = 4
"""Turns of the event loop after which the command of a step has been sent, and Redis works while this process does."""


class ClaimUses(UsesClock, UsesEvents, UsesProcess, UsesQueue, Protocol): ...


async def claim_and_publish(
    uses: ClaimUses, due: Sequence[Due], decide: Callable[[Due], SlotClaim | None]
) -> tuple[tuple[RunKey, ...], int]:
    """The runs that were created, and how many of them were published. `decide`: what happens to a schedule's slots.
    Every step is claimed before it is published, and if a process is killed in between, the sweep publishes its runs.
    If the broker accepts nothing, it is not tried again for the following steps, because each try waits for it.
    """
    created: list[RunKey] = []
    published, takes, going = 0, True, None
    for start in range(0, len(due) + STEP, STEP):
        claims = [claim for one in due[start : start + STEP] if (claim := decide(one))]
        done = await going if going is not None else Claimed()
        going = asyncio.ensure_future(uses.clock.claim(claims, uses.pid)) if claims else None
        try:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            emit_all(uses.events, done.facts)
            created += done.runs
            if takes and done.runs:
                count = await publish(uses.queue, done.runs)
                takes, published = count == len(done.runs), published + count
        except BaseException:
            if going is not None:
                going.cancel()
            raise
    return tuple(created), published


async def publish(
    queue: Queue,
    runs: Sequence[RunKey],
    deliveries: Sequence[DeliveryKey] = (),
    mailboxes: Sequence[str] = (),
) -> int:
    """How many runs and deliveries were published. If the broker accepts nothing, a later sweep publishes again. A run
    on demand that no worker has begun goes to the queue of runs on demand again.
    """
    asked = [key for key in runs if key.kind == "manual"]
    try:
        await queue.produce(asked, on_demand=True)
        await queue.produce([key for key in runs if key.kind != "manual"])
        await queue.deliver(deliveries)
        if mailboxes:
            await queue.read_mailboxes(mailboxes)
    except BrokerUnavailable:
        return 0
    return len(runs) + len(deliveries)
