"""Intervals of the ledger. The defaults are those of worker.settings."""

from dataclasses import dataclass

from worker.domain.limits import LONGEST_WAIT


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Seconds.

    `republish`: unpublished work is published again after this time, doubled each time. `recount`: how often the
    deliveries of a delivering run are counted again. `patience`: a turn of a bucket further away is not reserved.
    `keep`: lifetime of snapshots that a run holds, longer than any baseline is used. `notice`: how long a notice is
    tried.
    """

    run_lease: float = 60.0
    delivery_lease: float = 60.0
    republish: float = 30.0
    lookup_after: float = 30.0
    recount: float = 60.0
    patience: float = LONGEST_WAIT
    keep: float = 401 * 86400.0
    notice: float = 86400.0

    def ms(self, name: str) -> int:
        seconds: float = getattr(self, name)
        return max(1, round(seconds * 1000))
