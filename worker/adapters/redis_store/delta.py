"""Stores a table as the difference to an earlier table of the same query. The name of the content stays the same.

Rows are encoded separately in canonical order, so unchanged rows are equal bytes. A delta holds the new table's head
and then, in turn, a range of rows to copy and the new rows that follow it. A delta refers to a whole table (a
keyframe), never to another delta, so a load reads at most two blobs.
"""

import struct
from collections.abc import Iterator, Mapping

import msgspec
import zstandard

Step = tuple[int, int, list[bytes]]
"""First row of the base to copy, number of rows, and the bytes of the rows that follow."""

MARK = 1
"""First byte of a delta. A whole table begins with zstd's magic number (RFC 8878, 3.1.1), 0x28."""

NAME = 16
"""Bytes of the base table's name, after the mark."""

LEVEL = 1
_ROWS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_STEPS = msgspec.msgpack.Decoder(tuple[bytes, list[Step]])
_ARRAY = 5  # array 32: a byte and the count


def base_of(body: bytes) -> str | None:
    """The name of the base table of a stored delta; None for a whole table."""
    return body[1 : 1 + NAME].hex() if body[:1] == bytes([MARK]) else None


def expand(body: bytes) -> bytes:
    """The uncompressed bytes of a whole table. Their hash is the table's name."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def compress(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(raw)


def places(whole: bytes) -> dict[bytes, int]:
    """The place of each row of a whole table by its bytes."""
    return {row: place for place, row in enumerate(_split(whole)[1])}


def encode(name: str, base: Mapping[bytes, int], whole: bytes) -> bytes:
    """`name` is the base's name, `base` the places of its rows. `whole`: the uncompressed bytes of the new table."""
    head, rows = _split(whole)
    steps = msgspec.msgpack.encode((head, list(_steps(base, rows))))
    return bytes([MARK]) + bytes.fromhex(name) + compress(steps)


def steps_of(body: bytes) -> tuple[bytes, list[Step]]:
    """The new table's head with its length prefix, and how its rows follow from those of the base."""
    return _STEPS.decode(expand(body[1 + NAME :]))


def decode(body: bytes, base: bytes) -> bytes:
    """Rebuilds the bytes of the whole table."""
    head, steps = steps_of(body)
    known = _split(base)[1]
    rows: list[bytes] = []
    for start, count, new in steps:
        rows += known[start : start + count]
        rows += new
    return b"".join([head, b"\xdd", struct.pack(">I", len(rows)), *rows])


def _split(whole: bytes) -> tuple[bytes, list[bytes]]:
    """The head with its length prefix, and the bytes of every row."""
    (length,) = struct.unpack(">I", whole[:4])
    rows = _ROWS.decode(memoryview(whole)[4 + length :])
    return whole[: 4 + length], [bytes(row) for row in rows]


def _steps(places: Mapping[bytes, int], rows: list[bytes]) -> Iterator[Step]:
    """Both tables are sorted by key, so copied rows keep their order."""
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
