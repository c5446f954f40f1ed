"""A table as what differs from an earlier one of the same query, row by row; the content keeps its name.

Rows are encoded each by itself and stand in canonical order, so that what did not change is equal bytes: a delta is the
new table's head and, in turn, a stretch of rows to copy and the rows that follow it. Deltas are always against a whole
table (a keyframe), never against each other, so that a load reads two blobs at most.
"""

import struct
from collections.abc import Iterator

import msgspec
import zstandard

MARK = 1
"""The first byte of a delta; a whole table begins with zstd's magic number (RFC 8878, 3.1.1), 0x28."""

NAME = 16
"""Bytes of a table's name, which follow the mark."""

LEVEL = 1
_ROWS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_STEPS = msgspec.msgpack.Decoder(tuple[bytes, list[tuple[int, int, list[bytes]]]])
_ARRAY = 5  # array 32: a byte and the count


def base_of(body: bytes) -> str | None:
    """The name of the table that a stored one differs from; None for a whole one."""
    return body[1 : 1 + NAME].hex() if body[:1] == bytes([MARK]) else None


def expand(body: bytes) -> bytes:
    """A whole table's bytes, which its name is the hash of."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def compress(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(raw)


def encode(name: str, base: bytes, whole: bytes) -> bytes:
    """`name` is the base's; `base` and `whole` are the bytes of two whole tables before compression."""
    head, rows = _split(whole)
    places = {row: place for place, row in enumerate(_split(base)[1])}
    steps = msgspec.msgpack.encode((head, list(_steps(places, rows))))
    return bytes([MARK]) + bytes.fromhex(name) + compress(steps)


def decode(body: bytes, base: bytes) -> bytes:
    """The bytes of the whole table again."""
    head, steps = _STEPS.decode(expand(body[1 + NAME :]))
    known = _split(base)[1]
    rows: list[bytes] = []
    for start, count, new in steps:
        rows += known[start : start + count]
        rows += new
    return b"".join([head, b"\xdd", struct.pack(">I", len(rows)), *rows])


def _split(whole: bytes) -> tuple[bytes, list[bytes]]:
    """The head with its length before it, and every row's own bytes."""
    (length,) = struct.unpack(">I", whole[:4])
    rows = _ROWS.decode(memoryview(whole)[4 + length :])
    return whole[: 4 + length], [bytes(row) for row in rows]


def _steps(places: dict[bytes, int], rows: list[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
    """(first row of the base to copy, how many, rows that follow). Both tables are in the order of their keys, so what
    is copied stands in the base in the same order.
    """
    start, count = 0, 0
    new: list[bytes] = []
    for row in rows:
        place = places.get(row)
        if place is None:
            new.append(row)
        elif not new and place == start + count:
            count += 1
        else:
            if count or new:
                yield start, count, new
            start, count, new = place, 1, []
    if count or new:
        yield start, count, new
