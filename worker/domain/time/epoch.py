"""Instants as whole milliseconds since the Unix epoch, UTC. Instants are stored so, and `instant` cells
hold them so.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Rounded down without a float, so that storing never moves an instant into the future."""
    return (instant - EPOCH) // _MILLISECOND


def from_ms(milliseconds: float | str | bytes) -> datetime:
    return EPOCH + int(milliseconds) * _MILLISECOND
