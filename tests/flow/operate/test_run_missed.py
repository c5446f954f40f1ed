"""A row of missed slots without one of them: what is left is the other slots, no more and no less."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.triggers import ApTriggers
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.schedule import Trigger
from worker.errors import RequestError
from worker.flow.operate.run_missed import around

TRIGGERS = ApTriggers()
START = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
NAMED = [
    Trigger("every", "UTC", seconds=7, start=START - timedelta(seconds=3)),
    Trigger("every", "UTC", seconds=50_000),
    Trigger("cron", "Europe/Berlin", "*/30 * * * *"),
    Trigger("cron", "Europe/Berlin", "30 2 * * *"),
    Trigger("cron", "Europe/Berlin", "0 9 * * MON-FRI"),
]


def row_of(slots: list[datetime]) -> MissedRow:
    return MissedRow(slots[0], slots[-1], len(slots), Reason.CAUGHT_UP, schedule="daily")


def slots_of(trigger: Trigger, row: MissedRow) -> list[datetime]:
    coming = TRIGGERS.upcoming(trigger, row.first - timedelta(milliseconds=1))
    found = list(islice(coming, row.count))
    assert (found[0], found[-1]) == (row.first, row.last)
    return found


@given(st.sampled_from(NAMED), st.integers(1, 40), st.data())
@settings(max_examples=80, deadline=None)
def test_what_is_left_of_a_row_is_every_other_slot(trigger: Trigger, count: int, data: st.DataObject) -> None:
    slots = list(islice(TRIGGERS.upcoming(trigger, START), count))
    taken = data.draw(st.sampled_from(slots))
    rest = around(TRIGGERS, trigger, row_of(slots), taken)
    assert all((row.schedule, row.reason) == ("daily", Reason.CAUGHT_UP) for row in rest)
    assert [slot for row in rest for slot in slots_of(trigger, row)] == [slot for slot in slots if slot != taken]


@pytest.mark.parametrize("trigger", NAMED)
def test_a_row_that_another_trigger_named_is_not_told_apart(trigger: Trigger) -> None:
    slots = list(islice(TRIGGERS.upcoming(trigger, START), 5))
    other = Trigger("every", "UTC", seconds=11) if trigger.kind == "cron" else Trigger("cron", "UTC", "1 * * * *")
    for asked in (trigger, other):
        for slot in (slots[2] + timedelta(seconds=1), *([slots[2]] if asked is other else [])):
            with pytest.raises(RequestError, match="not named by the trigger"):
                around(TRIGGERS, asked, row_of(slots), slot)
    longer = MissedRow(slots[0], slots[-1], 6, Reason.CAUGHT_UP, schedule="daily")
    with pytest.raises(RequestError, match="missed are 6 slots"):
        around(TRIGGERS, trigger, longer, slots[2])


def test_of_two_slots_each_can_be_taken_whatever_named_them() -> None:
    one, two = START, START + timedelta(seconds=1234)
    for taken, left in ((one, two), (two, one)):
        assert around(TRIGGERS, NAMED[2], row_of([one, two]), taken) == (row_of([left]),)
    assert around(TRIGGERS, NAMED[2], row_of([one]), one) == ()
