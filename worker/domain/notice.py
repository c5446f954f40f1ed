"""A word to the operator about what nobody else would hear of: a run that failed, or an address that is suspended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.reason import Reason
from worker.domain.run import RunKey

MOST_CAUSES = 5
"""Causes that one notice names; a run may have thousands of readers."""


class Trouble(StrEnum):
    """What a notice is about."""

    FAILED = "failed"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Cause:
    """`who`: a query of the report, or a reader. `sentence`: what the service or the receiver said, in its language."""

    who: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """`name`: the schedule's. `subject`: what the notice is of, by which notices are counted; of a suspension, what is
    suspended ("address mail ann@acme.example", "channel chat"). `causes`: at most MOST_CAUSES, and `more_causes` says
    how many others there are. `at`: when it happened. `repeats`: how many of the same subject were not told before, the
    first of them at `repeats_since`.
    """

    run: RunKey
    name: str
    trouble: Trouble
    subject: str
    reason: Reason
    causes: tuple[Cause, ...]
    more_causes: int
    at: datetime
    repeats: int = 0
    repeats_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """A notice that the ledger is asked to send to `reader` (its id in the run), unless one of the same subject was
    made on this day or a later one: then it is counted for the next. `day`: in the operator's zone, as 2026-11-23.
    """

    reader: str
    day: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Suspension:
    """What a refusal stops, until somebody mended it: `subject` as Notice has it. `told`: to whom, None for nobody."""

    subject: str
    sentence: str
    told: NoticeRequest | None = None
