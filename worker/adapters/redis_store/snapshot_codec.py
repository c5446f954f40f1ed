"""A snapshot as bytes. Equal content gives equal bytes, and so an equal name.

A table is one blob: the length of its head, the head, then an array of rows. Each row is encoded separately, in
canonical order, so that equal rows are equal bytes. The snapshot's own blob names its tables. Both are compressed with
zstd level 1. A name is the BLAKE2b hash of the uncompressed bytes.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
import zstandard

from worker.adapters.redis_store.delta import expand, steps_of
from worker.domain.snapshot.snapshot import Cell, Column, File, Kind, Measure, Row, Snapshot, Table
from worker.domain.time.epoch import EPOCH
from worker.domain.time.window import Window
from worker.errors import LedgerError

VERSION = 2
"""1: a header without addresses of owners."""
LEVEL = 1
SHAPES = 256
"""Columns of different tables that a process keeps."""

AT_ONCE = 1_000
"""Rows that are encoded in one call, about 300 kB. Fewer than an array 16 holds."""
LONG, TEXTS = 10_000, 1_000
"""Rows beyond which texts that repeat are shared, and different texts of a column beyond which they are not."""
HELD = 8_000_000
"""Bytes that are held without compression."""

_BIG_INT, _ODD_TEXT = 1, 2


@dataclass(frozen=True, slots=True)
class Blob:
    """`id` names the content, `body` is compressed. `raw`: not compressed; empty if that is too long to hold."""

    id: str
    body: bytes
    raw: bytes = b""


def _ext(code: int, data: memoryview) -> Any:
    if code == _BIG_INT:
        return int(bytes(data))
    return bytes(data).decode("utf-8", "surrogatepass")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ext_hook=_ext)
_rows_decoder = msgspec.msgpack.Decoder(list[list[Any]], ext_hook=_ext)
_cells_decoder = msgspec.msgpack.Decoder(list[Any], ext_hook=_ext)


def _plain(value: Any) -> Any:
    """Encodes what msgpack cannot hold as an extension: integers past 64 bits, and text with lone surrogates."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return msgspec.msgpack.Ext(_BIG_INT, str(value).encode())
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return msgspec.msgpack.Ext(_ODD_TEXT, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _pack(value: Any) -> bytes:
    """Tries the plain form first, because services rarely send such values."""
    try:
        return _encoder.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return _encoder.encode(_plain(value))


def _squeeze(pieces: Iterator[bytes]) -> Blob:
    """Compresses and names a stream of pieces. Only as many of them are held in memory as `Blob.raw` may have."""
    name, press = hashlib.blake2b(digest_size=16), zstandard.ZstdCompressor(level=LEVEL).compressobj()
    out: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        name.update(piece)
        out.append(press.compress(piece))
        size += len(piece)
        if size <= HELD:
            held.append(piece)
        else:
            held.clear()
    out.append(press.flush())
    return Blob(name.hexdigest(), b"".join(out), b"".join(held))


def encode_table(table: Table) -> Blob:
    return _squeeze(_table_pieces(table))


def _table_pieces(table: Table) -> Iterator[bytes]:
    columns = [[c.name, str(c.kind), c.significant, c.sum] for c in table.columns]
    head = _pack([VERSION, table.id, columns, table.total, table.sliced])
    yield struct.pack(">I", len(head)) + head
    yield b"\xdd" + struct.pack(
        ">I", len(table.rows)
    )  # array 32: https://github.com/msgpack/msgpack/blob/master/spec.md
    for start in range(0, len(table.rows), AT_ONCE):
        yield _pack_rows(table.rows[start : start + AT_ONCE])


def _pack_rows(rows: Sequence[Row]) -> bytes:
    """The bytes of each row, one after the other, as `_pack` makes them; in one call, which costs a third."""
    try:
        packed = _encoder.encode([(row.key, *row.cells) for row in rows])
    except (OverflowError, UnicodeEncodeError):
        return b"".join(_pack((row.key, *row.cells)) for row in rows)
    return packed[1 if len(rows) < 16 else 3 :]  # without the array's own head: fixarray, array 16


def decode_table(body: bytes) -> Table:
    """Reads a table that is stored whole. Raises LedgerError for an unknown version."""
    return table_of(expand(body))


def table_of(whole: bytes) -> Table:
    """Reads uncompressed bytes. Raises LedgerError for an unknown version."""
    (length,) = struct.unpack(">I", whole[:4])
    cells = _rows_decoder.decode(memoryview(whole)[4 + length :])
    if len(cells) > LONG:
        _share_texts(cells)
    return _table(whole[: 4 + length], map(_row, cells))


def _share_texts(rows: list[list[Any]]) -> None:
    """Makes equal texts of a column one object, which takes a third off the memory of a list of deals. A column with
    many texts is left as it is.
    """
    for place in range(1, len(rows[0])):
        seen: dict[str, str] = {}
        for cells in rows:
            text = cells[place]
            if type(text) is str:
                cells[place] = seen.setdefault(text, text)
                if len(seen) > TEXTS:
                    break


def table_from(delta: bytes, base: Table) -> Table:
    """Reads a table that is stored as the difference to `base`. Equal rows are the same objects as in `base`, so they
    cost no memory, and comparing them no time. Raises LedgerError for an unknown version.
    """
    head, steps = steps_of(delta)
    rows: list[Row] = []
    for start, count, new in steps:
        rows += base.rows[start : start + count]
        rows += [_row(_cells_decoder.decode(one)) for one in new]
    return _table(head, rows)


def _table(head: bytes, rows: Iterable[Row]) -> Table:
    version, table_id, columns, total, sliced = _decoder.decode(memoryview(head)[4:])
    _known(version)
    named = _columns(tuple(tuple(column) for column in columns))
    return Table(table_id, named, tuple(rows), total, sliced)


def _row(cells: list[Any]) -> Row:
    return Row(cells[0], tuple(cells[1:]))


@lru_cache(SHAPES)
def _columns(written: tuple[tuple[str, str, bool, bool], ...]) -> tuple[Column, ...]:
    """Answers to one query share them, so that comparing two answers finds equal columns at once."""
    return tuple(Column(name, Kind(kind), significant, adds) for name, kind, significant, adds in written)


def encode_header(snapshot: Snapshot, tables: Sequence[str], followed: str | None) -> Blob:
    """`tables`: names of the snapshot's tables, in order. `followed`: the name of the table of looked-up rows."""
    listed = snapshot.rows
    members = sorted(snapshot.members)
    same = listed is not None and members == [row.key for row in listed.rows]
    value = [
        VERSION,
        snapshot.query_id,
        snapshot.fingerprint,
        None if snapshot.window is None else _window_row(snapshot.window),
        _micros(snapshot.slot),
        [_micros(instant) for instant in snapshot.as_of],
        [[list(m.key), str(m.kind), m.value, m.currency, m.why_null] for m in snapshot.measures],
        list(tables),
        None if same else members,  # usually the keys of the main table, which is stored anyway
        followed,
        snapshot.main,
        [[file.name, file.media_type, file.body] for file in snapshot.files],
        list(snapshot.notes),
        snapshot.schema,
        [list(pair) for pair in snapshot.addresses],
    ]
    return _squeeze(iter([_pack(value)]))


def decode_header(body: bytes, tables: Mapping[str, Table]) -> Snapshot:
    """`tables`: name → table, for every table that the header names. Raises LedgerError for an unknown version."""
    value: list[Any] = _decoder.decode(expand(body))
    _known(value[0])
    _, query, fingerprint, window, slot, as_of, measures, names, members, followed, main, *rest = value
    files, notes, schema, *addresses = rest
    own = tuple(tables[name] for name in names)
    if members is None:
        members = [row.key for table in own if table.id == main for row in table.rows]
    return Snapshot(
        query_id=query,
        fingerprint=fingerprint,
        window=None if window is None else _window(window),
        slot=_instant(slot),
        as_of=(_instant(as_of[0]), _instant(as_of[1])),
        measures=tuple(_measure(row) for row in measures),
        tables=own,
        members=frozenset(members),
        followed=None if followed is None else tables[followed],
        main=main,
        files=tuple(File(name, media_type, content) for name, media_type, content in files),
        notes=tuple(notes),
        schema=schema,
        addresses=tuple((owner, address) for owner, address in addresses[0]) if addresses else (),
    )


def _known(version: int) -> None:
    if version not in (VERSION - 1, VERSION):
        raise LedgerError(f"a stored snapshot has version {version}; this program reads up to version {VERSION}")


def _measure(row: Sequence[Any]) -> Measure:
    key, kind, value, currency, why_null = row
    return Measure(tuple(key), Kind(kind), value, currency, why_null)


def _window_row(window: Window) -> list[Cell]:
    return [_micros(window.start), _micros(window.end), window.zone, window.name, window.so_far]


def _window(row: Sequence[Any]) -> Window:
    return Window(_instant(row[0]), _instant(row[1]), row[2], row[3], row[4])


def _micros(instant: datetime) -> int:
    """Exact, unlike a float of seconds."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
