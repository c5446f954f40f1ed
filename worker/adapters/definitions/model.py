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
    defaults: Keys = Field(default_factory=dict, description="Default values for schedules and entries.")
    fiscal_year_start: Text = Field(default="", description="MM-DD; default: 01-01.")
    people: Keys = Field(default_factory=dict, description="Owners of deals by their id: addresses and a manager.")
    subscriptions: Keys = Field(
        default_factory=dict, description="Which addresses subscriptions may reach: {allow: [acme.example]}."
    )
    shared_addresses: Names = Field(
        default=(), description="Addresses that several people read: their mails have no links."
    )
    web: Keys = Field(default_factory=dict, description="Where readers find their pages: {base_url: https://…}.")
    targets: Keys = Field(default_factory=dict, description="What differs in a target, such as dev, by its name.")
    heartbeat_url: Any = Field(
        default=None, description="Called while the clock ticks: a URL, or {url, every, private}; a secret."
    )
    webhooks: Keys = Field(default_factory=dict, description="URLs to which events are sent, by a name of your own.")
    brand: Keys = Field(
        default_factory=dict, description="The sender as messages show it: a name, colours, an imprint."
    )


class BrandShape(Shape):
    title = "brand"

    logo_text: Text = Field(default="", description="A name above every message, on one line.")
    colours: Keys = Field(
        default_factory=dict, description="The background of the name and of buttons: {light, dark}; both or none."
    )
    footer: Text = Field(default="", description="Lines below every message.")
    imprint: Any = Field(default="", description="Who is responsible for the messages: text, or {text, url}.")


class BrandColoursShape(Shape):
    title = "colours"

    light: Keys = Field(default_factory=dict, description="In light mode: {accent, accent_text}.")
    dark: Keys = Field(default_factory=dict, description="In dark mode: {accent, accent_text}.")


class BrandPairShape(Shape):
    title = "a pair of colours"

    accent: Any = Field(description='A background, such as "#0B5394": contrast of 4.5:1 or more to the message.')
    accent_text: Any = Field(description='The text on it, such as "#FFFFFF": contrast of 4.5:1 or more.')


class ImprintShape(Shape):
    title = "imprint"

    text: Text = Field(default="", description="Name and address, on several lines.")
    url: Text = Field(default="", description="A page with the full imprint, https://.")


class TargetShape(Shape):
    title = "a target"

    project: Text = Field(default="", description="The target's own project, with its own keys in Redis.")
    connections: Keys = Field(
        default_factory=dict, description="As above; one with a type replaces the other as a whole."
    )
    channels: Keys = Field(default_factory=dict, description="As above; one with a type replaces the other as a whole.")
    defaults: Keys = Field(default_factory=dict, description="Keys that differ.")
    people: Keys = Field(default_factory=dict, description="Keys that differ.")
    subscriptions: Keys = Field(default_factory=dict, description="Keys that differ.")
    web: Keys = Field(default_factory=dict, description="Keys that differ.")
    heartbeat_url: Any = Field(default=None, description="Its own; without it, a target with readers has none.")
    webhooks: Keys = Field(default_factory=dict, description="Its own; without it, a target with readers has none.")
    readers: Any = Field(default=None, description="Who gets every message instead of all readers: {channel, address}.")


class SoleReaderShape(Shape):
    title = "readers"

    channel: Text = Field(description="A channel.")
    address: Text = Field(default="", description="An address of the channel.")


class HeartbeatShape(Shape):
    title = "heartbeat_url"

    url: Text = Field(description="https://, or http:// to 127.0.0.1; a secret.")
    every: Text = Field(default="", description="How often it is called: 10s to 1h; default: 1m.")
    private: Text = Field(default="", description="`allowed`: the host may have an address in a private network.")


class WebhookShape(Shape):
    title = "a webhook"

    url: Text = Field(description="Where events are POSTed: https://, or http:// to 127.0.0.1; a secret.")
    secret: Text = Field(description="whsec_… that signs each event.")
    secret_previous: Text = Field(default="", description="Also signs, while the receiver changes to `secret`.")
    authorization: Text = Field(default="", description="The value of the header Authorization; a secret.")
    private: Text = Field(default="", description="`allowed`: the host may have an address in a private network.")
    events: Names = Field(description='Which events, such as run_ended.failed; "*" for all.')


class SubscriptionsShape(Shape):
    title = "subscriptions"

    allow: SomeNames = Field(description='Domains, addresses, and channels with a pattern such as "slack:*".')


class WebShape(Shape):
    title = "web"

    base_url: Text = Field(description="The address of `funnelbeat web` as readers reach it, https://.")
    console: _Flag = Field(default=False, description="The console is reached there too: digests link to their run.")


class DefaultsShape(Shape):
    title = "defaults"
    later = ("retention", "within", "grace")

    timezone: Text = Field(default="", description="An IANA zone, such as Europe/Berlin; default: UTC.")
    locale: Text = Field(default="", description="language_TERRITORY, such as en_GB.")
    week_start: Text = Field(default="", description="The weekday on which weeks start; default: monday.")
    fiscal_year_start: Text = Field(default="", description="MM-DD; default: 01-01.")
    operator: Any = Field(
        default="",
        description="Who is notified of failures: an address, `{channel, address}`, or a list of these.",
    )
    template: Text = Field(default="", description="Template family; default: pipeline.")
    send: _Send = Field(default=None, description="always (default) or on_change.")
    on_unknown: _OnUnknown = Field(default=None, description="resend (default) or hold.")
    quiet_hours: Any = Field(default=None, description="When nothing is sent: {from, to, days, holidays}.")
    cap: CapKeys | None = Field(default=None, description="The most messages to one address: {messages: 5, per: 1d}.")
    skip_if_empty: _OptionalFlag = Field(default=None, description="true: a digest with nothing to show is not sent.")
    thread: _Thread = Field(default=None, description="run (default) or series.")


class CapShape(Shape):
    title = "cap"

    messages: Whole = Field(description="How many messages one address gets in a period, over all schedules.")
    per: Text = Field(description="The length of a period, which begins with its first message, such as 1d.")


class QuietShape(Shape):
    title = "quiet_hours"

    begins: Text = Field(default="", alias="from", description="Nothing is sent from this time on, such as 19:00.")
    ends: Text = Field(default="", alias="to", description="From this time on messages are sent again, such as 08:00.")
    days: SomeNames = Field(
        default=(), description="The weekdays on which messages are sent, such as MON-FRI; default: all."
    )
    holidays: Text = Field(default="", description="The place on whose public holidays nothing is sent: DE, or DE-BE.")


class ScheduleShape(Shape):
    title = "a schedule"

    extends: Text = Field(
        default="", description="A file below pieces/ whose keys this schedule takes, such as base.yaml."
    )
    name: Text = Field(default="", description="The name that messages show; default: the schedule's id.")
    owner: Text = Field(
        default="", description="Who is responsible for it: a name or an address. Nothing is sent there."
    )
    tags: Names = Field(default=(), description="Words by which lists find it, such as [sales, weekly].")
    when: TriggerKeys = Field(description="What fires it: cron, every or event.")
    report: Items = Field(description="The queries, at least one.")
    digest: Keys = Field(default_factory=dict, description="How the message is made; defaults for every entry.")
    to: Items = Field(default_factory=list, description="Who gets it, through which channel.")
    alerts: Items = Field(
        default_factory=list, description="Rules on the answers: who is notified when a condition is true."
    )
    inhibit: Items = Field(default_factory=list, description="Rules that mute other rules: {source, target, equal}.")
    within: Text = Field(default="", description="A run's deadline after its slot, such as 30m.")
    grace: Text = Field(default="", description="How late a slot may run and count as on time, such as 60s.")
    spread: Text = Field(
        default="", description="Delays runs by less than this time, such as 10m; by the schedule's id."
    )
    start: Text = Field(default="", description="The first instant at which it may fire; every counts from it.")
    end: Text = Field(default="", description="From this instant on it no longer fires.")
    paused: _Flag = Field(default=False, description="true: it does not fire; slots that come meanwhile are missed.")
    previously: Text = Field(default="", description="The id that it had before a rename; its history continues.")
    retention: RetentionKeys = Field(
        default_factory=dict, description="How long runs are kept: {all: 35d, daily: 400d}."
    )


class RetentionShape(Shape):
    title = "retention"

    all: Text = Field(default="", description="How long every run is kept; default: 35d.")
    daily: Text = Field(default="", description="How long one run of each day is kept; default: 400d.")


class WhenShape(Shape):
    title = "when"
    above = ("spread", "start", "end", "grace", "within", "paused")

    cron: Text = Field(default="", description='Five fields, such as "0 9 * * MON" or "0 9 LW * *"; or @daily.')
    every: Text = Field(default="", description="Elapsed time of less than a day, such as 15m.")
    event: Text = Field(default="", description="CONNECTION.OBJECT.ACTION, such as close.opportunity.updated.")
    filter: Text = Field(default="", description="Which events count: event.changed.contains('status_id').")
    debounce: Text = Field(default="", description="Time from the first event to the run for all events; default: 5m.")
    timezone: Text = Field(default="", description="An IANA zone; default: that of defaults.")
    holidays: Text = Field(default="", description="The place whose public holidays a cron leaves out: DE, or DE-BE.")
    catch_up: _CatchUp = Field(default=CatchUp.LATEST, description="none, latest (default) or all.")


class ItemShape(Shape):
    title = "an item of report"

    id: Text = Field(description="Names the query within its schedule; no reader sees it.")
    name: Text = Field(default="", description="Its name in messages; default: the service's word for such a query.")
    source: Text = Field(description="A connection.")
    query: Text = Field(description="A query that the connection's type offers.")
    window: Any = Field(default="", description="A window's name, or {start, end}; for windowed queries only.")
    compare: Any = Field(default="", description="What the window is compared with; default: none.")
    params: Keys = Field(default_factory=dict, description="The service's own parameters under their own names.")
    follow: _Follow = Field(default=None, description="How much a list finds out about rows that left it.")
    follow_limit: Whole = Field(default=200, description="The most look-ups by id in one run.")
    show: Keys = Field(default_factory=dict, description="What is displayed: order_by, limit, tables, columns.")
    watch: SomeNames = Field(
        default=(), description="The columns whose changes count, instead of the significant ones."
    )
    share_for: Text = Field(
        default="", description="How old an answer of another run may be to be used again; default: 5m."
    )
    ranges: Text = Field(default="", description="as_written: ranges in params are sent as they are written.")


class ShowShape(Shape):
    title = "show"

    order_by: Text = Field(default="", description="A column; a leading minus sorts it descending.")
    limit: Annotated[int | None, BeforeValidator(whole)] = Field(
        default=None, description="The most rows that are shown."
    )
    tables: SomeNames = Field(default=(), description="The answer's tables that are printed, by name.")
    columns: SomeNames = Field(
        default=(), description="A table's columns: the first text column names the row, two numbers follow."
    )


class ReaderShape(Shape):
    """Keys that a digest and an entry share."""

    template: Text = Field(default="", description="Template family.")
    locale: Text = Field(default="", description="language_TERRITORY, such as en_GB.")
    timezone: Text = Field(default="", description="An IANA zone for the times in the message.")
    send: _Send = Field(default=None, description="always, on_change, or on_alert.")
    attach: Names | None = Field(default=None, description="Queries whose files from the service are attached.")
    on_unknown: _OnUnknown = Field(default=None, description="resend or hold.")
    rows: Text = Field(default="", description="A condition on the deals that are shown, such as row.value >= 50000.")
    thread: _Thread = Field(default=None, description="series: all digests of a reader are one conversation; or run.")
    team_totals: _OptionalFlag = Field(
        default=None, description="true: with `rows`, also show figures that count all deals."
    )
    quiet_hours: Any = Field(default=None, description="When nothing is sent: {from, to, days, holidays}, or none.")
    days: SomeNames = Field(
        default=(), description="The weekdays on which messages are sent, such as MON-FRI; default: all."
    )
    collect: _Collect = Field(
        default=None, description="daily or weekly: digests are collected and sent as one at 08:00."
    )
    cap: Any = Field(default="", description="none: the cap of `defaults` does not apply to its digests.")
    skip_if_empty: _OptionalFlag = Field(default=None, description="true: a digest with nothing to show is not sent.")
    reply_to: SomeNames = Field(
        default=(), description="Where replies to a mail go: Sales <sales@acme.example>, or several."
    )


class DigestShape(ReaderShape):
    title = "digest"

    bridge: Text = Field(default="", description="The list whose change of value is explained.")
    key: Text = Field(
        default="", description="The query whose figure is at the top of the digest; default: the bridge's list."
    )


class EntryShape(ReaderShape):
    title = "an entry of to"

    id: Text = Field(default="", description="Names the entry within its schedule; default: channel:address.")
    channel: Text = Field(description="A channel.")
    address: Names = Field(
        default=(),
        description="Where the channel sends it. Each of several addresses is a separate reader with its own message.",
    )
    cc: SomeNames = Field(default=(), description="Who gets a copy of the same mail, in its header Cc.")
    each: Any = Field(default="", description="owner: a digest for each owner of deals; {by: owner, manager: people}.")
    unassigned: Text = Field(default="", description="Who gets the deals of owners without an address.")


class OperatorShape(Shape):
    title = "an operator"

    channel: Text = Field(description="A channel of this file.")
    address: Text = Field(default="", description="An address of the channel; none if the channel needs no address.")


class EachShape(Shape):
    title = "each"

    by: Text = Field(description="owner.")
    manager: Text = Field(description="people: a digest for each manager whom `people` names.")
