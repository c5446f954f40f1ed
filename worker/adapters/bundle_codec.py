"""Bundles as canonical bytes. Equal bundles have equal bytes, and the hash of the bytes is the bundle's id.

The first line is JSON: the name, length and short SHA-256 of every part. Each part follows as JSON on its own line: the
project, every schedule and every template, named like their files. The hash of the whole finds damage; the hash of a
part names the damaged file. Version 1, which is one JSON document, and versions 2 and 3 can still be read.

A decoder leaves out what it does not know. So a field that changes what is sent has a new version, which a process of
an older one refuses (decision 135).
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from worker.domain.outgoing import Outgoing
from worker.domain.schedule import Bundle, Schedule, Timing
from worker.errors import LedgerError, NewerVersion

VERSION = 4
_WITH_PARTS = frozenset({2, 3, VERSION})
PROJECT = "funnelbeat.yaml"
_MARK = 16
"""Hexadecimal characters of a part's hash. A short one is enough to name a damaged part, because the whole has a full
hash.
"""


class _List(msgspec.Struct):
    """`marks` are joined into one text, because 100,000 small objects would take most of a clock's memory."""

    names: list[str]
    lengths: list[int]
    marks: str
    version: int


class _First(msgspec.Struct):
    bundle: Bundle


class _FirstRows(msgspec.Struct):
    schedules: dict[str, msgspec.Raw]


class _FirstStored(msgspec.Struct):
    bundle: _FirstRows


class _Version(msgspec.Struct):
    version: int


_VERSION = msgspec.json.Decoder(_Version)
_LIST = msgspec.json.Decoder(_List)
_BUNDLE = msgspec.json.Decoder(Bundle)
_SCHEDULE = msgspec.json.Decoder(Schedule)
_TEXT = msgspec.json.Decoder(str)
_OUTGOING = msgspec.json.Decoder(Outgoing)
_TIMING = msgspec.json.Decoder(Timing)
_FIRST = msgspec.json.Decoder(_First)
_FIRST_ROWS = msgspec.json.Decoder(_FirstStored)


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    body: memoryview
    mark: str

    @property
    def whole(self) -> bool:
        return _marked(self.body) == self.mark


def encode(bundle: Bundle) -> bytes:
    """Sorted keys and parts. Secrets are included as the references that the files hold, never as values."""
    parts = dict(_parts_of(bundle))
    marks = "".join(_marked(body) for body in parts.values())
    head = _List(list(parts), [len(body) for body in parts.values()], marks, VERSION)
    return b"\n".join([_json(head), *parts.values(), b""])


def _parts_of(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    yield PROJECT, _json(replace(bundle, schedules={}, templates={}))
    for name, schedule in sorted(bundle.schedules.items()):
        yield f"schedules/{name}.yaml", _json(schedule)
    for name, text in sorted(bundle.templates.items()):
        yield f"templates/{name}", _json(text)


def decode(data: bytes, name: str | None = None) -> Bundle:
    """`name`: the id of the bundle, which the bytes must match.

    Raises LedgerError for bytes that are damaged (it names the file) or that are not a bundle, and NewerVersion for the
    format of a newer version.
    """
    with _ledger_errors():
        _check(data, name)
        if _version(data) == 1:
            return _FIRST.decode(data).bundle
        parts = {part.name: part.body for part in _split(data)}
        schedules = {n: _SCHEDULE.decode(body) for n, body in _below("schedules/", ".yaml", parts)}
        templates = {n: _TEXT.decode(body) for n, body in _below("templates/", "", parts)}
        return replace(_BUNDLE.decode(parts[PROJECT]), schedules=schedules, templates=templates)


def timings(data: bytes, name: str | None = None) -> dict[str, Timing]:
    """Schedule id → timing. Equal timings share one object, and definitions are not kept, because 100,000 of them would
    take 300 MB. Raises as `decode`.
    """
    shared: dict[Timing, Timing] = {}
    with _ledger_errors():
        _check(data, name)
        # Row by row, so that a timing equal to an earlier one is freed before the next is decoded.
        each = ((schedule, _TIMING.decode(row)) for schedule, row in _rows(data))
        return {schedule: shared.setdefault(timing, timing) for schedule, timing in each}


def outgoing(data: bytes) -> Outgoing:
    """What is called besides channels, without the rest. Raises as `decode`; the hash is not compared."""
    with _ledger_errors():
        if _version(data) == 1:
            return Outgoing()
        body = next(part.body for part in _split(data) if part.name == PROJECT)
        return _OUTGOING.decode(body)


def bundle_id(data: bytes) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def _rows(data: bytes) -> Iterator[tuple[str, Any]]:
    if _version(data) == 1:
        return iter(_FIRST_ROWS.decode(data).bundle.schedules.items())
    return ((p.name[10:-5], p.body) for p in _split(data) if p.name.startswith("schedules/"))


def _below(folder: str, suffix: str, parts: Mapping[str, memoryview]) -> Iterator[tuple[str, memoryview]]:
    for name, body in parts.items():
        if name.startswith(folder):
            yield name[len(folder) : len(name) - len(suffix)], body


def _check(data: bytes, name: str | None) -> None:
    """Compares the hash of the whole. Looks at the parts only if it differs."""
    if name is None or bundle_id(data) == name:
        return
    raise LedgerError(
        f"the stored bundle {name[:12]} is damaged in {_damaged(data)}: its bytes are not what was deployed"
    )


def _damaged(data: bytes) -> str:
    try:
        damaged = [part.name for part in _split(data) if not part.whole] if _version(data) in _WITH_PARTS else []
    except (msgspec.MsgspecError, UnicodeDecodeError, LedgerError):
        return "the list of its files"
    return ", ".join(damaged) or "the list of its files"


def _version(data: bytes) -> int:
    version = _VERSION.decode(_head(data)).version
    if version > VERSION:
        newer = "which a newer version of Funnelbeat wrote"
        raise NewerVersion(f"a bundle of format {version}, {newer}; this one reads up to {VERSION}")
    if version < 1:
        raise LedgerError(f"a bundle of format {version}, where this version reads 1 to {VERSION}; deploy again")
    return version


def _head(data: bytes) -> memoryview:
    end = data.find(b"\n")
    return memoryview(data)[: end if end >= 0 else len(data)]


def _split(data: bytes) -> Iterator[_Part]:
    """Splits by the lengths in the list, so that damage in one part does not move the others."""
    head, view = _head(data), memoryview(data)
    at = len(head) + 1
    listed = _LIST.decode(head)
    if not len(listed.names) == len(listed.lengths) == len(listed.marks) // _MARK:
        raise LedgerError("stored bytes that are no bundle (its list of files is not whole); deploy again")
    for number, (name, length) in enumerate(zip(listed.names, listed.lengths, strict=True)):
        yield _Part(name, view[at : at + length], listed.marks[number * _MARK : (number + 1) * _MARK])
        at += length + 1


def _marked(body: bytes | memoryview) -> str:
    return hashlib.sha256(body).hexdigest()[:_MARK]


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


@contextmanager
def _ledger_errors() -> Iterator[None]:
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
        raise LedgerError(f"stored bytes that are no bundle ({error}); deploy again") from None
