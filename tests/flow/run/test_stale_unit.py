"""Whether "now" belongs to a newer slot than a run's."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import HOUR, NOW, RUN, WEEKLY, Deployed, Stepped, bundle_with, uses
from worker.domain.run import Run, RunKey
from worker.domain.schedule import CatchUp
from worker.flow.run.stale import gives_way, is_stale
from worker.ports import RunLease


def lease(run: Run = RUN, *, late: float = 0, postponed: bool = False) -> RunLease:
    """`late`: hours from the slot to the worker."""
    return RunLease(run, 1, NOW + late * HOUR, postponed=postponed)


def parts(schedule: Any = WEEKLY) -> Any:
    return uses(deployments=Deployed(bundle_with(schedule)), triggers=Stepped())


async def test_a_run_is_stale_once_the_next_slot_is_due() -> None:
    assert not await is_stale(parts(), WEEKLY, lease(late=0.9))
    assert await is_stale(parts(), WEEKLY, lease(late=1.1))
    claimed_late = replace(RUN, claimed_at=NOW + 2 * HOUR)
    assert await is_stale(parts(), WEEKLY, lease(claimed_late))


async def test_a_slot_that_an_edit_took_away_makes_nothing_stale() -> None:
    edited = replace(WEEKLY, trigger=replace(WEEKLY.trigger, seconds=86_400))
    assert not await is_stale(parts(edited), WEEKLY, lease(late=1.1))


@pytest.mark.parametrize(
    ("catch_up", "run", "postponed", "expected"),
    [
        (CatchUp.LATEST, RUN, False, True),
        (CatchUp.ALL, RUN, False, False),
        (CatchUp.LATEST, RUN, True, False),
        (CatchUp.LATEST, replace(RUN, trigger="manual"), False, False),
        (CatchUp.LATEST, replace(RUN, key=RunKey("weekly", NOW, "event", "0a0a0a0a")), False, False),
    ],
)
def test_only_a_run_that_nobody_asked_for_gives_way(
    catch_up: CatchUp, run: Run, postponed: bool, expected: bool
) -> None:
    assert gives_way(replace(WEEKLY, catch_up=catch_up), lease(run, postponed=postponed)) is expected
