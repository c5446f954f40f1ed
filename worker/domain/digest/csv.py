"""A table as CSV for a spreadsheet: money in major units, instants in ISO 8601, no text that a spreadsheet
would run.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from worker.domain.money import exponent, label_of
from worker.domain.snapshot.codes import CodeKind, worded
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Table
from worker.sanitize import harmless

_MARK = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*%?")
_LAYOUT = ("\t", "\n")
_CODED = frozenset(CodeKind)
_SIGN = "[=+\\-@＝＋－＠]"
_BEFORE = r"(?:[^\S\t\n]|[\"'])*"
"""Characters that a spreadsheet may drop in front of a formula: blanks, and quotes that it takes for its own."""
_FIRST = re.compile(rf"(?:\s|[\"'])*{_SIGN}|'*[\t\n]")
_PLAIN = rf"[^\S\t\n]*{_NUMBER.pattern}[^\S\t\n]*"
_INNER = re.compile(
    "|".join(rf"(?<={sign})(?={_BEFORE}{_SIGN})(?!{_PLAIN}(?:[{sign}\n]|\Z))" for sign in (r"\t", r"\n", ";", ","))
)
"""Where a spreadsheet that splits at a line break, a tab, a semicolon or a comma begins a cell with a formula. A number
between two of the same sign is none: it is the whole cell. Behind a quote it is not, because the cell may go on past
the sign, up to another quote.
"""

PlainCell = str | int | float | Decimal | None

NO_BREAK = "\u00a0"
"""Keeps a number with its unit in a message; a file is searched and sorted."""


def as_csv(rows: Table, words: Mapping[str, str]) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need to decode names; CRLF line ends (RFC 4180). `words`: the
    services' words for codes of next steps and stall reasons. A code without a word is written as it is.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", *(_inert(column.name) for column in rows.columns)])
    for row in rows.rows:
        writer.writerow(_printed(rows, row, words))
    return _MARK + text.getvalue().encode()


def rows_as_csv(heads: Sequence[str], rows: Iterable[Sequence[PlainCell]]) -> bytes:
    """As `as_csv`, of cells that are made already. Text that would run as a formula is shown; numbers stay."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if cell is None else _inert(cell) if isinstance(cell, str) else cell for cell in row])
    return _MARK + text.getvalue().encode()


def plain_cell(value: Cell, kind: Kind, currency: str | None) -> PlainCell:
    """Money in major units, an instant in ISO 8601 in UTC. Null stays null."""
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value)
    if kind is Kind.MONEY and isinstance(value, int | float):
        return Decimal(major(round(value), currency or ""))
    if kind is Kind.INSTANT:
        return datetime.fromtimestamp(int(value) / 1000, UTC).isoformat(timespec="seconds")
    return value


def without_formulas(content: bytes) -> bytes:
    """A service's own CSV. It is unchanged, unless a cell would run as a formula: then the file is written again, and
    that cell is shown as text.
    """
    text = content.decode("utf-8-sig", "replace")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:  # a field past the reader's limit; no spreadsheet would take this table either
        return content
    kept = [[cell if _NUMBER.fullmatch(cell) else _inert(cell) for cell in row] for row in rows]
    if kept == rows:
        return content
    written = io.StringIO(newline="")
    csv.writer(written).writerows(kept)
    return _MARK + written.getvalue().encode()


def _printed(rows: Table, row: Row, words: Mapping[str, str]) -> list[str]:
    record = rows.record(row)
    currency = str(record.get("currency") or "")
    return [_inert(row.key), *(_cell(column, record[column.name], currency, words) for column in rows.columns)]


def _cell(column: Column, value: Cell, currency: str, words: Mapping[str, str]) -> str:
    """Null is an empty field. A null amount is not 0."""
    if value is None:
        return ""
    if column.kind is Kind.MONEY and isinstance(value, int):
        return major(value, currency)
    if column.kind is Kind.INSTANT and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    if not isinstance(value, str):
        return str(value)
    if column.name == "currency":
        return _inert(label_of(value))
    known = worded(CodeKind(column.name), value, words) if column.name in _CODED else None
    return _inert(value if known is None else known.replace(NO_BREAK, " "))


def major(amount: int, currency: str) -> str:
    """Minor units as a plain decimal: 1234 EUR is 12.34, 1234 JPY is 1234."""
    digits = exponent(currency)
    if digits == 0:
        return str(amount)
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"


def _inert(text: str) -> str:
    """A cell that begins like a formula is shown and not run (https://owasp.org/www-community/attacks/CSV_Injection).
    The same holds for each place inside where a spreadsheet with other separators, or without our quotes, would begin a
    cell. Removing one apostrophe at each such place gives the original text.

    Line breaks and tabs stay, because a quoted field may hold them. Every other control character becomes a blank.
    """
    kept = "".join(part if part in _LAYOUT else harmless(part) for part in re.split("([\t\n])", _one_break(text)))
    told = _INNER.sub("'", kept)
    return f"'{told}" if _FIRST.match(told) else told


def _one_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
