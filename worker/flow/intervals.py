"""How long flow waits."""

from dataclasses import dataclass

from worker.domain.limits import LONGEST_FETCH


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds. `heartbeat`: how often a run's lease is renewed. `lookup_after`: the wait before a receiver is asked
    about an unclear message. `resend_after`: the wait before an unclear message is sent again, if the receiver cannot
    be asked. `retry_fetch`: the wait before a run without any answer is tried again. `backoff`: the wait before a
    delivery's second try; later waits are longer. `delivery_lease`: the time after which another process may assume
    that an attempt has ended. `longest_fetch`: how long one try of a run asks its sources at most.
    """

    heartbeat: float = 15.0
    lookup_after: float = 30.0
    resend_after: float = 600.0
    retry_fetch: float = 60.0
    backoff: float = 60.0
    delivery_lease: float = 60.0
    longest_fetch: float = LONGEST_FETCH.total_seconds()
