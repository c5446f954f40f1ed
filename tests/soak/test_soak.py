"""Kills at random places, over and over: nothing lost, no silent repeat, every slot accounted for, nothing open."""

import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.soak.counts import FILES, Counts, counts_of, entry_of, wait_until_closed
from tests.soak.faults import FaultStream
from tests.soak.schedules import ENDLESS, PROJECT, SPECIAL, TIMES, TORN_TEMPLATE, at_rest, main_schedules
from tests.support.installation import Installation, installation
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.flow.operate.replay import replay
from worker.flow.operate.settle import settle
from worker.flow.services import Services
from worker.sandbox.limits import Dialect

pytestmark = pytest.mark.alone

SEED = 20261121
LONGEST = 1500.0
"""Seconds after which the long form ends, whether or not every point was hit often enough."""

WITH_TOKEN = ("slack token", "owners' slack", "rows' slack", "alerts' slack")
"""Slack can be asked whether a post arrived, so that it never comes twice."""

SETTLED = {DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.REFUSED, DeliveryState.FAILED}


class Soak:
    """One form: `runs` of the main schedules, each point hit `wanted` times, or `longest` seconds."""

    def __init__(self, directory: Path, *, main: int, slowest: int, seed: int) -> None:
        self.directory, self.main, self.slowest, self.seed = directory, main, slowest, seed
        self.schedules = {**main_schedules(main, slowest), **SPECIAL}
        self.replayed: list[str] = []
        self.settled: dict[str, bool] = {}

    def go(
        self, *, runs: int, wanted: int, longest: float, every: float, patience: float
    ) -> tuple[Counts, datetime, datetime]:
        templates = self.directory / "project" / "templates" / "torn"
        templates.mkdir(parents=True)
        (templates / "email.txt.j2").write_text(TORN_TEMPLATE, encoding="utf-8")
        files = self.directory / FILES
        files.mkdir()
        project = PROJECT.replace("FILES", str(files))
        with installation(
            self.directory, clocks=2, workers=2, project=project, schedules=self.schedules, times=TIMES
        ) as here:
            here.box.call(lambda box: box.mail.faults.refuse("gone@acme.example", 550, ENDLESS))
            here.box.call(
                lambda box: box.close.limit.set(1000, 1, Dialect.DOCUMENTED)
            )  # it is not the budget that is tested here
            since = deployed_at(here)
            faults = FaultStream(here, self.seed, wanted, self.main)
            began = time.monotonic()
            while time.monotonic() - began < longest and not (faults.satisfied and main_runs(here) >= runs):
                for _ in range(25):
                    faults.go_on(every)
            faults.rest()
            until = self.stand_still(here)
            wait_until_closed(here, patience)
            self.settled = settle_held(here, counts_of(here))
            wait_until_closed(here, 30.0)
            found = counts_of(here, faults.hits)
            self.replayed = replayed(here, found)
            return found, since, until

    def stand_still(self, here: Installation) -> datetime:
        """Every schedule fires in a day; the instant from which that is so."""
        for name, text in self.schedules.items():
            here.write(name, at_rest(text))
        here.deploy()
        return deployed_at(here)


def deployed_at(here: Installation) -> datetime:
    async def look(services: Services) -> datetime:
        deployment = await services.deployments.deployed()
        assert deployment is not None
        return deployment.activated_at

    return here.ask(look)


def main_runs(here: Installation) -> int:
    async def look(services: Services) -> int:
        return sum(run.key.schedule.startswith("main-") for run in await services.lookups.runs(None, 100_000))

    return here.ask(look)


def settle_held(here: Installation, found: Counts) -> dict[str, bool]:
    """What an operator does who can ask the receivers: whether each held delivery had arrived, and it is said so."""
    held = {str(fate.row.key): fate.copies[0] > 0 for fate in found.fates if fate.row.held}

    async def say(services: Services) -> None:
        for key, arrived in held.items():
            await settle(services, key, arrived=arrived)

    here.ask(say, queue=True)
    return held


def replayed(here: Installation, found: Counts) -> list[str]:
    """Every closed delivery made again from what is stored: those whose bytes differ, each with its causes."""

    async def look(services: Services) -> list[str]:
        differ = []
        for run in found.runs:
            if run.snapshots:
                differ += [f"{made.row.key}: {made.causes}" async for made in replay(services, run) if not made.equal]
        return differ

    return here.ask(look)


def obeys(soak: Soak, found: Counts, since: datetime, until: datetime) -> None:
    """What must hold after any soak."""
    for name, text in soak.schedules.items():
        every = int(text.partition("every: ")[2].partition("s")[0])
        assert found.unaccounted(name, every, since, until) == []
    assert [fate.row.key for fate in found.fates if fate.lost] == []
    assert [fate.row.key for fate in found.fates if fate.silent] == []
    assert found.by_kind["webhook"].repeated == 0
    assert [kind for kind in WITH_TOKEN if found.by_kind[kind].repeated] == []
    assert found.strangers == 0
    assert [fate.row.key for fate in found.fates if fate.row.state not in SETTLED] == []
    twice_unclear = {key for key in soak.settled if "/held|" not in key}
    assert {str(fate.row.key) for fate in found.fates if fate.counted} >= twice_unclear
    assert not any(f"/{entry}|" in key for key in twice_unclear for entry in ("room", "ample", "alert:bell"))
    assert all(run.attempt >= 5 for run in found.abandoned())
    for fate in found.fates:
        ends_as_it_may(entry_of(fate.row), fate.row.state, fate.row.reason)
    for n in range(0, soak.main, 2):
        assert {fate.row.state for fate in found.of(f"main-{n}")} <= {DeliveryState.SENT}
    assert soak.replayed == []


def ends_as_it_may(entry: str, state: DeliveryState, reason: Reason | None) -> None:
    allowed = {
        "operator": {DeliveryState.SENT},  # the notice about a run that could fetch nothing
        "gone": {DeliveryState.REFUSED, DeliveryState.SKIPPED},
        "torn": {DeliveryState.FAILED, DeliveryState.SKIPPED},
    }.get(entry, {DeliveryState.SENT, DeliveryState.SKIPPED})
    assert state in allowed, (entry, state, reason)
    if state is DeliveryState.SKIPPED:
        without_address = {Reason.NO_ADDRESS} if entry in {"owners", "seats"} else set[Reason]()
        assert reason in {Reason.SUPERSEDED, Reason.SUSPENDED} | without_address, (entry, reason)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_forty_runs_under_fire_lose_nothing_and_repeat_nothing_silently(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soak = Soak(tmp_path, main=10, slowest=11, seed=SEED)
    found, since, until = soak.go(runs=40, wanted=0, longest=25.0, every=5.0, patience=120.0)
    with capsys.disabled():
        sys.stdout.write(f"\n{found.tables()}\n")
    obeys(soak, found, since, until)
    assert len(found.hits) >= 12
    mails = ("owners' email", "rows' email", "alerts' email")
    for kind in (*mails, "owners' slack", "rows' slack", "alerts' slack", "file"):
        assert found.by_kind[kind].sent > 0, kind


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_five_hundred_runs_under_fire_lose_nothing_and_repeat_nothing_silently(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soak = Soak(tmp_path, main=10, slowest=14, seed=SEED)
    found, since, until = soak.go(runs=500, wanted=20, longest=LONGEST, every=15.0, patience=480.0)
    with capsys.disabled():
        sys.stdout.write(f"\n{found.tables()}\n")
    obeys(soak, found, since, until)
    assert sum(run.key.schedule.startswith("main-") for run in found.runs) >= 500
    assert {what: n for what, (n, _) in found.by_point().items() if "." in what and n < 20} == {}
