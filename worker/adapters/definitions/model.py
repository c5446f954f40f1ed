"""The shapes of the two kinds of file, in pieces, so that an error in one piece does not hide errors in another.

A missing key has an empty default; a key without a value is a complaint. `later` holds words that a later version will
accept; they are refused by name.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from worker.adapters.definitions.fields import (
    CapKeys,
    Items,
    Keys,
    Names,
    RetentionKeys,
    SomeNames,
    Text,
    TriggerKeys,
    Whole,
    flag,
    one_of,
    whole,
)
from worker.domain.schedule import CatchUp, Collect, Follow, OnUnknown, Send, Thread

_Send = Annotated[Send | None, BeforeValidator(one_of(Send))]
_OnUnknown = Annotated[OnUnknown | None, BeforeValidator(one_of(OnUnknown))]
_Thread = Annotated[Thread | None, BeforeValidator(one_of(Thread))]
_Collect = Annotated[Collect | None, BeforeValidator(one_of(Collect))]
_Follow = Annotated[Follow | None, BeforeValidator(one_of(Follow))]
_CatchUp = Annotated[CatchUp, BeforeValidator(one_of(CatchUp))]
_Flag = Annotated[bool, BeforeValidator(flag)]
_OptionalFlag = Annotated[bool | None, BeforeValidator(flag)]


class Shape(BaseModel):
    """`title`: the piece's name in complaints. `above`: keys that belong one level up."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    title: ClassVar[str]
    later: ClassVar[tuple[str, ...]] = ()
    above: ClassVar[tuple[str, ...]] = ()

    def has(self, key: str) -> bool:
        return key in self.model_fields_set

    @classmethod
    def keys(cls) -> dict[str, FieldInfo]:
        """The keys as they are written."""
        return {info.alias or name: info for name, info in cls.model_fields.items()}


class ProjectShape(Shape):
    title = "funnelbeat.yaml"
    later = ("retention",)

    project: Text = Field(description="Prefixes every key in Redis. Lower-case letters, digits and hyphens.")
    connections: Keys = Field(default_factory=dict, description="Accounts at services, by a name of your own.")
    channels: Keys = Field(default_factory=dict, description="Ways to send, by a name of your own.")
    defaults: Keys = Field(default_factory=dict, description="What schedules and entries take unless they say.")
    fiscal_year_start: Text = Field(default="", description="MM-DD; 01-01 unless given.")
    people: Keys = Field(default_factory=dict, description="Owners of deals by their id: addresses and a manager.")
    subscriptions: Keys = Field(
        default_factory=dict, description="Whom subscriptions may reach: {allow: [acme.example]}."
    )
    shared_addresses: Names = Field(
        default=(), description="Addresses that several people read: nobody unsubscribes them."
    )
    web: Keys = Field(default_factory=dict, description="Where readers reach their pages: {base_url: https://…}.")
    targets: Keys = Field(default_factory=dict, description="What is otherwise for a target, such as dev, by its name.")
    heartbeat_url: Any = Field(
        default=None, description="Called while the clock ticks: a URL, or {url, every, private}; a secret."
    )
    webhooks: Keys = Field(default_factory=dict, description="URLs that are told of events, by a name of your own.")
    brand: Keys = Field(default_factory=dict, description="Whose messages these are: a name, colours, an imprint.")


class BrandShape(Shape):
    title = "brand"

    logo_text: Text = Field(default="", description="A name above every message, on one line.")
    colours: Keys = Field(
        default_factory=dict, description="Those of the name's ground and of buttons: {light, dark}; both or none."
    )
    footer: Text = Field(default="", description="Lines below every message.")
    imprint: Any = Field(default="", description="Who answers for the messages: text, or {text, url}.")


class BrandColoursShape(Shape):
    title = "colours"

    light: Keys = Field(default_factory=dict, description="By day: {accent, accent_text}.")
    dark: Keys = Field(default_factory=dict, description="By night: {accent, accent_text}.")


class BrandPairShape(Shape):
    title = "a pair of colours"

    accent: Any = Field(description='A ground, as "#0B5394": 4.5:1 or more beside that of the message.')
    accent_text: Any = Field(description='What is written on it, as "#FFFFFF": 4.5:1 or more.')


class ImprintShape(Shape):
    title = "imprint"

    text: Text = Field(default="", description="Name and address, on several lines.")
    url: Text = Field(default="", description="A page with more of it, https://.")


class TargetShape(Shape):
    title = "a target"

    project: Text = Field(default="", description="The target's own project: its keys in Redis, apart from the others.")
    connections: Keys = Field(default_factory=dict, description="As above; one with a type replaces the other whole.")
    channels: Keys = Field(default_factory=dict, description="As above; one with a type replaces the other whole.")
    defaults: Keys = Field(default_factory=dict, description="Keys that are otherwise.")
    people: Keys = Field(default_factory=dict, description="Keys that are otherwise.")
    subscriptions: Keys = Field(default_factory=dict, description="Keys that are otherwise.")
    web: Keys = Field(default_factory=dict, description="Keys that are otherwise.")
    heartbeat_url: Any = Field(default=None, description="Its own; a target with readers has none otherwise.")
    webhooks: Keys = Field(default_factory=dict, description="Its own; a target with readers has none otherwise.")
    readers: Any = Field(
        default=None, description="Who gets every message in place of all readers: {channel, address}."
    )


class SoleReaderShape(Shape):
    title = "readers"

    channel: Text = Field(description="A channel.")
    address: Text = Field(default="", description="As the channel takes it.")


class HeartbeatShape(Shape):
    title = "heartbeat_url"

    url: Text = Field(description="https://, or http:// to 127.0.0.1; a secret.")
    every: Text = Field(default="", description="How often it is called: 10s to 1h; 1m unless given.")
    private: Text = Field(default="", description="`allowed`: the host may have an address in a private network.")


class WebhookShape(Shape):
    title = "a webhook"

    url: Text = Field(description="Where events are POSTed: https://, or http:// to 127.0.0.1; a secret.")
    secret: Text = Field(description="whsec_… that signs each event.")
    secret_previous: Text = Field(default="", description="Signs too, while the receiver changes to `secret`.")
    authorization: Text = Field(default="", description="The value of the header Authorization; a secret.")
    private: Text = Field(default="", description="`allowed`: the host may have an address in a private network.")
    events: Names = Field(description='Which events, such as run_ended.failed; "*" for all.')


class SubscriptionsShape(Shape):
    title = "subscriptions"

    allow: SomeNames = Field(description='Domains, addresses, and channels with a pattern such as "slack:*".')


class WebShape(Shape):
    title = "web"

    base_url: Text = Field(description="The address of `funnelbeat web` as readers reach it, https://.")


class DefaultsShape(Shape):
    title = "defaults"
    later = ("retention", "within", "grace")

    timezone: Text = Field(default="", description="An IANA zone, such as Europe/Berlin; UTC unless given.")
    locale: Text = Field(default="", description="language_TERRITORY, such as en_GB.")
    week_start: Text = Field(default="", description="The weekday on which weeks start; monday unless given.")
    fiscal_year_start: Text = Field(default="", description="MM-DD; 01-01 unless given.")
    operator: Any = Field(
        default="",
        description="Who is notified of what could not be done: an address, `{channel, address}`, or a list of these.",
    )
    template: Text = Field(default="", description="Template family; pipeline unless given.")
    send: _Send = Field(default=None, description="always (unless given) or on_change.")
    on_unknown: _OnUnknown = Field(default=None, description="resend (unless given) or hold.")
    quiet_hours: Any = Field(default=None, description="When nothing is sent: {from, to, days, holidays}.")
    cap: CapKeys | None = Field(default=None, description="Messages to one address, at most: {messages: 5, per: 1d}.")
    skip_if_empty: _OptionalFlag = Field(default=None, description="true: a digest with nothing to show is not sent.")
    thread: _Thread = Field(default=None, description="run (unless given) or series.")


class CapShape(Shape):
    title = "cap"

    messages: Whole = Field(description="How many messages one address gets in a period, over all schedules.")
    per: Text = Field(description="How long a period is from its first message on, such as 1d.")


class QuietShape(Shape):
    title = "quiet_hours"

    begins: Text = Field(default="", alias="from", description="Nothing is sent from this time on, such as 19:00.")
    ends: Text = Field(default="", alias="to", description="From this time on it is sent again, such as 08:00.")
    days: SomeNames = Field(
        default=(), description="The weekdays on which it is sent, such as MON-FRI; all unless given."
    )
    holidays: Text = Field(default="", description="Whose public holidays nothing is sent on: DE, or DE-BE.")


class ScheduleShape(Shape):
    title = "a schedule"

    extends: Text = Field(default="", description="A file below pieces/ whose keys this schedule takes, as base.yaml.")
    name: Text = Field(default="", description="What messages are headed with; the schedule's id unless given.")
    owner: Text = Field(default="", description="Who answers for it: a name or an address. Nothing is sent there.")
    tags: Names = Field(default=(), description="Words by which lists find it, such as [sales, weekly].")
    when: TriggerKeys = Field(description="What fires it: cron, every or event.")
    report: Items = Field(description="The queries, at least one.")
    digest: Keys = Field(default_factory=dict, description="How the message is made; defaults of every entry.")
    to: Items = Field(default_factory=list, description="Who gets it, through which channel.")
    alerts: Items = Field(
        default_factory=list, description="Rules over the answers: who is notified when a condition is true."
    )
    inhibit: Items = Field(default_factory=list, description="Rules that keep others quiet: {source, target, equal}.")
    within: Text = Field(default="", description="A run's deadline after its slot, such as 30m.")
    grace: Text = Field(default="", description="What still counts as on time, such as 60s.")
    spread: Text = Field(default="", description="Deals due instants over a time such as 10m, by the schedule's id.")
    start: Text = Field(default="", description="The first instant at which it may fire; every counts from it.")
    end: Text = Field(default="", description="From this instant on it does not fire any more.")
    paused: _Flag = Field(default=False, description="true: nothing fires; what is due meanwhile is missed.")
    previously: Text = Field(default="", description="The id that it had before a rename; its history is carried on.")
    retention: RetentionKeys = Field(
        default_factory=dict, description="How long runs are kept: {all: 35d, daily: 400d}."
    )


class RetentionShape(Shape):
    title = "retention"

    all: Text = Field(default="", description="How long every run is kept; 35d unless given.")
    daily: Text = Field(default="", description="How long one run of each day is kept; 400d unless given.")


class WhenShape(Shape):
    title = "when"
    above = ("spread", "start", "end", "grace", "within", "paused")

    cron: Text = Field(default="", description='Five fields, such as "0 9 * * MON" or "0 9 LW * *"; or @daily.')
    every: Text = Field(default="", description="Elapsed time under a day, such as 15m.")
    event: Text = Field(default="", description="CONNECTION.OBJECT.ACTION, such as close.opportunity.updated.")
    filter: Text = Field(default="", description="Which events count: event.changed.contains('status_id').")
    debounce: Text = Field(default="", description="From the first event to the run for all of them; 5m.")
    timezone: Text = Field(default="", description="An IANA zone; that of defaults unless given.")
    holidays: Text = Field(default="", description="Whose public holidays a cron leaves out: DE, or DE-BE.")
    catch_up: _CatchUp = Field(default=CatchUp.LATEST, description="none, latest (unless given) or all.")


class ItemShape(Shape):
    title = "an item of report"

    id: Text = Field(description="Names the query within its schedule; no reader sees it.")
    name: Text = Field(
        default="", description="What readers call it; the service's word for such a query unless given."
    )
    source: Text = Field(description="A connection.")
    query: Text = Field(description="A query that the connection's type offers.")
    window: Any = Field(default="", description="A window's name, or {start, end}; for windowed queries only.")
    compare: Any = Field(default="", description="What the window is compared with; none unless given.")
    params: Keys = Field(default_factory=dict, description="The service's own parameters under their own names.")
    follow: _Follow = Field(default=None, description="How far a list finds out what became of rows that left it.")
    follow_limit: Whole = Field(default=200, description="Look-ups by id in one run, at most.")
    show: Keys = Field(default_factory=dict, description="What is displayed: order_by, limit, tables, columns.")
    watch: SomeNames = Field(
        default=(), description="The columns whose changes count, instead of the significant ones."
    )
    share_for: Text = Field(default="", description="How old an answer may be that another run fetched; 5m.")
    ranges: Text = Field(default="", description="as_written: ranges in params are sent as they are written.")


class ShowShape(Shape):
    title = "show"

    order_by: Text = Field(default="", description="A column; a leading minus sorts it descending.")
    limit: Annotated[int | None, BeforeValidator(whole)] = Field(default=None, description="Rows shown, at most.")
    tables: SomeNames = Field(default=(), description="The answer's tables that are printed, by name.")
    columns: SomeNames = Field(
        default=(), description="A table's columns: the first text names a row, two numbers follow."
    )


class ReaderShape(Shape):
    """Keys that a digest and an entry share."""

    template: Text = Field(default="", description="Template family.")
    locale: Text = Field(default="", description="language_TERRITORY, such as en_GB.")
    timezone: Text = Field(default="", description="An IANA zone for the times in the message.")
    send: _Send = Field(default=None, description="always, on_change, or on_alert.")
    attach: Names | None = Field(default=None, description="Queries whose file from the service goes along.")
    on_unknown: _OnUnknown = Field(default=None, description="resend or hold.")
    rows: Text = Field(default="", description="A condition on the deals that are shown, such as row.value >= 50000.")
    thread: _Thread = Field(default=None, description="series: all digests of a reader are one conversation; or run.")
    team_totals: _OptionalFlag = Field(default=None, description="true: with `rows`, also what counts all deals.")
    quiet_hours: Any = Field(default=None, description="When nothing is sent: {from, to, days, holidays}, or none.")
    days: SomeNames = Field(
        default=(), description="The weekdays on which it is sent, such as MON-FRI; all unless given."
    )
    collect: _Collect = Field(default=None, description="daily or weekly: what is due is sent at 08:00 in one digest.")
    cap: Any = Field(default="", description="none: the cap of `defaults` does not hold its digests.")
    skip_if_empty: _OptionalFlag = Field(default=None, description="true: a digest with nothing to show is not sent.")
    reply_to: SomeNames = Field(
        default=(), description="Where answers to a mail go: Sales <sales@acme.example>, or several."
    )


class DigestShape(ReaderShape):
    title = "digest"

    bridge: Text = Field(default="", description="The list whose change of value is explained.")
    key: Text = Field(default="", description="The query whose figure heads the digest; the bridge's list without it.")


class EntryShape(ReaderShape):
    title = "an entry of to"

    id: Text = Field(default="", description="Names the entry within its schedule; channel:address unless given.")
    channel: Text = Field(description="A channel.")
    address: Names = Field(
        default=(),
        description="Where the channel sends it. Several: each is a reader of its own, with a message of its own.",
    )
    cc: SomeNames = Field(default=(), description="Who gets a copy of the same mail, in its header Cc.")
    each: Any = Field(default="", description="owner: a digest for each owner of deals; {by: owner, manager: people}.")
    unassigned: Text = Field(default="", description="Who gets the deals of owners without an address.")


class OperatorShape(Shape):
    title = "an operator"

    channel: Text = Field(description="A channel of this file.")
    address: Text = Field(default="", description="As the channel takes it; none for one with a place of its own.")


class EachShape(Shape):
    title = "each"

    by: Text = Field(description="owner.")
    manager: Text = Field(description="people: a digest for each manager whom `people` names.")
