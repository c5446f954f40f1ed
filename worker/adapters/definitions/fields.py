"""Types of values as pydantic fields, with plain messages.

The key decides what unquoted text is: an id `0815` stays text, a limit `20` becomes a number.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from worker.adapters.definitions.words import advice, described, listed, shape
from worker.adapters.definitions.yaml_nodes import core

NOTHING: Mapping[str, str] = MappingProxyType({})
SAID = "said"
"""The type of our own pydantic errors. Their context holds `found` and `expected`."""


def said(found: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError(SAID, "{found}; {expected}", {"found": found, "expected": expected})


def text(value: Any) -> str:
    """Non-empty text. An unquoted number or date is text."""
    if isinstance(value, str) and value.strip():
        return str(value)
    if isinstance(value, str) or value is None:
        raise said("nothing", "write a value, or leave the key out")
    raise said(shape(value), "write text")


def whole(value: Any) -> int:
    """A whole number of at least 1."""
    number = core(value)
    if isinstance(number, int) and not isinstance(number, bool) and number >= 1:
        return number
    raise said(described(value), "write a whole number, 1 or more")


def flag(value: Any) -> bool:
    """Only true or false (YAML 1.2)."""
    truth = core(value)
    if isinstance(truth, bool):
        return truth
    raise said(described(value), "write true or false")


def mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise said(shape(value), "write keys below it (`key: value`)")


def mapping_like(*examples: str) -> Callable[[Any], dict[str, Any]]:
    """As `mapping`, for a key whose value people write without keys: `when: "0 9 * * MON"`, `cap: 5`."""
    expected = f"write {listed(f'`{one}`' for one in examples)}"

    def parse(value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        raise said(described(value), expected)

    return parse


def items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise said(shape(value), "write a list (`- …`)")


def names(value: Any) -> tuple[str, ...]:
    """A list of texts, which may be empty. A single text is a list of one."""
    if isinstance(value, list):
        return tuple(text(v) for v in value)
    return (text(value),)


def some_names(value: Any) -> tuple[str, ...]:
    """At least one. An empty list would be read as if the key were not there, which is not what it says."""
    if isinstance(value, list) and not value:
        raise said("an empty list", "write at least one, or leave the key out")
    return names(value)


def one_of(enum: type[StrEnum], later: Mapping[str, str] = NOTHING) -> Callable[[Any], StrEnum]:
    """`later`: words that a later version will accept, each with the clause that refuses it for now."""

    def chosen(value: Any) -> StrEnum:
        word = text(value)
        if word in later:
            raise said(f"`{word}`, {later[word]}", f"write {listed(enum)}")
        if word not in set(enum):
            raise said(described(value), advice(word, enum))
        return enum(word)

    return chosen


Text = Annotated[str, BeforeValidator(text)]
Whole = Annotated[int, BeforeValidator(whole)]
Keys = Annotated[dict[str, Any], BeforeValidator(mapping)]
TriggerKeys = Annotated[
    dict[str, Any], BeforeValidator(mapping_like('{cron: "0 9 * * MON"}', "{every: 15m}", "{event: …}"))
]
CapKeys = Annotated[dict[str, Any], BeforeValidator(mapping_like("{messages: 5, per: 1d}"))]
RetentionKeys = Annotated[dict[str, Any], BeforeValidator(mapping_like("{all: 35d, daily: 400d}"))]
Items = Annotated[list[Any], BeforeValidator(items)]
Names = Annotated[tuple[str, ...], BeforeValidator(names)]
SomeNames = Annotated[tuple[str, ...], BeforeValidator(some_names)]
