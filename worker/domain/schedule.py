"""What a user defines: connections, channels, schedules, and the bundle that a deployment pins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from worker.domain.access import TokenScope
from worker.domain.alert.rule import Inhibition, Rule
from worker.domain.alert.silence import AlertFilter
from worker.domain.brand import NO_BRAND, Brand
from worker.domain.cap import Cap
from worker.domain.operators import Operator
from worker.domain.outgoing import EventWebhook, HeartbeatUrl
from worker.domain.quiet import EVERY_DAY, QuietHours, within_days
from worker.domain.time.window import WindowSpec

SHARE_FOR = 300
"""Seconds for which an answer that one run fetched may serve another run, unless the query sets another time."""


class CatchUp(StrEnum):
    """What happens to slots that passed while no clock was running."""

    NONE = "none"  # they are missed
    LATEST = "latest"  # the newest runs late, older ones are missed
    ALL = "all"  # each runs, oldest first


class Send(StrEnum):
    """When a digest goes to a reader."""

    ALWAYS = "always"
    ON_CHANGE = "on_change"
    ON_ALERT = "on_alert"  # when this run tells of an alert of the schedule


class Collect(StrEnum):
    """Whether a reader's digests wait for a fixed time (domain.collect), at which the newest one names the others."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


class Follow(StrEnum):
    """How far the rows that left a list are looked up."""

    NONE = "none"
    DEPARTURES = "departures"
    CLOSED = "closed"


class Thread(StrEnum):
    """Which mails a mail program shows as one conversation."""

    RUN = "run"  # each digest by itself, under its own subject
    SERIES = "series"  # every digest of one reader, under one subject


class OnUnknown(StrEnum):
    """What happens to a message that may have been accepted, if the receiver cannot be asked."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Names instants. `kind` is cron (`expression`, evaluated on the wall clock of `zone`), every (`seconds` of elapsed
    time, counted from the Unix epoch or from `start`), or event, which names none. The range is half open: slots lie at
    or after `start` and before `end`. A cron has no slot on a public holiday of the calendar `holidays` (such as DE-BE;
    empty for none).
    """

    kind: str
    zone: str
    expression: str = ""
    seconds: int = 0
    start: datetime | None = None
    end: datetime | None = None
    holidays: str = ""


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """Events of a connection that cause a run. `name`: "object.action", as the service has them. `filter`: a condition
    on the event, empty for none. `debounce`: seconds from the first event to the run, which stands for all of them.
    """

    connection: str
    name: str
    filter: str = ""
    debounce: int = 300


@dataclass(frozen=True, slots=True)
class Show:
    """Chooses only what is displayed: `order_by` a column, with a leading minus for descending; `tables` of the answer
    and `columns` of a table, by name and in this order (none named: as the query's source says).
    """

    order_by: str | None = None
    limit: int | None = None
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a report. `source` names a connection. `params` are the API's own and are checked when the
    definition is read.

    `compare`: a comparison (previous, same-days-last-week, …, or a window), None for none. `as_written`: ranges stay in
    `params` under the API's names and are not resolved. `share_for`: the greatest age, in seconds, of an answer that
    another run fetched. `name`: what readers call it, "" for the service's word.
    """

    id: str
    source: str
    query: str
    window: WindowSpec | None = None
    compare: WindowSpec | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    follow: Follow = Follow.NONE
    follow_limit: int = 200
    show: Show = Show()
    watch: tuple[str, ...] = ()
    as_written: bool = False
    share_for: int = SHARE_FOR
    name: str = ""


class Each(StrEnum):
    """For whom an entry without an address makes a digest each."""

    OWNER = "owner"  # who owns rows, or owned them when last told
    MANAGER = "manager"  # who manages such owners, directly or not, as `people` of the project says


@dataclass(frozen=True, slots=True)
class Subscription:
    """An entry of `to:`: who gets the digest, and through which channel. `address` is normalised; it is None for a
    webhook.

    `template`, `locale` and `zone` are filled from `digest` and `defaults` when the definition is read. `rows` is a
    condition on the rows that this reader sees; empty for all. `team_totals`: what has no rows of its own is shown too.
    `each`: one reader for every owner of rows, and `address` is None; rows of owners without an address go to
    `unassigned`.
    `quiet_hours`: when nothing is sent, in `zone`; `days`: the weekdays on which something is (Monday is 0).
    `skip_if_empty`: a digest with nothing to show is not sent. `uncapped`: no cap holds its digests.
    `alerts`: of a subscription to alerts, which gets no digests.
    `cc`: who gets a copy of every mail to `address`, normalised. `reply_to`: where answers go, as a header has it;
    empty for what the channel says.
    """

    id: str
    channel: str
    address: str | None
    template: str
    locale: str
    zone: str
    send: Send = Send.ALWAYS
    attach: tuple[str, ...] = ()
    on_unknown: OnUnknown = OnUnknown.RESEND
    rows: str = ""
    team_totals: bool = False
    each: Each | None = None
    unassigned: str | None = None
    quiet_hours: QuietHours | None = None
    skip_if_empty: bool = False
    thread: Thread = Thread.RUN
    days: tuple[int, ...] = EVERY_DAY
    collect: Collect = Collect.NONE
    uncapped: bool = False
    alerts: AlertFilter | None = None
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()

    @property
    def not_sent(self) -> QuietHours | None:
        """When nothing is sent, by `quiet_hours` and `days`: both hold. None if it may be sent at any time."""
        return within_days(self.quiet_hours, self.days)


@dataclass(frozen=True, slots=True)
class Retention:
    """Seconds for which a schedule's runs are kept: `all` for every run, `daily` for one run a day."""

    all: int = 35 * 86_400
    daily: int = 400 * 86_400


@dataclass(frozen=True, slots=True)
class Timing:
    """When a schedule is due, and what happens to slots that are late. A clock keeps this much of each schedule, so
    that it can hold very many.

    `grace`: seconds after the due instant that still count as on time. `within`: a run's deadline, in seconds after it
    starts (None: the earlier of the next slot and 1800). `spread`: seconds over which due instants are distributed
    (domain.due.spread). `event`: events that cause a run too, beside the slots of `trigger`.
    """

    trigger: Trigger
    catch_up: CatchUp = CatchUp.LATEST
    grace: int = 60
    within: int | None = None
    spread: int = 0
    paused: bool = False
    retention: Retention = Retention()
    event: EventTrigger | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Timing):
    """One YAML file. `bridge`: the list whose change is explained. `key`: the query whose figure is at the top of the
    digest (None: the bridge, else what the sources of the queries say). `previously`: the id of the schedule whose
    history this one carries on. `notify`: entries that get notifications of `alerts` and no digests. `owner`: the
    person or the team that is responsible for it, as text for people; nothing is sent there. `tags`: words by which
    people find it.
    """

    id: str
    name: str
    report: tuple[Query, ...]
    to: tuple[Subscription, ...] = ()
    bridge: str | None = None
    key: str | None = None
    template: str = "pipeline"
    previously: str | None = None
    alerts: tuple[Rule, ...] = ()
    inhibit: tuple[Inhibition, ...] = ()
    notify: tuple[Subscription, ...] = ()
    owner: str = ""
    tags: tuple[str, ...] = ()

    def only_alerts(self, entry: Subscription) -> bool:
        """Whether an entry, or a subscription made at run time, gets no digests."""
        return entry.alerts is not None or any(one.id == entry.id for one in self.notify)

    @property
    def entries(self) -> tuple[Subscription, ...]:
        """Those of `to` and those of `notify`. Their ids differ."""
        return (*self.to, *self.notify)

    def item(self, query_id: str) -> Query:
        return next(item for item in self.report if item.id == query_id)


@dataclass(frozen=True, slots=True)
class Connection:
    """`options` as written. Secrets stay references (`${NAME}`, `${file:PATH}`) and never become values."""

    name: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """Like Connection, for a channel. An option below another is named "<key>.<option>". `look_every`: seconds between
    two looks into the mailbox that its bounces come to; None if it has none.
    """

    name: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)
    look_every: int | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """`operator`: one address, or several operators; the first one that can be reached is notified."""

    timezone: str = "UTC"
    locale: str = "en_GB"
    week_start: str = "monday"
    fiscal_year_start: str = "01-01"
    operator: str | tuple[Operator, ...] | None = None
    cap: Cap | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        if isinstance(self.operator, str):
            return (Operator(self.operator),)
        return self.operator or ()


@dataclass(frozen=True, slots=True)
class Person:
    """An owner of rows. `addresses`: by a channel's name or its type.
    `manager`: another owner's id. `may`: what this person may do in a chat, beside what concerns the own address.
    `locale`: of answers in a chat; empty for the project's.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    manager: str | None = None
    may: tuple[TokenScope, ...] = ()
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a run needs from the project's files. A bundle is immutable and content-addressed; a deployment
    pins one.

    `templates`: the project's own, by path below templates/. The templates that Funnelbeat ships belong to its version.
    `languages`: the project's own words, language ("fr") → key → text. `allow`: patterns that the address of a
    subscription must match (domain.subscription.is_allowed). `allow_written`: they are of `subscriptions.allow`, so
    that they count for definitions too; otherwise they are the addresses of the definitions. `shared_addresses`: read
    by several people. `web`: where readers reach this project's pages, without a slash at the end; empty if there are
    none. `console`: the console is reached there too. `heartbeat` and `webhooks`: what is called besides channels.
    `brand`: the brand that messages show.
    """

    project: str
    defaults: Defaults
    connections: Mapping[str, Connection]
    channels: Mapping[str, ChannelSpec]
    schedules: Mapping[str, Schedule]
    templates: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    allow_written: bool = False
    shared_addresses: tuple[str, ...] = ()
    web: str = ""
    console: bool = False
    heartbeat: HeartbeatUrl | None = None
    webhooks: Mapping[str, EventWebhook] = field(default_factory=dict)
    brand: Brand = NO_BRAND
