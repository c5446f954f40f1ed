"""The cap on messages to one address, and what becomes of a digest that is over it."""

from dataclasses import dataclass
from datetime import datetime

MOST_HELD = 20
"""OverCap digests that one message names. The others are counted."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `messages` to one address in `per` seconds, over all schedules. A period begins with its first
    message.
    """

    messages: int
    per: int


@dataclass(frozen=True, slots=True)
class HeldDigest:
    """A digest that was not sent, as the message at the period's end names it. `name`: the schedule's. `changes`: rows
    and figures that differ from what the reader was last sent. `alerts`: of a notification, how many it tells of.
    """

    name: str
    slot: datetime
    changes: int
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class OverCap:
    """A digest over the cap. `subject`: the channel and address. `until`: the period's end. `reader`: the id of the
    delivery that tells of it then.
    """

    subject: str
    until: datetime
    reader: str
    digest: HeldDigest
