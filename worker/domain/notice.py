"""Notices: to the operator, of a run that failed or of an address or channel that is suspended; and to a reader, of
digests that were held because of the cap.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.cap import HeldDigest
from worker.domain.reason import Reason
from worker.domain.run import RunKey

MOST_CAUSES = 5
"""Causes that one notice names. A run may have thousands of readers."""


class Trouble(StrEnum):
    """What a notice is about."""

    FAILED = "failed"
    UNDELIVERED = "undelivered"  # that readers were not reached is over
    SUSPENDED = "suspended"
    HELD = "held"
    NO_DATA = "no_data"  # of an alert rule; also when its data is back
    MISSED = "missed"  # slots never ran
    BUDGET = "budget"  # a connection's budget of requests was spent
    TOO_LATE = "too_late"  # messages waited until their time was over


@dataclass(frozen=True, slots=True)
class SlotSpan:
    """Slots in a row: `first` and `last` are both among the `count`."""

    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Cause:
    """`who`: a query of the report, a reader, or slots that were missed. `sentence`: the words of the service or the
    receiver, in their language. `slots`: of missed slots, so that each reader gets them in the own zone; None for
    anything else, and where an earlier version kept only the text.
    """

    who: str
    sentence: str
    slots: SlotSpan | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """`name`: the schedule's. `subject`: what notices are counted by; for a suspension it is what is suspended
    ("address mail ann@acme.example", "channel chat"), for a rule what it lacks ("no_data sales/weekly big"). `causes`:
    at most MOST_CAUSES; `more_causes`: the number of the others. `at`: when it happened. `repeats`: the number of
    events with the same subject since the last notice, the first of them at `repeats_since`. `held`: digests over the
    cap, of a notice to a reader; `more_causes` counts those beyond `MOST_HELD`.
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
    held: tuple[HeldDigest, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """A notice to send to `reader` (its id in the run). If one with the same subject was made on this day or a later
    one, the ledger only counts it for the next notice. `day`: in the operator's zone, as 2026-11-23. `before`: the
    subject before its rule was renamed, empty if there is none; its notices count too.
    """

    reader: str
    day: str
    notice: Notice
    before: str = ""


@dataclass(frozen=True, slots=True)
class NoticeEnd:
    """The end of the problem that notices with the subject `of` reported. It is reported once, and only if one of them
    was sent.
    """

    of: str
    request: NoticeRequest


@dataclass(frozen=True, slots=True)
class Suspension:
    """What a refusal suspends, until its cause is corrected. `subject`: as in Notice. `notice`: the notice about it,
    None without an operator.
    """

    subject: str
    sentence: str
    notice: NoticeRequest | None = None
