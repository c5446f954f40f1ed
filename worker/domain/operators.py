"""Who is notified of failures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is notified of failures. `address`: None for a channel that always sends to the same place. `channel`: empty
    for the first one that accepts the address.
    """

    address: str | None
    channel: str = ""
