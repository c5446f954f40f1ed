"""A queue for commands that do the work themselves: keys are collected, not published."""

from collections.abc import Sequence


class LocalQueue:
    """Implements ports.Queue in this process; `take` hands over what was queued."""

    def __init__(self) -> None:
        self._deliveries: list[str] = []

    def produce(self, keys: Sequence[str], *, on_demand: bool = False) -> None:
        """Runs of this process are begun by the command itself."""

    def deliver(self, keys: Sequence[str]) -> None:
        self._deliveries.extend(keys)

    def take(self) -> list[str]:
        taken, self._deliveries = self._deliveries, []
        return taken
