"""The cap on messages to one address, and what happens to a digest that is over it."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.digest.sections import Figure

MOST_HELD = 20
"""Held digests that one message names. The others are counted."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `messages` to one address in `per` seconds, over all schedules. A period begins with its first
    message.
    """

    messages: int
    per: int


@dataclass(frozen=True, slots=True)
class HeldDigest:
    """A digest that was not sent, as a later message names it. `name`: the schedule's. `changes`: rows and figures that
    differ from what the reader was last sent. `figure`: its key figure, None if it is not known; for a list of deals
    (`of_deals`) its name says what the list contains. `alerts`: for a notification, the number of its alerts.
    `schedule`, `reader`: whose digest it is; empty where an earlier version wrote it.
    """

    name: str
    slot: datetime
    changes: int
    figure: Figure | None = None
    of_deals: bool = False
    alerts: int = 0
    schedule: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True)
class OverCap:
    """A digest over the cap. `subject`: the channel and address. `until`: the period's end. `reader`: the id of the
    delivery that will name it. `others`: older digests that this one was to name, and `more` that are only counted.
    """

    subject: str
    until: datetime
    reader: str
    digest: HeldDigest
    others: tuple[HeldDigest, ...] = ()
    more: int = 0
