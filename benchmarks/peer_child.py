"""The memory of a clock that keeps a trigger object for every schedule, or every decoded definition."""

import sys
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from benchmarks.definitions import daily, schedule
from benchmarks.ground import memory_mb, say


def triggers(count: int) -> list[CronTrigger]:
    return [CronTrigger.from_crontab(daily(n).expression, UTC) for n in range(count)]


def definitions(count: int) -> list[Any]:
    return [schedule(n, "cron") for n in range(count)]


def jobs(count: int) -> BackgroundScheduler:
    """APScheduler's memory store, paused: jobs are added, and nothing fires."""
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.start(paused=True)
    for n in range(count):
        scheduler.add_job(memory_mb, CronTrigger.from_crontab(daily(n).expression, UTC))
    return scheduler


KINDS: dict[str, Callable[[int], Any]] = {"triggers": triggers, "definitions": definitions, "jobs": jobs}


def main(kind: str, count: int) -> None:
    base, began = memory_mb(), time.perf_counter()
    held = KINDS[kind](count)
    say({"seconds": time.perf_counter() - began, "added_mb": memory_mb() - base})
    if isinstance(held, BackgroundScheduler):
        held.shutdown(wait=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
