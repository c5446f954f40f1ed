"""A queue for commands that do the work themselves: it collects the keys instead of publishing them."""

from collections.abc import Sequence

from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey


class LocalQueue:
    """Implements ports.Queue in this process. `take` returns the queued keys and empties the queue."""

    def __init__(self) -> None:
        self._deliveries: list[DeliveryKey] = []

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        """The command starts the runs of this process itself, so nothing is queued."""

    async def read_mailboxes(self, channels: Sequence[str]) -> None:
        """The clock of another process asks again."""

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        self._deliveries.extend(keys)

    def take(self) -> list[DeliveryKey]:
        taken, self._deliveries = self._deliveries, []
        return taken
