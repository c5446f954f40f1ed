"""Instants as whole milliseconds since the Unix epoch, UTC: how they are stored, and how `instant` cells hold them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Floor, without a float between: an instant never moves into the future by being stored."""
    return (instant - EPOCH) // _MILLISECOND


def from_ms(milliseconds: float | str | bytes) -> datetime:
    return EPOCH + int(milliseconds) * _MILLISECOND
