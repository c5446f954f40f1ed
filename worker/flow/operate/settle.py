"""A person reports whether an unknown delivery arrived (semantics 7, "operator says")."""

from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.outcome import Pending, Sent
from worker.domain.reason import Reason
from worker.errors import LedgerError, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.find_run import FindUses, find_delivery, find_run
from worker.flow.run.produce import expiry
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.run.settle import SettleUses
from worker.flow.run.settle import settle as settle_delivery
from worker.flow.uses import UsesClock, UsesDeployments, UsesLookups, UsesQueue, UsesTriggers

RECEIPT = "settled by hand"


class SettleByHandUses(
    SettleUses, UsesClock, UsesDeployments, UsesDigests, UsesLookups, UsesQueue, UsesTriggers, Protocol
): ...


async def settle(uses: SettleByHandUses, reference: str, *, arrived: bool) -> Delivery:
    """The delivery afterwards: sent, with the baselines that it moves; or pending again under the same identity, and
    published. `reference` is a delivery's key; its run may be written as in `find_run`.

    Raises RequestError for a delivery that is not unknown, and ClaimLost if it changed meanwhile.
    """
    row = await _unknown(uses, reference)
    if arrived:
        digest = await uses.digests.open(row)
        moved = digest.sent_baselines() if digest is not None else {}
        await settle_delivery(uses, row.key, row.attempt, Sent(RECEIPT, moved, Reason.SETTLED))
    else:
        run = await find_run(uses, str(row.key.run))
        _, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
        until = expiry(uses.triggers, schedule, await uses.clock.now())
        await settle_delivery(uses, row.key, row.attempt, Pending(Reason.SETTLED, until))
        await uses.queue.deliver([row.key])
    settled = await uses.lookups.delivery(row.key)
    if settled is None:
        raise LedgerError(f"{row.key} is gone from the ledger")
    return settled


async def _unknown(uses: FindUses, reference: str) -> Delivery:
    row = await find_delivery(uses, reference)
    if row.state is not DeliveryState.UNKNOWN:
        raise RequestError(f"{row.key} is {row.state}: only an unknown delivery can be settled")
    return row
