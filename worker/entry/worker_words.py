"""What is known about workers when a run was queued."""

from collections.abc import Iterable
from datetime import datetime

from worker.domain.heartbeat import Alive
from worker.domain.run import stamp
from worker.flow.operate.doctor import QUIET


def run_waits(seen: Iterable[Alive], now: datetime) -> str:
    """Why the run may have to wait; empty if a worker takes it soon. A worker reports some seconds after its start."""
    last = max((one.seen for one in seen if one.kind == "worker"), default=None)
    if last is not None and now - last < QUIET:
        return ""
    known = f", the last at {stamp(last.replace(microsecond=0))}" if last is not None else ""
    quiet = f"No worker reported in the last {QUIET.total_seconds():.0f} seconds{known}."
    return f"{quiet} One that has just started takes the run soon; if none runs, start `funnelbeat up`."
