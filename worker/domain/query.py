"""What a kind of connection or channel offers: the facts that a definition is checked against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
    """`takes_window`: a window's name may stand there. `note`: one clause for the generated reference. `spans`: it is
    an edge of the stretch of time that a windowed query needs.
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
    of a list brings, so that both are the price of a page; 0 for what is no list.
    """

    requests: int = 1
    tokens: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class QuerySpec:
    """`windowed`: a function of its window; otherwise live, the state when it is read. `lists`: has members, so that
    `follow`, `show` and a bridge make sense. `rules`: relations between parameters that single kinds cannot say.
    `default_follow`: for a definition that does not say. `price`: of one answer, names that are kept aside.
    """

    name: str
    summary: str
    windowed: bool
    params: tuple[Param, ...]
    lists: bool = False
    rules: Callable[[Use], tuple[RuleViolation, ...]] = lambda _use: ()
    default_follow: Callable[[Use], str] = lambda _use: "none"
    price: Price = Price()


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


@dataclass(frozen=True, slots=True)
class ConnectionType:
    """`one_of`: groups of which exactly one key must be there. `faults`: what else is wrong with the options (secrets
    still references).
    """

    type: str
    options: tuple[Option, ...]
    queries: Mapping[str, QuerySpec]
    one_of: tuple[tuple[str, ...], ...] = ()
    faults: Callable[[Mapping[str, str]], tuple[RuleViolation, ...]] = lambda _options: ()
