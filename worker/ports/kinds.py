"""What a kind of source offers. Definitions are checked against it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from worker.domain.expression import Columns
from worker.domain.snapshot.notes import NoteKind
from worker.domain.snapshot.presentation import EVERYTHING_PRINTED, Presentation
from worker.domain.snapshot.scope import EVERYTHING, Scope
from worker.domain.snapshot.snapshot import Column
from worker.domain.snapshot.traits import QueryTraits
from worker.ports.endpoints import Endpoint
from worker.ports.init_forms import FirstSchedule, InitForm
from worker.ports.quota import Quota
from worker.ports.source_events import WEBHOOK_SECRET, EventContract
from worker.ports.sources import Source
from worker.ports.tokens import Renewal


class ParamKind(StrEnum):
    """The shape of a parameter in YAML."""

    TEXT = "text"
    ID = "id"
    INT = "int"
    BOOL = "bool"
    CHOICE = "choice"  # one of `choices`
    CHOICES = "choices"  # a list, or comma-separated text, of `choices` (of any values if there are no choices)
    RANGE = "range"  # {start, end}, ISO 8601
    INSTANT = "instant"  # a date or an instant, ISO 8601, or a window's name
    OBJECT = "object"
    LIST = "list"  # of texts or mappings; the query's rules check what they hold


@dataclass(frozen=True, slots=True)
class Param:
    """`note`: one clause for the generated reference. `spans`: the parameter is the start or the end of the range that
    a windowed query needs. `cuts`: it cuts a list, which is then never compared.
    """

    name: str
    kind: ParamKind
    choices: tuple[str, ...] = ()
    required: bool = False
    note: str = ""
    spans: bool = False
    cuts: bool = False


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A broken rule between parameters. `path`: the offending key below the item (("params", "compared_relative_range")
    or ("window",)). `warns`: the definition works, but perhaps not as its author expects.
    """

    path: tuple[str, ...]
    found: str
    expected: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """How a definition uses a query; the query's rules check this. `ranges` is "" or "as_written"."""

    params: Mapping[str, Any]
    window: str | None
    compare: str | None
    follow: str | None
    ranges: str


@dataclass(frozen=True, slots=True)
class Price:
    """What one answer costs: requests, and tokens of a day (0 if the service counts none). `page`: the rows that one
    request of a list brings, so that both are the price of a page; 0 for anything but a list. `more`: this is the
    minimum, and the rest depends on what the account holds. `shared`: rows of a page that the page before brings too.
    `file`: requests for the file that `attach` asks for.
    """

    requests: int = 1
    tokens: int = 0
    page: int = 0
    more: bool = False
    shared: int = 0
    file: int = 0

    def pages(self, rows: int | None) -> int:
        """Pages of a list with that many rows. It is 1 for anything but a list, and for a list of unknown length
        (None).
        """
        if not self.page or rows is None or rows <= self.page:
            return 1
        return 1 + -(-(rows - self.page) // (self.page - self.shared))


@dataclass(frozen=True, slots=True)
class KeptNames:
    """The names behind the ids, which a source reads beside every question and keeps for `kept` seconds."""

    requests: int = 0
    tokens: int = 0
    kept: float = 0.0


AnswerTables = Mapping[str, tuple[str, ...]]
"""Ids of tables, with the names of their columns."""


def columns_of(tables: Mapping[str, Iterable[Column]]) -> AnswerTables:
    return {name: tuple(column.name for column in columns) for name, columns in tables.items()}


@dataclass(frozen=True, slots=True)
class QuerySpec:
    """`windowed`: the answer belongs to a window; otherwise it is the state at the time of reading. `lists`: the answer
    has members, so that `follow` and `show` make sense. `rules`: relations between parameters that their kinds cannot
    express. `default_follow`: for a definition without `follow`. `price`: of an answer when no like answer was read
    before; it may depend on the parameters. `names`: what is read beside the answer.

    The rest is what a digest must know. `lists_opportunities`: the members are opportunities with the columns of
    domain.snapshot.opportunity, so that the list has a total and may have a bridge. `stalled`: only those that stall,
    always or for some parameters. `conditions`: which rows the parameters ask for. `per_person`: ids of tables with a
    row for each person. `counts`: what the stages of the funnel count ("deals", "visitors"); the column's head is the
    word "<counts>_head". It is empty for a query without a funnel. `presentation`: what leads, which facts follow, and
    how the tables are printed. `tables`: the tables that an answer may have beside a funnel, by id with the names of
    their columns, so that `show` is checked; empty where nobody knows them before the answer.

    `measures`: what each holds, by dotted key ("total.count"), and `rule_tables`: the columns of tables beside a list
    of opportunities, by id. Alert rules are checked against them. None if an answer decides them.
    """

    name: str
    summary: str
    windowed: bool
    params: tuple[Param, ...]
    lists: bool = False
    rules: Callable[[Use], tuple[RuleViolation, ...]] = lambda _use: ()
    default_follow: Callable[[Use], str] = lambda _use: "none"
    price: Price | Callable[[Mapping[str, Any]], Price] = Price()
    names: KeptNames = KeptNames()
    lists_opportunities: bool = False
    stalled: bool | Callable[[Mapping[str, Any]], bool] = False
    counts: str = ""
    conditions: Callable[[Mapping[str, Any]], Scope] = lambda _params: EVERYTHING
    per_person: frozenset[str] = frozenset()
    presentation: Presentation | Callable[[Mapping[str, Any]], Presentation] = EVERYTHING_PRINTED
    tables: AnswerTables | Callable[[Mapping[str, Any]], AnswerTables] = field(default_factory=dict)
    measures: Columns | None = None
    rule_tables: Mapping[str, tuple[Column, ...]] | None = None

    def price_of(self, params: Mapping[str, Any]) -> Price:
        """The price for a definition's parameters."""
        return self.price(params) if callable(self.price) else self.price

    def tables_of(self, params: Mapping[str, Any]) -> AnswerTables:
        """The tables for a definition's parameters."""
        return self.tables(params) if callable(self.tables) else self.tables

    def traits(self, params: Mapping[str, Any]) -> QueryTraits:
        """The traits for a definition's parameters."""
        return QueryTraits(
            lists_opportunities=self.lists_opportunities,
            stalled=self.stalled(params) if callable(self.stalled) else self.stalled,
            scope=self.conditions(params),
            per_person=self.per_person,
            presentation=self.presentation(params) if callable(self.presentation) else self.presentation,
        )


@dataclass(frozen=True, slots=True)
class Option:
    """One key of a connection or channel. `secret`: its value may (and should) be a reference, and is never printed.
    `required`: in a group, where the group is written. `group`: the options of a mapping below this key; in the
    options that a kind is given, they are named "<name>.<option>". `inbound`: with it something is read or listened
    to that comes in for all of the account's users. A target with a test reader has it only where it names it itself.
    `directory`: it names a directory of the host, in which this kind writes. A draft that comes through the network may
    name only what the operator allows. `mistaken`: of a value that is certainly of another kind, what it is and what
    is expected, without the value; None for any other.
    """

    name: str
    secret: bool = False
    required: bool = False
    note: str = ""
    group: "tuple[Option, ...]" = ()
    inbound: bool = False
    directory: bool = False
    mistaken: Callable[[str], tuple[str, str] | None] | None = None


TLS = Option("tls", note="`never`: base_url may be http:// to another machine; the key or password is sent unencrypted")


def webhook_option(events: EventContract) -> Option:
    return Option(WEBHOOK_SECRET, secret=True, note=f"events are verified with it: {events.secret}")


def without_tls(options: Mapping[str, str]) -> bool:
    """Whether a connection may use http:// to another machine, because its definition says so."""
    return options.get(TLS.name) == "never"


def required_with(*names: str) -> Callable[[Mapping[str, str]], tuple[RuleViolation, ...]]:
    """A check of options: if the first of `names` is written, the others are required."""

    def faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
        if names[0] not in options:
            return ()
        absent = [name for name in names[1:] if name not in options]
        return tuple(
            RuleViolation((names[0],), f"`{names[0]}` without `{name}`", f"write `{name}` too") for name in absent
        )

    return faults


class OpenSource(Protocol):
    """Makes a source. `options`: secrets are resolved. `clock`: returns UTC. `quota`: the budget that other processes
    share, if there is one. `renewal`: how an expired token is replaced.

    Raises RequestError for options that cannot be used. Its text holds no secret.
    """

    def __call__(
        self,
        options: Mapping[str, str],
        *,
        clock: Callable[[], datetime],
        quota: Quota | None = None,
        renewal: Renewal | None = None,
    ) -> Source: ...


@dataclass(frozen=True, slots=True)
class StandIn:
    """A type of connection that needs no account. `options`: the options of the sandbox's stand-in, except its address,
    `base_url`.
    """

    type: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One service that a connection can use, with everything that Funnelbeat knows about it.

    `one_of`: groups of options of which exactly one must be written. `faults`: what else is wrong with the options;
    secrets are still references there. `catalogue`: what `source` lists of an account, if the source is a Catalog.
    `words`: words of this service alone, by language and key. If another service or Funnelbeat itself has the same key,
    the text must be the same. `example`: a connection as a mapping in YAML, on one line, that a new project shows in a
    comment. `endpoints`: the service's endpoints that it uses, for the reference. `notes`: the kinds of what it may say
    beside an answer; each has words in every language of `words`. `events`: what it posts to /hooks/CONNECTION.
    """

    type: str
    options: tuple[Option, ...]
    queries: Mapping[str, QuerySpec]
    open: OpenSource
    one_of: tuple[tuple[str, ...], ...] = ()
    faults: Callable[[Mapping[str, str]], tuple[RuleViolation, ...]] = lambda _options: ()
    catalogue: tuple[str, ...] = ()
    ask_for_init: InitForm | None = None
    first_schedules: tuple[FirstSchedule, ...] = ()
    stand_in: StandIn | None = None
    example: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[NoteKind, ...] = ()
    events: EventContract | None = None
