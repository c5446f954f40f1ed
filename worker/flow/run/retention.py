"""Housekeeping: what is past its schedule's retention goes, a little at a time, called by the tick.

Runs older than `retention.all` are thinned to one a day (the newest that told somebody something), those older than
`retention.daily` go. Nothing goes that a baseline, an open delivery or a later answer may still be compared with; what
a kept run was compared with stays as long as that run.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from worker.domain.decide import EXPIRES
from worker.domain.run import CLOSED, Run, RunKey, RunState
from worker.domain.schedule import Retention, Timing
from worker.domain.time.zones import day_start, wall, zone_named
from worker.ports import Upkeep

A_FEW = 50
"""Runs looked at in one call: together they take some ten milliseconds, of which Redis is blocked for less than one at
a time.
"""

PAUSE = 1.0
"""Seconds between two calls, of all clocks together."""

A_DAYS = 200
"""Runs of one day that are thinned at once; what is left of them is thinned again in the next round."""

SENT_SOMETHING = frozenset({RunState.DELIVERED, RunState.PARTIAL})


async def housekeep(upkeep: Upkeep, timings: Mapping[str, Timing], now: datetime) -> int:
    """Returns how many runs went. Killed anywhere, nothing is half gone: each run goes in one step."""
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
    """What is past its time: the run, or those beside which it need not be kept. A schedule that is no longer deployed
    is kept like one that says nothing.
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
    """Of one day: the newest that told somebody something, else the newest."""
    return max(runs, key=lambda run: (run.state in SENT_SOMETHING, run.key.slot), default=None)
