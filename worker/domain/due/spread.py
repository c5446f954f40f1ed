"""`spread:` distributes the due instants of schedules that share a slot over some minutes. The slots do not change.

The delay depends only on the schedule's id, so it is the same on every machine and in every deployment.
"""

import hashlib
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from worker.domain.schedule import Trigger
from worker.domain.time import cron
from worker.domain.time.duration import DAY

_SHARES = 2**32


@lru_cache(maxsize=4096)
def delay_of(schedule: str, spread: int) -> timedelta:
    """How long after its slot a schedule is due: whole seconds, at least 0 and less than `spread`."""
    if not spread:
        return timedelta()
    share = int.from_bytes(hashlib.sha256(schedule.encode()).digest()[:4])
    return timedelta(seconds=spread * share // _SHARES)


def shortest_interval(trigger: Trigger) -> int:
    """Seconds of wall time between the two closest slots, on days without a change of clocks."""
    if trigger.kind == "every":
        return trigger.seconds
    fields = cron.parse(trigger.expression)
    times = [hour * 3600 + minute * 60 for hour in fields.hour for minute in fields.minute]
    over_night = DAY - times[-1] + times[0]
    return min([later - earlier for earlier, later in pairwise(times)] + [over_night])
