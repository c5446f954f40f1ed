"""Who is told what could not be done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is told what could not be done. `address`: None for a channel that has a place of its own. `channel`: empty
    for the first that takes the address.
    """

    address: str | None
    channel: str = ""
