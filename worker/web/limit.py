"""How often one client may use a link that does not work."""

from collections.abc import Callable

TRIES = 30
"""Wrong links that a client may open within one span."""

SPAN = 60.0
"""Seconds."""

CLIENTS = 10_000


class WrongTries:
    """Counts wrong links by client. A signature cannot be guessed; this only slows down a client that tries many. All
    counts start again with each span, and clients beyond CLIENTS are not counted.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since, self._counts = monotonic(), dict[str, int]()

    def too_many(self, client: str) -> bool:
        if self._monotonic() - self._since >= SPAN:
            self._since, self._counts = self._monotonic(), {}
        return self._counts.get(client, 0) >= TRIES

    def count(self, client: str) -> None:
        if client in self._counts or len(self._counts) < CLIENTS:
            self._counts[client] = self._counts.get(client, 0) + 1
