"""A queue for commands that do the work themselves: it collects the keys instead of publishing them."""

from collections.abc import Sequence


class LocalQueue:
    """Implements ports.Queue in this process. `take` returns the queued keys and empties the queue."""

    def __init__(self) -> None:
        self._deliveries: list[str] = []

    async def produce(self, keys: Sequence[str], *, on_demand: bool = False) -> None:
        """The command starts the runs of this process itself, so nothing is queued."""

    async def deliver(self, keys: Sequence[str]) -> None:
        self._deliveries.extend(keys)

    def take(self) -> list[str]:
        taken, self._deliveries = self._deliveries, []
        return taken
