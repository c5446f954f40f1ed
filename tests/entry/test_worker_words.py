"""What `trigger` says of workers: what is known, and since when."""

from datetime import UTC, datetime, timedelta

from worker.domain.heartbeat import Alive
from worker.entry.worker_words import run_waits

NOW = datetime(2026, 11, 30, 17, tzinfo=UTC)


def test_a_worker_that_reported_lately_takes_the_run() -> None:
    assert run_waits([Alive("worker", "here", 2, NOW - timedelta(seconds=29))], NOW) == ""


def test_without_a_report_nothing_is_claimed_about_a_worker_that_has_just_started() -> None:
    """It said "No worker is running" three seconds after `up` had started one."""
    said = run_waits([Alive("clock", "here", 1, NOW)], NOW)
    assert said.startswith("No worker reported in the last 30 seconds. One that has just started takes the run soon;")


def test_the_time_of_the_last_report_is_said() -> None:
    long_ago = NOW - timedelta(minutes=5, microseconds=1)
    said = run_waits([Alive("worker", "here", 2, long_ago - timedelta(1)), Alive("worker", "b", 3, long_ago)], NOW)
    assert f", the last at {long_ago.replace(microsecond=0):%Y-%m-%dT%H:%M:%SZ}. One that" in said
