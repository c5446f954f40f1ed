"""One reader's page: what it says, and what a reader can do there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain.cap import Cap
from worker.domain.choices import Choices
from worker.domain.collect import trigger_of
from worker.domain.delivery import Reader
from worker.domain.left_out import LeftOutCounts
from worker.domain.links import Link, Purpose
from worker.domain.quiet import EVERY_DAY
from worker.domain.schedule import Collect, Defaults, Schedule, Subscription, Trigger
from worker.domain.subscription import Choice, Preference

PAUSES = (timedelta(days=7), timedelta(days=28))
"""How long a reader can pause."""


class Act(StrEnum):
    STOP = "stop"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SAVE = "save"
    TRY = "try"  # shows what the choices would have left out, and stores nothing
    STOP_ALL = "everything"


ALLOWED = {
    Purpose.UNSUBSCRIBE: frozenset({Act.STOP, Act.START}),
    Purpose.PREFERENCES: frozenset(Act),
}
"""A link to unsubscribe never expires. Therefore it can do only a few things, and undo them."""


@dataclass(frozen=True, slots=True)
class PreferencesForm:
    """What a reader wrote into the page, as text. `days`: numbers of weekdays, Monday is 0. `send`: always, on_change,
    or the days of a pause as "pause-7"; empty leaves a pause as it is.
    """

    act: str = ""
    send: str = ""
    locale: str = ""
    quiet_from: str = ""
    quiet_to: str = ""
    days: tuple[str, ...] = ()
    rows: str = ""


@dataclass(frozen=True, slots=True)
class SendingTime:
    """When a reader is sent something: at the trigger's instants. `collected`: all since the last one together."""

    trigger: Trigger
    collected: bool = False

    @classmethod
    def of(cls, schedule: Schedule, entry: Subscription) -> "SendingTime":
        return cls(trigger_of(schedule, entry), entry.collect is not Collect.NONE)


@dataclass(frozen=True, slots=True)
class SameAddress:
    """Another subscription of the reader's address. `token` opens its page; empty if there is no key to sign it, and
    for copies of another reader's messages, which this page can only stop with all others. `alerts`: it is only for
    alerts.
    """

    reader: Reader
    name: str
    paused: bool
    token: str = ""
    alerts: bool = False
    when: SendingTime | None = None


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """One reader's subscription at `now`. `schedule` and `entry` are None if nothing sends to this reader any more.
    `entry` is that of the definition or the record, and `choices` are the reader's own. `preference`: what stops the
    messages. `others`: other subscriptions of this address. `locales`: those in which messages can be written.
    `problem`: why the form was not saved. `last_sent`: when the reader was sent the newest digest, None where none is
    known and for alerts. `outdated`: the link leads to nothing, while something of the schedule still comes to the
    address. `left_out`: what the choices would have left out, if the reader asks; they are not stored then.
    """

    link: Link
    now: datetime
    defaults: Defaults
    schedule: Schedule | None = None
    entry: Subscription | None = None
    preference: Preference | None = None
    choices: Choices | None = None
    others: tuple[SameAddress, ...] = ()
    locales: tuple[str, ...] = ()
    saved: bool = False
    problem: str = ""
    outdated: bool = False
    last_sent: datetime | None = None
    left_out: LeftOutCounts | None = None

    @property
    def cap(self) -> Cap | None:
        """The cap on messages to the reader's address; None if it does not apply to this subscription."""
        return None if self.entry is None or self.entry.uncapped else self.defaults.cap

    @property
    def when(self) -> SendingTime | None:
        entry = self.in_force
        return SendingTime.of(self.schedule, entry) if self.schedule is not None and entry is not None else None

    @property
    def in_force(self) -> Subscription | None:
        """The entry with what the reader chose."""
        return self.choices.chosen(self.entry) if self.choices is not None and self.entry is not None else self.entry

    @property
    def alerts(self) -> bool:
        """Whether the subscription is only for alerts."""
        return self.schedule is not None and self.entry is not None and self.schedule.only_alerts(self.entry)

    @property
    def days(self) -> tuple[int, ...]:
        """The weekdays on which something is sent."""
        entry = self.in_force
        hours = entry.not_sent if entry is not None else None
        return hours.days if hours is not None else EVERY_DAY

    @property
    def stopped(self) -> bool:
        return self.preference is not None and self.preference.choice is Choice.UNSUBSCRIBED

    @property
    def paused(self) -> bool:
        return self.preference is not None and self.preference.choice is Choice.PAUSED
