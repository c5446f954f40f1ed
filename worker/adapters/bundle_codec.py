"""Bundles as canonical bytes: equal bundles have equal bytes, and the hash of the bytes is the bundle's name."""

import hashlib

import msgspec

from worker.domain.schedule import Bundle
from worker.errors import LedgerError

VERSION = 1


class _Stored(msgspec.Struct, frozen=True):
    bundle: Bundle
    version: int


class _Version(msgspec.Struct):
    version: int


_DECODER = msgspec.json.Decoder(_Stored)
_VERSION = msgspec.json.Decoder(_Version)


def encode(bundle: Bundle) -> bytes:
    """JSON with sorted keys. Secrets are in it as the references that the files hold, never as values."""
    return msgspec.json.encode(_Stored(bundle, VERSION), order="sorted")


def decode(data: bytes) -> Bundle:
    """Raises LedgerError for what is no bundle, or one that another version wrote in another shape."""
    try:
        version = _VERSION.decode(data).version
        if version != VERSION:
            raise LedgerError(f"a bundle of format {version}, where this version reads {VERSION}; deploy again")
        return _DECODER.decode(data).bundle
    except msgspec.DecodeError as error:
        raise LedgerError(f"stored bytes that are no bundle ({error}); deploy again") from None


def bundle_id(data: bytes) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()
