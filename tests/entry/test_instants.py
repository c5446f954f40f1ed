"""Instants on the command line, as people write and read them."""

import time
from datetime import UTC, datetime

import pytest

from worker.entry.instants import local_words


def test_a_table_for_people_says_day_time_and_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`deployments` printed no zone, and `alerts silences` an instant of UTC with milliseconds."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        shown = local_words(datetime(2026, 12, 8, 3, 11, 15, 215_000, tzinfo=UTC))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert shown == "Tue 08 Dec 2026 04:11 CET"
