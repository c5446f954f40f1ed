"""Putting definitions in force, and what a deployment changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    HOURLY,
    NOW,
    TEAM,
    WEEKLY,
    Deployed,
    Emitted,
    FixedClock,
    Stepped,
    bundle_with,
    uses,
)
from worker.domain.delivery import Reader
from worker.domain.due.pauses import Pause
from worker.domain.due.spread import delay_of
from worker.domain.events import RunClaimed
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, Schedule
from worker.errors import ClaimLost, LedgerError, PreconditionFailed
from worker.flow.deploy.deploy import TRIES, Changes, changes, deploy
from worker.ports import ActivationBasis, Claimed, Deployment, SlotClaim

NEXT, MINUTE = NOW + HOUR, timedelta(minutes=1)
FASTER = replace(WEEKLY, trigger=replace(HOURLY, seconds=600))
RENAMED = replace(WEEKLY, id="sales", previously="weekly")
BOSS = replace(TEAM, id="boss", address="boss@acme.example")


class Clock(FixedClock):
    """`due`: when each schedule is due. `paused`: until when each is."""

    def __init__(self, due: Mapping[str, datetime] | None = None, paused: Mapping[str, Pause] | None = None) -> None:
        super().__init__()
        self.due_at, self.paused = dict({"weekly": NEXT} if due is None else due), paused or {}

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {name: at for name, at in self.due_at.items() if name in schedules}

    async def pauses(self) -> Mapping[str, Pause]:
        return self.paused


class Claims(Clock):
    """What is claimed is due next when the claim says."""

    claims: Sequence[SlotClaim] = ()

    async def claim(self, batch: Sequence[SlotClaim], pid: int) -> Claimed:
        self.claims = [*self.claims, *batch]
        self.due_at |= {one.schedule: one.next_due for one in batch if one.next_due}
        return Claimed((), (RunClaimed(None, pid),))


class Deployments(Deployed):
    """`lasts`: the newest slot of each schedule."""

    lasts: Mapping[str, datetime] = {}

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {name: slot for name, slot in self.lasts.items() if name in schedules}


class Activates(Deployments):
    """`overtaken`: how often somebody else deploys first."""

    overtaken = 0
    given: Sequence[Any] = ()

    async def activate(self, bundle: Bundle, *given: Any, **more: Any) -> Deployment:
        if self.overtaken:
            self.overtaken -= 1
            raise ClaimLost("the deployment")
        self.in_force, self.given = bundle, (*given, more["fresh"], more["basis"], more["carried"])
        return Deployment("new", NOW)


def parts(clock: Clock, deployments: Deployments) -> Any:
    return uses(clock=clock, deployments=deployments, events=Emitted(), pid=7, triggers=Stepped())


async def changed(
    old: Sequence[Schedule] | None, *new: Schedule, clock: Clock | None = None, **lasts: datetime
) -> Changes:
    deployments = Deployments(None if old is None else bundle_with(*old))
    deployments.lasts = lasts
    return await changes(bundle_with(*new), parts(clock or Clock(), deployments))


async def test_the_first_deployment_adds_everything_at_its_next_slot() -> None:
    found = await changed(None, WEEKLY, clock=Clock({}))
    assert (found.added, found.changed, found.removed, found.before) == (("weekly",), (), (), None)
    assert found.firsts == {"weekly": NEXT}
    assert found.basis == ActivationBasis(None, {})


async def test_what_is_in_force_already_changes_nothing() -> None:
    found = await changed([WEEKLY], WEEKLY)
    assert not found
    assert (found.added, found.changed, found.removed, found.firsts, found.overdue) == ((), (), (), {}, ())


async def test_a_change_that_moves_no_slot_leaves_what_is_due_to_the_clock() -> None:
    found = await changed([WEEKLY], replace(WEEKLY, name="Sales"), clock=Clock({"weekly": NOW - HOUR}))
    assert (bool(found), found.changed, found.firsts, found.overdue) == (True, ("weekly",), {}, ())


async def test_what_is_no_schedule_is_told_by_itself() -> None:
    deployments = Deployments(bundle_with(WEEKLY))
    other = bundle_with(replace(WEEKLY, name="Sales"), operator="ops@acme.example")
    found = await changes(other, parts(Clock(), deployments))
    assert [(one.kind, one.change) for one in found.definitions] == [("defaults", "changed"), ("schedule", "changed")]
    assert [one.kind for one in found.besides_schedules] == ["defaults"]


async def test_a_trigger_that_was_edited_is_due_at_its_own_next_slot() -> None:
    found = await changed([WEEKLY], FASTER)
    assert (found.changed, found.firsts) == (("weekly",), {"weekly": NOW + 10 * MINUTE})
    assert found.basis == ActivationBasis("bundle", {"weekly": NEXT})


async def test_spread_delays_what_is_due_and_moves_no_slot() -> None:
    found = await changed([WEEKLY], replace(WEEKLY, spread=1800))
    assert found.firsts == {"weekly": NEXT + delay_of("weekly", 1800)}


async def test_a_schedule_that_waits_past_its_next_slot_is_brought_back_when_it_changes() -> None:
    ahead = Clock({"weekly": NOW + 5 * HOUR})
    found = await changed([WEEKLY], replace(WEEKLY, paused=True), clock=ahead)
    assert found.firsts == {"weekly": NEXT}


async def test_what_was_due_under_the_old_trigger_is_claimed_under_it_first() -> None:
    found = await changed([WEEKLY], FASTER, clock=Clock({"weekly": NOW - HOUR}))
    [claim] = found.overdue
    assert ([run.key.slot for run in claim.runs], claim.next_due) == ([NOW], NEXT)
    assert [(row.count, row.reason) for row in claim.missed] == [(1, Reason.CAUGHT_UP)]


async def test_what_was_due_during_a_pause_is_missed_before_its_schedule_goes() -> None:
    clock = Clock({"weekly": NOW - HOUR}, {"weekly": Pause()})
    found = await changed([WEEKLY], clock=clock)
    assert found.removed == ("weekly",)
    [claim] = found.overdue
    assert (claim.runs, [row.reason for row in claim.missed]) == ((), [Reason.PAUSED])


async def test_a_renamed_schedule_is_neither_added_nor_removed_and_keeps_what_is_due() -> None:
    found = await changed([WEEKLY], RENAMED, clock=Clock({"weekly": NOW}))
    assert (found.renamed, found.added, found.removed) == ((("weekly", "sales"),), (), ())
    assert found.firsts == {"sales": NOW}
    assert found.overdue == (), "the slot waits for its new name"


async def test_an_old_id_that_is_still_used_is_no_rename() -> None:
    found = await changed([WEEKLY], WEEKLY, RENAMED)
    assert (found.renamed, found.added) == ((), ("sales",))


async def test_who_is_no_longer_named_is_dropped_and_who_left_with_a_schedule_is_not() -> None:
    found = await changed([replace(WEEKLY, to=(TEAM, BOSS))], WEEKLY)
    assert found.dropped == (Reader("weekly", "boss", "boss@acme.example"),)
    renamed = await changed([replace(WEEKLY, to=(TEAM, BOSS))], RENAMED)
    assert renamed.dropped == (Reader("sales", "boss", "boss@acme.example"),)
    assert (await changed([WEEKLY])).dropped == ()


async def test_a_deployment_hands_the_ledger_what_it_was_made_from() -> None:
    deployments = Activates(bundle_with(WEEKLY, replace(WEEKLY, id="gone")))
    new = bundle_with(RENAMED, replace(WEEKLY, id="daily"))
    deployment, found = await deploy(new, parts(Claims(), deployments))
    assert (deployment.bundle, deployments.in_force) == ("new", new)
    firsts, gone, dropped, fresh, basis, carried = deployments.given
    assert firsts == {"sales": NEXT, "daily": NEXT}
    assert (gone, dropped, fresh, carried) == (("gone", "weekly"), (), ("daily", "sales"), {})
    assert basis == found.basis


async def test_nothing_is_fresh_in_a_first_deployment() -> None:
    """Its schedules may carry on what an emptied ledger still has of them."""
    deployments = Activates(None)
    await deploy(bundle_with(WEEKLY), parts(Claims({}), deployments))
    assert deployments.given[3] == ()


async def test_what_is_overdue_is_claimed_and_told_before_the_new_definitions_are_in_force() -> None:
    clock, deployments = Claims({"weekly": NOW - HOUR}), Activates(bundle_with(WEEKLY))
    given = parts(clock, deployments)
    _, found = await deploy(bundle_with(FASTER), given)
    assert [one.expected for one in clock.claims] == [NOW - HOUR]
    assert given.events.facts == [RunClaimed(None, 7)]
    assert found.overdue == ()
    assert found.basis.pending == {"weekly": NEXT}


@pytest.mark.parametrize("times", [1, TRIES - 1])
async def test_a_deployment_that_another_one_overtook_is_made_anew(times: int) -> None:
    deployments = Activates(bundle_with(WEEKLY))
    deployments.overtaken = times
    await deploy(bundle_with(FASTER), parts(Claims(), deployments))
    assert deployments.in_force == bundle_with(FASTER)


class Overtaken(Activates):
    """Another deployment comes in force while this one is made."""

    async def deployed(self) -> Deployment | None:
        return Deployment("other" if self.overtaken < 1 else "bundle", NOW)


async def test_a_deployment_upon_another_than_is_in_force_is_refused_also_if_that_changes_meanwhile() -> None:
    given = Activates(bundle_with(WEEKLY))
    with pytest.raises(PreconditionFailed, match="another deployment is current"):
        await deploy(bundle_with(FASTER), parts(Claims(), given), {"old"})
    await deploy(bundle_with(FASTER), parts(Claims(), given), {"old", "bundle"})
    late = Overtaken(bundle_with(WEEKLY))
    late.overtaken = 1
    with pytest.raises(PreconditionFailed):
        await deploy(bundle_with(FASTER), parts(Claims(), late), {"bundle"})
    assert late.in_force == bundle_with(WEEKLY)


async def test_others_that_keep_deploying_are_said_and_the_old_definitions_stay() -> None:
    deployments = Activates(bundle_with(WEEKLY))
    deployments.overtaken = TRIES
    with pytest.raises(LedgerError, match="kept deploying at the same time; deploy again"):
        await deploy(bundle_with(FASTER), parts(Claims(), deployments))
    assert deployments.in_force == bundle_with(WEEKLY)


async def test_deploying_twice_changes_nothing_the_second_time() -> None:
    deployments = Activates(bundle_with(WEEKLY))
    given = parts(Claims(), deployments)
    await deploy(bundle_with(FASTER), given)
    given.clock.due_at |= deployments.given[0]
    _, found = await deploy(bundle_with(FASTER), given)
    assert not found
    assert deployments.given[:2] == ({}, ())
