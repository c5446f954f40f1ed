"""What a kind of connection or channel offers: the facts that a definition is checked against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from worker.domain.snapshot.scope import EVERYTHING, Scope
from worker.domain.snapshot.traits import QueryTraits
from worker.ports.quota import Quota
from worker.ports.sources import Source
from worker.ports.tokens import Renewal


class ParamKind(StrEnum):
    """The shape of a parameter in YAML."""

    TEXT = "text"
    ID = "id"
    INT = "int"
    BOOL = "bool"
    CHOICE = "choice"  # one of `choices`
    CHOICES = "choices"  # a list, or comma-separated text, of `choices` (of anything where they are empty)
    RANGE = "range"  # {start, end}, ISO 8601
    INSTANT = "instant"  # a date or an instant, ISO 8601, or a window's name
    OBJECT = "object"
    LIST = "list"  # of texts or mappings; what they may hold is for the query's rules to say


@dataclass(frozen=True, slots=True)
class Param:
    """`note`: one clause for the generated reference. `spans`: the parameter is the start or the end of the stretch of
    time that a windowed query needs.
    """

    name: str
    kind: ParamKind
    choices: tuple[str, ...] = ()
    required: bool = False
    note: str = ""
    spans: bool = False


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A rule between parameters that is broken. `path` leads to the offending key below the item
    (("params", "compared_relative_range") or ("window",)). `warns`: it works, but not as one may think.
    """

    path: tuple[str, ...]
    found: str
    expected: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """How a definition uses a query: what its rules may look at. `ranges` is "" or "as_written"."""

    params: Mapping[str, Any]
    window: str | None
    compare: str | None
    follow: str | None
    ranges: str


@dataclass(frozen=True, slots=True)
class Price:
    """What one answer costs: requests, and tokens of a day (0: the service counts none). `page`: rows that one request
    of a list brings, so that both are the price of a page; 0 for what is no list. `more`: it is the least that an
    answer costs, and the rest depends on what the account holds. `shared`: rows of a page that the one before brings
    too. `file`: requests of the file that `attach` asks for beside the answer.
    """

    requests: int = 1
    tokens: int = 0
    page: int = 0
    more: bool = False
    shared: int = 0
    file: int = 0

    def pages(self, rows: int | None) -> int:
        """Of a list of so many rows. It is 1 for what is no list, and for one of unknown length (None)."""
        if not self.page or rows is None or rows <= self.page:
            return 1
        return 1 + -(-(rows - self.page) // (self.page - self.shared))


@dataclass(frozen=True, slots=True)
class KeptNames:
    """What a source asks for beside every question, and keeps for `kept` seconds: who and what the ids mean."""

    requests: int = 0
    tokens: int = 0
    kept: float = 0.0


@dataclass(frozen=True, slots=True)
class QuerySpec:
    """`windowed`: the answer belongs to a window; otherwise it is the state when it is read. `lists`: the answer has
    members, so that `follow` and `show` make sense. `rules`: relations between parameters that their kinds cannot say.
    `default_follow`: for a definition without `follow`. `price`: of one answer whose like was never read, by its
    parameters where it depends on them. `names`: what is asked for beside it.

    The rest is what a digest must know. `lists_opportunities`: the members are opportunities with the columns of
    domain.snapshot.opportunity, so that the list has a total and may have a bridge. `stalled`: only those that stall,
    always or for some parameters. `conditions`: which rows the parameters ask for. `per_person`: ids of tables with a
    row for each person. `counts`: what the stages of the funnel count ("deals", "visitors"); the column's head is the
    word "<counts>_head". It is empty for a query without a funnel.
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

    def price_of(self, params: Mapping[str, Any]) -> Price:
        """With a definition's parameters."""
        return self.price(params) if callable(self.price) else self.price

    def traits(self, params: Mapping[str, Any]) -> QueryTraits:
        """With a definition's parameters."""
        return QueryTraits(
            lists_opportunities=self.lists_opportunities,
            stalled=self.stalled(params) if callable(self.stalled) else self.stalled,
            scope=self.conditions(params),
            per_person=self.per_person,
        )


@dataclass(frozen=True, slots=True)
class Option:
    """One key of a connection or channel. `secret`: may (and should) be a reference, and is never printed."""

    name: str
    secret: bool = False
    required: bool = False
    note: str = ""


def together(*names: str) -> Callable[[Mapping[str, str]], tuple[RuleViolation, ...]]:
    """The fault of options where the first of `names` is written without one of the others."""

    def faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
        if names[0] not in options:
            return ()
        absent = [name for name in names[1:] if name not in options]
        return tuple(
            RuleViolation((names[0],), f"`{names[0]}` without `{name}`", f"write `{name}` too") for name in absent
        )

    return faults


class OpenSource(Protocol):
    """Makes a source. `options`: with resolved secrets. `clock`: gives UTC. `quota`: the budget that other processes
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
class InitField:
    """One question of `init`. The answer becomes the value of `option`. `default`: the answer of Enter; it is not
    written to the project. `variable`: the environment variable of a secret; the secret is typed hidden and never
    written. `address`: an answer that holds "://" becomes the value of this option instead. `asked`: whether to ask,
    given the options that were answered so far.
    """

    option: str
    words: str
    default: str | None = None
    variable: str = ""
    address: str = ""
    asked: Callable[[Mapping[str, str]], bool] = lambda _answered: True


@dataclass(frozen=True, slots=True)
class InitForm:
    """What `init` asks for a connection, in this order. `choose`: a name of the catalogue. The person chooses one of
    its entries for the first schedules. The table needs a column `name`.
    """

    fields: tuple[InitField, ...]
    choose: str


CHOSEN = "CHOSEN"
"""Stands in a first schedule for the id that was chosen."""


@dataclass(frozen=True, slots=True)
class FirstSchedule:
    """A schedule that `init` writes. `text`: its YAML, in which the connection has the name of its type."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """A type of connection that needs no account. `options`: what the sandbox's stand-in of this service takes, besides
    its address as `base_url`.
    """

    type: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One service that a connection can be of: everything that Funnelbeat knows of it.

    `one_of`: groups of which exactly one key must be there. `faults`: what else is wrong with the options (secrets
    still references). `catalogue`: what `source` lists of an account, where the source is a Catalog. `words`: what only
    this service has, by language and key; a key that another service or Funnelbeat itself has must say the same.
    `example`: a connection as a mapping in YAML, on one line, that a new project shows in a comment.
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
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelType:
    """`address` normalises an entry's address, or raises ValueError with what to write. `needs_address` says whether
    an entry must, or must not, have one, given the channel's options. `faults`: what is wrong with the options
    (secrets still references).
    """

    type: str
    options: tuple[Option, ...]
    address: Callable[[str], str]
    needs_address: Callable[[Mapping[str, str]], bool] = lambda _options: True
    faults: Callable[[Mapping[str, str]], tuple[RuleViolation, ...]] = lambda _options: ()
    one_of: tuple[tuple[str, ...], ...] = field(default=())
