"""A circuit breaker for each receiver, which all workers of a project share."""

from typing import Protocol


class Circuits(Protocol):
    """Whether a receiver answers, as all workers have seen it. `receiver`: Connectors.receiver. Times in seconds.

    Without a recent answer the circuit is half open: one message tries the receiver, and the others wait for its
    outcome. Raises LedgerUnavailable.
    """

    async def enter(self, receiver: str) -> float:
        """0: a message may go now. Otherwise the wait until it may ask again."""
        ...

    async def answered(self, receiver: str) -> None:
        """The receiver answered; the content of the answer does not matter."""
        ...

    async def silent(self, receiver: str, waited: float) -> None:
        """The receiver did not answer for `waited` seconds. It gets no message for a while, unless it has answered
        another one since.
        """
        ...

    async def leave(self, receiver: str) -> None:
        """The message was not sent."""
        ...
