"""What a tick claims for a schedule whose slot has come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.triggers import ApTriggers
from worker.domain.schedule import CatchUp, Schedule, Timing, Trigger
from worker.flow.run.tick import deadline, slot_claim
from worker.ports import Due

TRIGGERS = ApTriggers()
NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # Berlin sets its clocks back an hour later
DAILY = Trigger("cron", "Europe/Berlin", expression="30 2 * * *")
OFTEN = Trigger("cron", "Europe/Berlin", expression="*/5 * * * *")
EVERY = Trigger("every", "UTC", seconds=20)


def timings(trigger: Trigger, catch_up: CatchUp = CatchUp.LATEST, within: int | None = None) -> dict[str, Timing]:
    return {"tern/weekly": Timing(trigger, catch_up, 60, within)}


@given(
    trigger=st.sampled_from([DAILY, OFTEN, EVERY]),
    catch_up=st.sampled_from(CatchUp),
    within=st.sampled_from([None, 90]),
    late=st.integers(0, 8 * 86400),
)
@settings(max_examples=60, deadline=None)
def test_every_claimed_run_has_the_deadline_that_a_run_begun_now_has(
    trigger: Trigger, catch_up: CatchUp, within: int | None, late: int
) -> None:
    schedule = Schedule(trigger, id="tern/weekly", name="Weekly", report=(), catch_up=catch_up, within=within)
    due = TRIGGERS.next(trigger, NOW - timedelta(seconds=late))
    assert due is not None
    now = max(NOW, due)
    found = slot_claim(TRIGGERS, timings(trigger, catch_up, within), "b", Due("tern/weekly", due), now)
    assert found is not None
    assert found.runs or found.missed
    for claim in found.runs:
        assert claim.deadline == deadline(TRIGGERS, schedule, now)


def test_a_schedule_that_the_bundle_does_not_hold_gives_no_claim() -> None:
    assert slot_claim(TRIGGERS, timings(DAILY), "b", Due("tern/other", NOW), NOW) is None
