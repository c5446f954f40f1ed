"""Each error of a source has one closed reason."""

import pytest

from worker.domain.snapshot.snapshot import GapReason
from worker.errors import (
    RequestError,
    SourceError,
    SourceIncomplete,
    SourceRefused,
    SourceShapeChanged,
    SourceUnavailable,
)
from worker.flow.run.gap_reason import gap_reason, retry_after

LIST = "GET /opportunity/"
CASES: list[tuple[SourceError | RequestError, GapReason, float | None]] = [
    (SourceUnavailable(LIST, "503"), GapReason.UNAVAILABLE, None),
    (SourceUnavailable(LIST, "503", retry_after=7.5), GapReason.UNAVAILABLE, 7.5),
    (SourceUnavailable(LIST, "429", retry_after=60.0, limited=True), GapReason.RATE_LIMITED, 60.0),
    (SourceRefused(LIST, "401", status=401), GapReason.REFUSED, None),
    (RequestError("CLOSE_KEY is not set"), GapReason.REFUSED, None),
    (SourceShapeChanged(LIST, "data[3].value", "is a text"), GapReason.MALFORMED, None),
    (SourceIncomplete(LIST, "a page is missing"), GapReason.INCOMPLETE, None),
    (SourceError(LIST, "a kind that was added later"), GapReason.UNAVAILABLE, None),
]


@pytest.mark.parametrize(("error", "reason", "seconds"), CASES)
def test_an_error_has_its_reason_and_only_a_service_names_a_wait(
    error: SourceError | RequestError, reason: GapReason, seconds: float | None
) -> None:
    assert gap_reason(error) is reason
    assert retry_after(error) == seconds
