"""Settles a delivery in the ledger, and emits the facts that follow."""

from typing import Protocol

from worker.domain.delivery import DeliveryKey
from worker.domain.notice import Suspension
from worker.domain.outcome import Outcome
from worker.flow.facts import emit_all
from worker.flow.uses import UsesDeliveries, UsesEvents


class SettleUses(UsesDeliveries, UsesEvents, Protocol): ...


async def settle(
    uses: SettleUses, key: DeliveryKey, attempt: int, outcome: Outcome, suspension: Suspension | None = None
) -> None:
    """Raises ClaimLost when the delivery is another attempt's by now."""
    emit_all(uses.events, await uses.deliveries.settle(key, attempt, outcome, suspension))
