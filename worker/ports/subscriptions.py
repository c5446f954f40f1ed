"""Subscriptions that were added at run time, and the choices of readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from worker.domain.choices import Choices
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.domain.subscription import Choice, Preference, SubscriptionRecord


@dataclass(frozen=True, slots=True)
class Said:
    """What some readers of a schedule said. `preferences`: by reader's id, also by the present one. `ids`: the present
    ids of those who have another one now.
    """

    preferences: Mapping[str, Preference] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def now_id(self, reader: str) -> str:
        return self.ids.get(reader, reader)

    def of_now(self, reader: str) -> Preference | None:
        """What a reader said under the present id."""
        return self.preferences.get(self.now_id(reader))


class Subscriptions(Protocol):
    """Records, preferences and choices, by schedule. A schedule that was renamed is found under both ids. Every method
    is one atomic step. Raises LedgerUnavailable.
    """

    async def records(self, schedule: str) -> tuple[SubscriptionRecord, ...]:
        """Every record of a schedule by id, with those that have ended."""
        ...

    async def schedules(self) -> tuple[str, ...]:
        """Schedules that have a record, a preference or a choice, sorted."""
        ...

    async def add(self, record: SubscriptionRecord) -> bool:
        """Adds a record. Earlier baselines and preferences of its reader are removed. False if there is a record with
        this id that has not ended; then nothing is written.
        """
        ...

    async def remove(self, schedule: str, entry: str) -> bool:
        """Removes a record with its reader's baselines and preference. False if there is none."""
        ...

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        """By reader's id."""
        ...

    async def said_of(self, schedule: str, readers: Sequence[str]) -> Said:
        """What these readers said, by the ids that they have or had. For a caller that asks about a few of many."""
        ...

    async def prefer(self, schedule: str, reader: str, preference: Preference) -> bool:
        """Stops a reader's messages. An unsubscription that is already there stays as it was. False if nothing changed.
        Raises ClaimLost for a pause of a reader who unsubscribed.
        """
        ...

    async def clear(self, schedule: str, reader: str, choice: Choice) -> bool:
        """Ends a pause, or an unsubscription. False if the reader has made no such choice."""
        ...

    async def stop_all(self, readers: Sequence[tuple[str, str]], preference: Preference) -> None:
        """Unsubscribes these readers, as schedule and reader's id, in one step."""
        ...

    async def choices(self, schedule: str) -> Mapping[str, Choices]:
        """The choices of readers, by reader's id."""
        ...

    async def choose(self, schedule: str, reader: str, choices: Choices) -> None:
        """Stores a reader's choices in place of all earlier ones; without any choice, it only removes those."""
        ...

    async def current(self, schedule: str) -> str:
        """The present id of a schedule: links in old mails contain an earlier one."""
        ...

    async def continued(self, schedule: str) -> Mapping[str, str]:
        """Earlier ids of readers and copies, each with the present one. A deployment may give an entry another id, and
        links in old mails and unfinished runs contain the earlier one.
        """
        ...


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """`warnings`: sentences about what is possible and hardly meant, as those of `check`."""

    entry: Subscription
    warnings: tuple[str, ...] = ()


class EntryChecks(Protocol):
    """The check of one entry, by the functions that check the entries of definitions."""

    def __call__(self, bundle: Bundle, schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
        """`written`: the keys of an entry of `to:`. What they leave out comes from the schedule and the project. Raises
        RequestError with every complaint.
        """
        ...
