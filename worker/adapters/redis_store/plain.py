"""Values of the domain as bytes and back: dataclasses, enums, instants and decimals, by the annotations of fields.

msgspec reads a type by itself unless it is a union of what bytes cannot tell apart, such as a decimal and a text. Then
a decimal is marked.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from worker.adapters.redis_store.delta import compress, expand
from worker.errors import LedgerError

_DECIMAL = 3
_LARGEST = 2**63


def pack(value: object, version: int) -> bytes:
    """Compressed. A lone surrogate becomes a question mark, and an integer past 64 bits a float, or a text where it is
    only shown: no message can hold them.
    """
    plain = [version, _plain(value)]
    try:
        return compress(_encoder.encode(plain))
    except (OverflowError, UnicodeEncodeError):
        return compress(_encoder.encode(_tamed(plain)))


def unpack(kind: type[Any], body: bytes, version: int, what: str) -> Any:
    """Raises LedgerError for another version."""
    found, value = _decoder.decode(expand(body))
    if found != version:
        raise LedgerError(f"{what} has version {found}; this program reads version {version}")
    of: Any = kind
    return _maker(of)(value)


def _plain(value: object) -> Any:
    """Dataclasses as lists of their fields, in order. New fields come last and have a default."""
    kind: Any = type(value)
    return _taker(kind)(value)


@cache
def _taker(kind: Any) -> Callable[[Any], Any]:
    if dataclasses.is_dataclass(kind):
        fields = [attrgetter(field.name) for field in dataclasses.fields(kind)]
        return lambda value: [_plain(field(value)) for field in fields]
    if issubclass(kind, Mapping):
        return lambda value: {key: _plain(item) for key, item in value.items()}
    if issubclass(kind, list | tuple):
        return lambda value: [_plain(item) for item in value]
    if issubclass(kind, Decimal):
        return lambda value: msgspec.msgpack.Ext(_DECIMAL, str(value).encode())
    return _same


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _tamed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -_LARGEST <= value < _LARGEST:
        return float(value)
    if isinstance(value, list):
        return [_tamed(item) for item in value]
    if isinstance(value, dict):
        return {_tamed(key): _tamed(item) for key, item in value.items()}
    return value


def _ext(_code: int, data: memoryview) -> Any:
    return Decimal(bytes(data).decode())


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ext_hook=_ext)

Maker = Callable[[Any], Any]


@cache
def _maker(kind: Any) -> Maker:
    """How a plain value becomes one of this type. What is plain already stays as it is."""
    origin, given = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return _optional([one for one in given if one is not NoneType])
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if origin is tuple:
        return _each(_maker(given[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(_maker(given[0]), _maker(given[1]))
    return _same


def _same(value: Any) -> Any:
    return value


def _optional(kinds: Sequence[Any]) -> Maker:
    """A union is of plain types, or of one other type and None."""
    makers = [made for one in kinds if (made := _maker(one)) is not _same]
    if not makers:
        return _same
    (make,) = makers
    return lambda value: None if value is None else make(value)


def _dataclass(kind: Any) -> Maker:
    hints = get_type_hints(kind)
    makers = [_maker(hints[name]) for name in _names(kind)]
    odd = [(at, make) for at, make in enumerate(makers) if make is not _same]

    def make(value: Any) -> Any:
        for at, of in odd:
            if at < len(value):
                value[at] = of(value[at])
        return kind(*value)

    return make


def _each(make: Maker) -> Maker:
    return lambda value: tuple(value) if make is _same else tuple(make(item) for item in value)


def _mapping(key: Maker, item: Maker) -> Maker:
    if key is _same and item is _same:
        return _same
    return lambda value: {key(name): item(one) for name, one in value.items()}
