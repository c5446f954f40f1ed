"""What became of a delivery goes to the ledger, and what that made true is told."""

from worker.domain.delivery import DeliveryKey
from worker.domain.outcome import Outcome
from worker.flow.services import Services


async def settle(services: Services, key: DeliveryKey, attempt: int, outcome: Outcome) -> None:
    """Raises ClaimLost when the delivery is another attempt's by now."""
    services.tell(await services.deliveries.settle(key, attempt, outcome))
