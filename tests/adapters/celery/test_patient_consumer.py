"""How often a worker tries a broker that refuses, and how often it says so."""

import logging

import pytest

from worker.adapters.celery.patient_consumer import FIRST, LONGEST, OncePerChange, pause_after


@pytest.mark.parametrize(("failures", "longest"), [(1, FIRST), (2, 1.0), (3, 2.0), (6, LONGEST), (5000, LONGEST)])
def test_each_pause_is_twice_as_long_up_to_a_bound_and_never_the_same(failures: int, longest: float) -> None:
    pauses = {pause_after(failures) for _ in range(50)}
    assert all(longest / 2 <= pause <= longest for pause in pauses)
    assert len(pauses) > 1


def record(line: str, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord("celery", level, "", 0, "%s", (line,), None)


def test_a_line_is_logged_at_each_change_and_each_minute() -> None:
    now = 0.0
    once = OncePerChange(lambda: now)
    lines = ["lost", "refused", "refused", "refused", "usable", "lost"]
    assert [line for line in lines if once.filter(record(line))] == ["lost", "refused", "usable", "lost"]
    passed = 0
    for second in range(600):
        now = float(second)
        passed += once.filter(record("refused"))
    assert passed == 10
    assert all(once.filter(record("refused", logging.INFO)) for _ in range(3)), "a person asked for more"
