"""Subscriptions in addition to the definitions, and the choices of readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from worker.domain.address import comparable, same
from worker.domain.delivery import Reader
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, ChannelSpec, Person, Schedule, Subscription


class Origin(StrEnum):
    """How a subscription, or a reader's choice, came to be."""

    DEFINITION = "definition"
    CLI = "cli"
    API = "api"
    LINK = "link"


class End(StrEnum):
    """Why a record is no longer a subscription."""

    SCHEDULE_GONE = "schedule_gone"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """A subscription that was added at run time. It is independent of deployments. `entry` is complete, as one of `to:`
    is after the definition was read. `by`: who made it, in words. `ended_at`: when a deployment removed its schedule.
    """

    schedule: str
    entry: Subscription
    origin: Origin
    by: str
    at: datetime
    expires: datetime | None = None
    ended_at: datetime | None = None

    @property
    def reader(self) -> Reader:
        return Reader(self.schedule, self.entry.id, self.entry.address or "")

    def ended(self, now: datetime) -> End | None:
        """Why it has ended; None while it is active."""
        if self.ended_at is not None:
            return End.SCHEDULE_GONE
        return End.EXPIRED if self.expires is not None and self.expires <= now else None


class Choice(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Preference:
    """What stops one reader's messages: the reader unsubscribed, or somebody paused them. `until`: when a pause ends by
    itself; None if it does not. `for_copies`: it also stops copies to the reader's address, because an older
    version wrote it, in which both had one id.
    """

    choice: Choice
    origin: Origin
    by: str
    at: datetime
    until: datetime | None = None
    for_copies: bool = False

    def reason(self, now: datetime) -> Reason | None:
        """Why a delivery is skipped; None if nothing stops it."""
        if self.choice is Choice.UNSUBSCRIBED:
            return Reason.UNSUBSCRIBED
        return None if self.until is not None and self.until <= now else Reason.MUTED


def live_records(
    records: Sequence[SubscriptionRecord], bundle: Bundle, schedule: Schedule, now: datetime
) -> dict[Reader, Subscription]:
    """The readers that records add to those of the definition. An entry of the definition takes precedence over a
    record with its id. A record through a channel that the bundle does not have has to wait for it.
    """
    named = {entry.id for entry in schedule.entries}
    return {
        record.reader: record.entry
        for record in records
        if record.ended(now) is None and record.entry.channel in bundle.channels and record.entry.id not in named
    }


def of_digests(subscribed: Mapping[Reader, Subscription]) -> dict[Reader, Subscription]:
    """Those who get digests, and not only notifications of alerts."""
    return {reader: entry for reader, entry in subscribed.items() if entry.alerts is None}


def is_allowed(patterns: Sequence[str], channel: str, address: str) -> bool:
    """Whether an address passes `subscriptions.allow`. A pattern is a domain ("acme.example"), an address, or a channel
    with a pattern for its addresses ("chat:*").
    """
    host = address.rpartition("@")[2] if "@" in address else None
    return any(_passes(pattern, channel, address, host) for pattern in patterns)


def _passes(pattern: str, channel: str, address: str, host: str | None) -> bool:
    if ":" in pattern:
        name, _, rest = pattern.partition(":")
        return name == channel and fnmatchcase(comparable(address), comparable(rest))
    if "@" in pattern:
        return same(pattern, address)
    return same(pattern, host)


def may_be_sent(bundle: Bundle, schedule: Schedule, reader: Reader, channel: str) -> bool:
    """Whether the address of a reader is still allowed. Without `subscriptions.allow`, every address that a definition
    names is allowed.
    """
    if is_allowed(bundle.allow, channel, reader.address):  # asked first: a schedule may have thousands of entries
        return True
    entries = (entry for entry in schedule.entries if entry.id == reader.entry)
    return any(not bundle.allow_written or (entry.address is None and not entry.each) for entry in entries)


def allowed_by_default(
    schedules: Mapping[str, Schedule], people: Mapping[str, Person], channels: Mapping[str, ChannelSpec]
) -> tuple[str, ...]:
    """Patterns for the addresses in the definitions: the domains of mail addresses of entries, other addresses with
    their channel, and each single address of `people`.
    """
    entries = [entry for schedule in schedules.values() for entry in schedule.entries]
    named = {(one.channel, address) for one in entries for address in (one.address, *one.cc) if address}
    own = {
        address if "@" in address else f"{name}:{address}"
        for person in people.values()
        for name, channel in channels.items()
        if (address := person.addresses.get(name) or person.addresses.get(channel.type))
    }
    return tuple(sorted({pattern_of(*one) for one in named} | own))


def written_pattern(pattern: str) -> str:
    """A domain in the form in which addresses have it: lower-case ASCII stays as it is compared."""
    return pattern if ":" in pattern or "@" in pattern else comparable(pattern)


def pattern_of(channel: str, address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else f"{channel}:{address}"


def is_shared(bundle: Bundle, address: str) -> bool:
    """Whether several people read this address, so that none of them may unsubscribe the others."""
    return any(same(address, one) for one in bundle.shared_addresses)
