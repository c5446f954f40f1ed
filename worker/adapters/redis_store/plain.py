"""Values of the domain as compressed bytes and back."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from worker.adapters.redis_store.delta import compress, expand
from worker.errors import LedgerError

T = TypeVar("T")
_LARGEST = 2**63
_KEPT = (datetime,)
_encoder = msgspec.msgpack.Encoder()
_versioned = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])


def pack(value: object, version: int) -> bytes:
    """A lone surrogate becomes a question mark, and an integer past 64 bits a float: no message can show them."""
    try:
        return compress(_encoder.encode((version, value)))
    except (OverflowError, UnicodeEncodeError):
        plain = msgspec.to_builtins(value, builtin_types=_KEPT)
        return compress(_encoder.encode((version, _tamed(plain))))


def unpack(decoder: msgspec.msgpack.Decoder[T], body: bytes, version: int, what: str) -> T:
    """Raises LedgerError for another version, and for bytes that are none of this kind."""
    try:
        found, raw = _versioned.decode(expand(body))
        if found != version:
            raise LedgerError(f"{what} has version {found}; this program reads version {version}")
        return decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"{what} cannot be read: {error}") from error


def _tamed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -_LARGEST <= value < _LARGEST:
        return float(value)
    if isinstance(value, list | tuple):
        return [_tamed(item) for item in value]
    if isinstance(value, dict):
        return {_tamed(key): _tamed(item) for key, item in value.items()}
    return value
