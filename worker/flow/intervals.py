"""How long flow waits for what."""

from dataclasses import dataclass

from worker.domain.limits import LONGEST_FETCH


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds. `lookup_after`: how long a receiver that can be asked is given; `resend_after`: how long an unclear
    message waits where nobody can be asked; `heartbeat`: how often a run's lease is renewed; `retry_fetch`: before a
    run that brought nothing is tried again; `backoff`: before a delivery's second try, longer each time after it;
    `delivery_lease`: after how long somebody else may think that a delivery's attempt has ended; `longest_fetch`: for
    how long one try of a run asks its sources at most.
    """

    heartbeat: float = 15.0
    lookup_after: float = 30.0
    resend_after: float = 600.0
    retry_fetch: float = 60.0
    backoff: float = 60.0
    delivery_lease: float = 60.0
    longest_fetch: float = LONGEST_FETCH.total_seconds()
