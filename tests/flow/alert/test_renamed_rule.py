"""A rule whose id is renamed goes on: nothing is told again, nothing is lost, and its end is told to those who knew."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.domain.builders import deal
from tests.support.watched import MINUTE, SCHEDULE, TEAM, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import Actor, Door
from worker.domain.alert.rule import NO_DATA_AFTER
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey
from worker.flow.alert.acts import acknowledge
from worker.flow.alert.current import current
from worker.flow.alert.explain_rules import explain_rule

BIG, SMALL = 100_000, 100
ANN = Actor(Door.CLI, "ann")


def renamed(again: str = "", rule: str = "") -> str:
    return SCHEDULE.format(to=TEAM, rule=rule).replace("{id: big,", f"{{id: {again or 'large'}, previously: big,")


@pytest.mark.parametrize("rule", [", repeat: 10m", ", repeat: 10m, group: rule"])
async def test_a_rename_tells_nothing_anew_and_the_end_once(
    empty_redis: EmbeddedRedis, tmp_path: Path, rule: str
) -> None:
    async with watched(empty_redis.url, tmp_path / "p", rule=rule) as watch:
        await watch.run([deal("a", BIG), deal("b", SMALL)])
        [before] = await current(watch.services)
        await acknowledge(watch.services, ANN, before.fingerprint, "calling them")
        await watch.deploy(renamed(rule=rule))
        [listed] = await current(watch.services)
        assert (listed.rule.id, listed.fingerprint) == ("large", before.fingerprint), "before its first run, too"
        for values in ((BIG, SMALL), (BIG, SMALL), (BIG, BIG), (SMALL, BIG)):
            await watch.run([deal(name, value) for name, value in zip("ab", values, strict=True)])
        told = [(subject, reason) for _, subject, reason in await watch.told()]
        assert told == [("a", "first"), ("b", "new"), ("a", "resolved")], "no repeat: the acknowledgement went along"
        memory = await watch.services.alerts.memory("week")
        assert (set(memory.states), set(memory.states["large"].alerts)) == ({"large"}, {"b"})
        assert memory.acks == {}, "it ended with its alert"
        assert (await explain_rule(watch.services, "large", "b")).subjects


async def test_without_the_old_id_it_is_another_rule_whose_alerts_begin_anew(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    await watch.deploy(SCHEDULE.format(to=TEAM, rule="").replace("id: big", "id: large"))
    await watch.run([deal("a", BIG)])
    assert [reason for *_, reason in await watch.told()] == ["first", "first"]


async def test_a_process_that_dies_on_the_way_leaves_the_old_state_or_the_new_one(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    await watch.deploy(renamed())
    watch.deadly = ["run.evaluated", "run.delivering"]
    await watch.run([deal("a", BIG), deal("b", BIG)])
    await watch.calm()
    assert [(subject, reason) for _, subject, reason in await watch.told()] == [("a", "first"), ("b", "new")]
    assert set((await watch.services.alerts.memory("week")).states) == {"large"}


OTHER = "  - {id: other, name: Another, for_each: deals, if: row.value >= 1000000}\n"


async def late(watch: Watched, schedule: str, *, first: bool = True) -> None:
    """A run of the definition in force is claimed; then this one is deployed, and its run is done before that."""
    if first:
        await watch.run([deal("a", BIG)])
    older = await watch.claimed()
    await watch.deploy(schedule)
    await watch.run([deal("a", BIG)])
    await watch.work([older])
    await watch.run([deal("a", BIG)])


async def test_a_run_of_the_old_name_that_comes_late_tells_nothing_again(watch: Watched) -> None:
    await late(watch, renamed())
    await watch.run([deal("a", SMALL)])
    assert [reason for *_, reason in await watch.told()] == ["first", "resolved"]
    assert set((await watch.services.alerts.memory("week")).states) == {"large"}


def renamed_twice() -> tuple[str, str]:
    """Two deployments, one after the other."""
    return renamed(), renamed("huge").replace("previously: big", "previously: large")


async def test_a_rule_that_is_renamed_twice_before_its_next_run_tells_nothing_again(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    for schedule in renamed_twice():
        await watch.deploy(schedule)
    [listed] = await current(watch.services)
    assert listed.rule.id == "huge"
    for value in (BIG, SMALL):
        await watch.run([deal("a", value)])
    assert [reason for *_, reason in await watch.told()] == ["first", "resolved"]
    assert set((await watch.services.alerts.memory("week")).states) == {"huge"}


async def test_the_first_run_of_a_rule_tells_although_it_was_renamed_twice_meanwhile(watch: Watched) -> None:
    watch.rows = [deal("a", BIG)]
    older = await watch.claimed()
    for schedule in renamed_twice():
        await watch.deploy(schedule)
    await watch.work([older])
    assert [reason for *_, reason in await watch.told()] == ["first"]
    await watch.run([deal("a", BIG)])
    await watch.run([deal("a", SMALL)])
    assert [reason for *_, reason in await watch.told()] == ["first", "resolved"]


async def test_its_acknowledgement_stays(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    [before] = await current(watch.services)
    await acknowledge(watch.services, ANN, before.fingerprint, "calling them")
    await late(watch, renamed(), first=False)
    assert set((await watch.services.alerts.memory("week")).acks) == {before.fingerprint}


async def test_a_rule_that_was_removed_is_not_told_by_a_run_that_comes_late(watch: Watched) -> None:
    both = SCHEDULE.format(to=TEAM, rule="").replace("  - {id: big", OTHER + "  - {id: big")
    await watch.deploy(both)
    kept = "\n".join(line for line in both.splitlines() if "{id: big" not in line)
    await late(watch, kept)
    assert [reason for *_, reason in await watch.told()] == ["first"]
    assert set((await watch.services.alerts.memory("week")).states) == {"other"}


def without_rules() -> str:
    lines = SCHEDULE.format(to=TEAM, rule="").replace("send: on_alert", "send: always").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("alerts:", "  - {id: big", "  - {id: other")))


async def test_a_run_that_comes_late_after_the_last_rule_was_removed_tells_nothing_again(watch: Watched) -> None:
    await late(watch, without_rules())
    assert [reason for *_, reason in await watch.told()] == ["first"]
    memory = await watch.services.alerts.memory("week")
    assert (memory.states, memory.acks) == ({}, {})


async def test_a_run_that_comes_late_leaves_a_rule_that_came_afterwards_alone(watch: Watched) -> None:
    """All rules were removed, and another one was deployed before the late run."""
    await watch.run([deal("a", BIG)])
    older = await watch.claimed()
    await watch.deploy(without_rules())
    await watch.run([deal("a", BIG)])
    await watch.deploy(without_rules() + "\nalerts:\n" + OTHER)
    await watch.work([older])
    await watch.run([deal("a", BIG)])
    assert [reason for *_, reason in await watch.told()] == ["first"]
    assert set((await watch.services.alerts.memory("week")).states) == {"other"}


async def test_a_run_that_comes_before_the_first_one_without_rules_still_tells_what_is_new(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    older = await watch.claimed()
    await watch.deploy(without_rules())
    watch.rows = [deal("a", BIG), deal("b", BIG)]
    await watch.work([older])
    assert [(subject, reason) for _, subject, reason in await watch.told()] == [("a", "first"), ("b", "new")]


async def test_a_run_of_an_older_slot_that_took_the_state_along_gives_it_back(watch: Watched) -> None:
    """`run --at` of a slot that has passed is done under the new name before a run of the old name is."""
    await watch.run([deal("a", BIG)])
    between = watch.slot + 2 * MINUTE
    older = await watch.claimed()
    await watch.deploy(renamed())
    deployment = await watch.services.deployments.deployed()
    assert deployment is not None
    asked = RunKey("week", between, "manual", "00000001")
    await watch.services.clock.request(Claim(asked, deployment.bundle, "manual", watch.slot + 30 * MINUTE), 1)
    await watch.work([asked])
    assert set((await watch.services.alerts.memory("week")).states) == {"large"}
    await watch.work([older])
    await watch.run([deal("a", BIG)])
    await watch.run([deal("a", SMALL)])
    assert [reason for *_, reason in await watch.told()] == ["first", "resolved"]


async def operator_notices(watch: Watched) -> list[tuple[Reason, str, int]]:
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    told = [row.notice for row in rows if row.notice is not None]
    about = {Reason.NO_DATA, Reason.DATA_BACK}
    return [(one.reason, one.subject, one.repeats) for one in told if one.reason in about]


async def without_data(watch: Watched) -> None:
    """The service is down until the rule says that it has no data; then the data is back."""
    for _ in range(NO_DATA_AFTER):
        watch.rows = None
        key = await watch.claimed()
        await watch.ledger.set(watch.slot + 31 * MINUTE)
        await watch.work([key])
        watch.slot = watch.ledger.at
    await watch.run([deal("a", SMALL)])


async def test_a_rule_without_data_is_told_once_a_day_also_if_it_is_renamed_meanwhile(watch: Watched) -> None:
    await watch.run([deal("a", SMALL)])
    await without_data(watch)
    await watch.deploy(renamed())
    await without_data(watch)
    told = [(Reason.NO_DATA, "no_data week big", 0), (Reason.DATA_BACK, "data_back week big", 0)]
    assert await operator_notices(watch) == told
    watch.slot = watch.ledger.at.replace(hour=9) + timedelta(days=1)
    await without_data(watch)
    told += [(Reason.NO_DATA, "no_data week large", 1), (Reason.DATA_BACK, "data_back week large", 1)]
    assert await operator_notices(watch) == told, "what was not told is counted"
    subjects = await watch.ledger.scripts.ask("HKEYS", "acme:notices")
    assert [one for one in subjects if b"week big" in one] == []
