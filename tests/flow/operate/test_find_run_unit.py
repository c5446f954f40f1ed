"""Which run a person means."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fakes import HOUR, KEY, NOW, RUN, WEEKLY, Deployed, KnownDeliveries, KnownRuns, bundle_with
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.run import Run, RunKey, RunState
from worker.errors import LedgerError, NotFound, RequestError
from worker.flow.operate.find_run import FAR, deployed_schedule, find_delivery, find_run, refuse_slot_to_come

OLDER = replace(RUN, key=RunKey("weekly", NOW - HOUR))
MANUAL = replace(RUN, key=RunKey("weekly", NOW, "manual", "0123abcd"))
DAILY = replace(RUN, key=RunKey("daily", NOW))
IN_FORCE = bundle_with(WEEKLY, replace(WEEKLY, id="monthly"))


def known_to(lookups: Any, in_force: Any = IN_FORCE) -> Any:
    return SimpleNamespace(lookups=lookups, deployments=Deployed(in_force))


KNOWN = known_to(KnownRuns(MANUAL, RUN, DAILY, OLDER))


@pytest.mark.parametrize("run", [MANUAL, RUN, OLDER])
async def test_a_whole_key_is_that_very_run_though_a_longer_one_begins_like_it(run: Run) -> None:
    assert await find_run(KNOWN, str(run.key)) is run


@pytest.mark.parametrize(
    ("reference", "run"), [("weekly@latest", MANUAL), ("weekly@-1", RUN), ("weekly@-2", OLDER), ("daily@latest", DAILY)]
)
async def test_runs_are_counted_back_from_the_newest_of_their_schedule(reference: str, run: Run) -> None:
    assert await find_run(KNOWN, reference) is run


@pytest.mark.parametrize(("reference", "run"), [("weekly@2026-11-16T07", OLDER), ("da", DAILY)])
async def test_the_beginning_of_one_key_is_enough(reference: str, run: Run) -> None:
    assert await find_run(KNOWN, reference) is run


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("weekly@2026-11-16T08", "2 runs begin with it"),
        ("monthly", "no run begins with it"),
        ("weekly@-3", "weekly has 3 runs, so there is no @-3"),
        ("monthly@latest", "monthly has no run yet"),
        ("daily@-1", "daily has 1 run, so there is no @-1"),
        ("weekyl@latest", "no schedule 'weekyl' is deployed; did you mean `weekly`[?] Deployed are: monthly, weekly"),
        ("weekyl@-3", "no schedule 'weekyl' is deployed"),
        ("weekyl@2026-11", "no schedule 'weekyl' is deployed"),
        ("monthly@2026-11", "no run begins with it"),
        ("daily@1999", "no run begins with it"),
    ],
)
async def test_what_names_no_single_run_is_refused_and_says_why(reference: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        await find_run(KNOWN, reference)


async def test_before_the_first_deployment_no_schedule_is_unknown() -> None:
    with pytest.raises(RequestError, match="monthly has no run yet"):
        await find_run(known_to(KnownRuns(), None), "monthly@latest")


def run(number: int) -> Run:
    slot = datetime.fromtimestamp(1_700_000_000 + 60 * number, UTC)
    return Run(RunKey("weekly", slot), RunState.DELIVERED, "cron", "bundle", 1, slot, slot, 1)


async def test_a_delivery_is_named_by_its_run_and_its_reader() -> None:
    row = Delivery(KEY, DeliveryState.SENT)
    known = known_to(KnownDeliveries(row))
    assert await find_delivery(known, str(KEY)) is row
    assert await find_delivery(known, f"weekly@latest/{KEY.reader}") is row
    with pytest.raises(NotFound, match=r"has no reader 'other\|x'"):
        await find_delivery(known, "weekly@latest/other|x")
    with pytest.raises(RequestError, match="'weekly' is no delivery; write RUN/READER"):
        await find_delivery(known, "weekly")


class ManyRuns:
    """Newest first, as a ledger tells them."""

    async def runs(self, schedule: str | None, limit: int, before: str = "") -> Sequence[Run]:
        return [run(number) for number in range(FAR + 500, 0, -1)][:limit]

    async def run(self, key: RunKey) -> Run | None:
        return None


async def test_a_prefix_is_looked_for_in_every_run() -> None:
    many = known_to(ManyRuns())
    oldest = str(run(1).key)
    assert str((await find_run(many, oldest[:-1])).key) == oldest
    with pytest.raises(RequestError, match="no run begins with it"):
        await find_run(many, "weekly@1999")


async def deployed(in_force: Any, schedule: str) -> Any:
    deployments: Any = Deployed(in_force)
    return await deployed_schedule(deployments, schedule)


async def test_a_schedule_that_is_deployed_comes_with_the_id_of_its_bundle() -> None:
    assert await deployed(bundle_with(WEEKLY), "weekly") == ("bundle", WEEKLY)


@pytest.mark.parametrize(
    ("in_force", "words"),
    [
        (None, "nothing is deployed yet: run `funnelbeat deploy` first"),
        (bundle_with(), "no schedule 'other' is deployed; deployed are: none"),
        (bundle_with(WEEKLY, replace(WEEKLY, id="daily")), "deployed are: daily, weekly"),
    ],
)
async def test_a_schedule_that_is_not_deployed_is_refused_and_the_others_are_named(in_force: Any, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        await deployed(in_force, "other")


class Lost(Deployed):
    async def bundle(self, bundle_id: str) -> None:
        return None


async def test_a_bundle_that_redis_lost_is_no_mistake_of_the_person() -> None:
    deployments: Any = Lost(bundle_with(WEEKLY))
    with pytest.raises(LedgerError, match="deploy again"):
        await deployed_schedule(deployments, "weekly")


def test_a_slot_to_come_is_refused_and_one_of_this_moment_is_not() -> None:
    refuse_slot_to_come("--at", NOW, NOW)
    with pytest.raises(RequestError, match=r"--at: found 2026-11-16T08:00:00.001Z, which has not come yet"):
        refuse_slot_to_come("--at", NOW + timedelta(milliseconds=1), NOW)
