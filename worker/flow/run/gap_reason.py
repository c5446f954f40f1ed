"""Why a query could not be answered, as the closed reason of its gap."""

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
    """The closed reason of a gap; the error's own sentence says the rest."""
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
    """Seconds that the service, or the budget kept for it, named."""
    return error.retry_after if isinstance(error, SourceUnavailable) else None
