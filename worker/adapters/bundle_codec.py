"""Bundles as canonical bytes: equal bundles have equal bytes, and the hash of the bytes is the bundle's name."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from worker.domain.schedule import Bundle, Timing
from worker.errors import LedgerError

VERSION = 1


class _Stored(msgspec.Struct, frozen=True):
    bundle: Bundle
    version: int


class _Version(msgspec.Struct):
    version: int


class _Rows(msgspec.Struct):
    schedules: dict[str, msgspec.Raw]


class _StoredRows(msgspec.Struct):
    bundle: _Rows
    version: int


_DECODER = msgspec.json.Decoder(_Stored)
_VERSION = msgspec.json.Decoder(_Version)
_ROWS = msgspec.json.Decoder(_StoredRows)
_TIMING = msgspec.json.Decoder(Timing)


def encode(bundle: Bundle) -> bytes:
    """JSON with sorted keys. Secrets are in it as the references that the files hold, never as values."""
    return msgspec.json.encode(_Stored(bundle, VERSION), order="sorted")


def decode(data: bytes) -> Bundle:
    """Raises LedgerError for what is no bundle, or one that another version wrote in another shape."""
    with _told():
        _known(data)
        return _DECODER.decode(data).bundle


def timings(data: bytes) -> dict[str, Timing]:
    """Of every schedule, by its id; equal ones are one object, and no definition is ever held whole: 100,000 of them
    would be 300 MB. Raises as `decode`.
    """
    shared: dict[Timing, Timing] = {}
    with _told():
        _known(data)
        # Row by row, so that what is equal to an earlier one is gone again before the next is made.
        each = ((name, _TIMING.decode(row)) for name, row in _ROWS.decode(data).bundle.schedules.items())
        return {name: shared.setdefault(timing, timing) for name, timing in each}


def _known(data: bytes) -> None:
    version = _VERSION.decode(data).version
    if version != VERSION:
        raise LedgerError(f"a bundle of format {version}, where this version reads {VERSION}; deploy again")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except msgspec.DecodeError as error:
        raise LedgerError(f"stored bytes that are no bundle ({error}); deploy again") from None


def bundle_id(data: bytes) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()
