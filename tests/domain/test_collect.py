"""The fixed times of a reader whose digests are collected."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from worker.domain.collect import next_collection
from worker.domain.schedule import Collect

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("collect", "moment", "found"),
    [
        (Collect.DAILY, "2026-11-23T07:59", "2026-11-23T08:00"),
        (Collect.DAILY, "2026-11-23T08:00", "2026-11-24T08:00"),
        (Collect.WEEKLY, "2026-11-23T07:59", "2026-11-23T08:00"),
        (Collect.WEEKLY, "2026-11-23T08:00", "2026-11-30T08:00"),
        (Collect.WEEKLY, "2026-11-29T23:59", "2026-11-30T08:00"),
        (Collect.DAILY, "2026-03-28T12:00", "2026-03-29T08:00"),
    ],
)
def test_it_is_eight_on_the_readers_clock(collect: Collect, moment: str, found: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    assert next_collection(collect, at, BERLIN) == datetime.fromisoformat(found).replace(tzinfo=BERLIN)


def test_who_does_not_collect_has_none() -> None:
    assert next_collection(Collect.NONE, datetime(2026, 11, 23, tzinfo=BERLIN), BERLIN) is None
