"""Housekeeping: removes what is past its schedule's retention, a few runs at a time. The tick calls it.

Runs older than `retention.all` are thinned to one a day (the newest with a delivered digest). Runs older than
`retention.daily` are removed. Nothing is removed that a baseline, an open delivery or a later answer may still be
compared with. What a stored run was compared with stays as long as that run.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from worker.domain.decide import EXPIRES
from worker.domain.run import CLOSED, Run, RunKey, RunState
from worker.domain.schedule import Retention, Timing
from worker.domain.time.zones import day_start, wall, zone_named
from worker.ports import Upkeep

A_FEW = 50
"""Runs per call. Together they take some ten milliseconds, and Redis is blocked for less than one at a time."""

PAUSE = 1.0
"""Seconds between two calls, of all clocks together."""

A_DAYS = 200
"""Runs of one day that are thinned at once. The rest is thinned in the next round."""

WITH_DIGEST = frozenset({RunState.DELIVERED, RunState.PARTIAL})


async def housekeep(upkeep: Upkeep, timings: Mapping[str, Timing], now: datetime) -> int:
    """Returns the number of runs that were removed. Each run is removed in one step, so that killing the process does
    no harm.
    """
    part = await upkeep.next_batch(A_FEW, PAUSE)
    if part is None:
        return 0
    dropped: set[RunKey] = set()
    floors: dict[str, datetime] = {}
    for schedule, run in part.runs:
        if run.key in dropped:
            continue
        timing = timings.get(schedule)
        for past in await _past_keeping(upkeep, schedule, run, timing, now):
            if schedule not in floors:
                floors[schedule] = await upkeep.floor(schedule, now - EXPIRES) or now
            if await upkeep.drop(past.key, floors[schedule]):
                dropped.add(past.key)
    if part.ended:
        longest = max((t.retention.daily for t in timings.values()), default=Retention().daily)
        await upkeep.end_round(now - timedelta(seconds=longest))
    return len(dropped)


async def _past_keeping(
    upkeep: Upkeep, schedule: str, run: Run, timing: Timing | None, now: datetime
) -> tuple[Run, ...]:
    """The runs that are past their time: this run, or those of its day that need not be kept. A schedule that is no
    longer deployed has the default retention.
    """
    kept = timing.retention if timing else Retention()
    age = (now - run.key.slot).total_seconds()
    if age > kept.daily:
        return (run,)
    if age <= kept.all:
        return ()
    zone = zone_named(timing.trigger.zone if timing else "UTC")
    day = wall(run.key.slot, zone).date()
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    end = min(end, now - timedelta(seconds=kept.all))
    of_the_day = [r for r in await upkeep.runs_between(schedule, start, end, A_DAYS) if r.state in CLOSED]
    best = _best(of_the_day)
    return tuple(one for one in of_the_day if one is not best)


def _best(runs: list[Run]) -> Run | None:
    """Of one day: the newest with a delivered digest, else the newest."""
    return max(runs, key=lambda run: (run.state in WITH_DIGEST, run.key.slot), default=None)
