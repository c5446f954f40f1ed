"""One reader's page: what it says, and what a reader can do there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain.links import Link, Purpose
from worker.domain.schedule import Defaults, Schedule, Subscription
from worker.domain.subscription import Choice, Preference

PAUSES = (timedelta(days=7), timedelta(days=28))
"""How long a reader can pause."""


class Act(StrEnum):
    STOP = "stop"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"


ALLOWED = {
    Purpose.UNSUBSCRIBE: frozenset({Act.STOP, Act.START}),
    Purpose.PREFERENCES: frozenset(Act),
}
"""A link to unsubscribe works for ever, so that it can do little, and undo it."""


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """One reader's subscription at `now`. `schedule` and `entry` are None if nothing sends to this reader any more.
    `preference`: what stops the messages.
    """

    link: Link
    now: datetime
    defaults: Defaults
    schedule: Schedule | None = None
    entry: Subscription | None = None
    preference: Preference | None = None

    @property
    def stopped(self) -> bool:
        return self.preference is not None and self.preference.choice is Choice.UNSUBSCRIBED

    @property
    def paused(self) -> bool:
        return self.preference is not None and self.preference.choice is Choice.PAUSED
