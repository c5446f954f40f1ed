"""Reads Umami's numbers and times. A sum is text if the database is PostgreSQL."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from worker.domain.time.zones import first, wall
from worker.sources.common.parse import LARGEST, Node

_LONGEST = 40
_YEARS = (1971, 2199)
"""Outside of these years a time zone may lead out of the calendar."""


def number(node: Node) -> Decimal:
    """The exact value of a number or of a number's text. Null is an error."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > _LONGEST:
        raise node.wrong("a number")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise node.wrong("a number") from None
    if not found.is_finite() or abs(found) > LARGEST:
        raise node.wrong("a number")
    return found


def number_or_none(node: Node) -> Decimal | None:
    """Null stays null. A missing key is an error."""
    if node.missing:
        raise node.wrong("a number or null")
    return None if node.value is None else number(node)


def count(node: Node) -> int:
    """A whole number that is not negative."""
    found = number(node)
    if found < 0 or found != int(found):
        raise node.wrong("a count")
    return int(found)


def fraction_or_none(node: Node) -> float | None:
    """0 to 1; null if Umami divided by zero."""
    found = number_or_none(node)
    if found is not None and not 0 <= found <= 1:
        raise node.wrong("a fraction of one")
    return None if found is None else float(found)


def name_or_none(node: Node) -> str | None:
    """Text from visitors, unchanged. Empty text and null both mean that nothing was sent."""
    if node.missing:
        raise node.wrong("text or null")
    return node.text_or_none() or None


def local(node: Node, zone: ZoneInfo) -> datetime:
    """The naive wall time of a bucket in `zone`. Umami writes "2026-11-13 00:00:00" if a zone was requested, and its
    cloud an instant ("2025-10-01T07:00:00Z").
    """
    try:
        found = datetime.fromisoformat(node.text())
    except ValueError:
        raise node.wrong("a time") from None
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise node.wrong("a time of this age")
    return found if found.tzinfo is None else wall(found, zone)


def instant(shown: datetime, zone: ZoneInfo) -> int:
    """Milliseconds since the epoch of a naive wall time; the first of two if it occurs twice."""
    return int(first(shown, zone).timestamp() * 1000)
