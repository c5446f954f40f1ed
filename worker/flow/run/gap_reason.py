"""The closed reason of a gap, from the error that caused it."""

from worker.domain.snapshot.snapshot import GapReason
from worker.errors import (
    RequestError,
    SourceError,
    SourceIncomplete,
    SourceRefused,
    SourceShapeChanged,
    SourceUnavailable,
)


def gap_reason(error: SourceError | RequestError) -> GapReason:
    """The closed reason of a gap. The error's own sentence gives the details."""
    match error:
        case SourceUnavailable(limited=True):
            return GapReason.RATE_LIMITED
        case SourceUnavailable():
            return GapReason.UNAVAILABLE
        case SourceRefused() | RequestError():
            return GapReason.REFUSED
        case SourceIncomplete():
            return GapReason.INCOMPLETE
        case SourceShapeChanged():
            return GapReason.MALFORMED
        case _:
            return GapReason.UNAVAILABLE


def retry_after(error: SourceError | RequestError) -> float | None:
    """Seconds to wait, if the service or its budget named them."""
    return error.retry_after if isinstance(error, SourceUnavailable) else None
