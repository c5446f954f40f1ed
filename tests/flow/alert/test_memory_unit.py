"""What is remembered of rules, by the ids that they have now."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.alert_fakes import BIG, FIRING, WATCHED, Ledger, Renamed, parts
from tests.support.fakes import bundle_with
from worker.domain.alert.rule import Rule
from worker.flow.alert.memory import fault_of_state, memory_of
from worker.ports import AlertMemory

STATES = AlertMemory("weekly", {"big": FIRING}, {})
LARGE = replace(BIG, id="large", previously="big")


async def test_a_rule_that_was_renamed_goes_on_with_the_state_of_its_old_id() -> None:
    memory = await memory_of(parts(Ledger(STATES)), replace(WATCHED, alerts=(LARGE,)))
    assert memory.states["large"] == replace(FIRING, version=0, origin="big")
    assert memory.states["big"] == FIRING, "until a run has written the new one"


async def test_a_state_of_its_own_comes_before_an_old_one() -> None:
    both = replace(STATES, states={"big": FIRING, "large": replace(FIRING, version=7)})
    assert await memory_of(parts(Ledger(both)), replace(WATCHED, alerts=(LARGE,))) == both


async def test_a_second_rename_keeps_the_first_origin() -> None:
    twice = replace(STATES, states={"large": replace(FIRING, origin="big")})
    rules = (replace(BIG, id="largest", previously="large"),)
    memory = await memory_of(parts(Ledger(twice)), replace(WATCHED, alerts=rules))
    assert memory.states["largest"].origin == "big"


async def test_a_rule_that_was_renamed_twice_goes_on_with_the_state_of_the_first_id() -> None:
    """Nothing was evaluated between the two."""
    huge = replace(BIG, id="huge", previously="large")
    before = [bundle_with(replace(WATCHED, alerts=(rule,))) for rule in (huge, LARGE, BIG)]
    known = parts(Ledger(STATES), deployments=Renamed(*before))
    memory = await memory_of(known, replace(WATCHED, alerts=(huge,)))
    assert memory.states["huge"] == replace(FIRING, version=0, origin="big")


async def test_a_rule_whose_state_another_version_wrote_does_not_go_on_with_an_old_one() -> None:
    newer = AlertMemory("weekly", {"big": FIRING}, {}, {"large": "it has version 2"})
    memory = await memory_of(parts(Ledger(newer)), replace(WATCHED, alerts=(LARGE,)))
    assert set(memory.states) == {"big"}
    assert fault_of_state(memory, LARGE) == "it has version 2"


NEWER = AlertMemory("weekly", {}, {}, {"big": "it has version 2"})


async def test_the_fault_of_a_state_is_that_of_the_old_id_while_there_is_no_new_one() -> None:
    for known, rule, fault in (
        (NEWER, LARGE, "it has version 2"),
        (replace(NEWER, states={"large": FIRING}), LARGE, ""),
        (NEWER, replace(BIG, id="other"), ""),
    ):
        memory = await memory_of(parts(Ledger(known)), replace(WATCHED, alerts=(rule,)))
        assert fault_of_state(memory, rule) == fault


def renamed(times: int) -> tuple[Rule, Any]:
    """The rule after so many renames, and the deployments that did it, newest first."""
    rules = [BIG, *(replace(BIG, id=f"big-{at}", previously=f"big-{at - 1}") for at in range(1, times + 1))]
    rules[1] = replace(rules[1], previously="big")
    return rules[-1], Renamed(*(bundle_with(replace(WATCHED, alerts=(rule,))) for rule in reversed(rules)))


@pytest.mark.parametrize("times", [2, 3, 7])
async def test_the_fault_of_a_state_is_found_through_every_rename(times: int) -> None:
    """Without it the rule would begin anew, and tell all of its alerts again."""
    rule, deployments = renamed(times)
    memory = await memory_of(parts(Ledger(NEWER), deployments=deployments), replace(WATCHED, alerts=(rule,)))
    assert fault_of_state(memory, rule) == "it has version 2"
    assert rule.id not in memory.states


async def test_a_state_that_is_understood_comes_before_an_older_one_that_is_not() -> None:
    rule, deployments = renamed(3)
    known = replace(NEWER, states={"big-1": FIRING})
    memory = await memory_of(parts(Ledger(known), deployments=deployments), replace(WATCHED, alerts=(rule,)))
    assert fault_of_state(memory, rule) == ""
    assert memory.states[rule.id].origin == "big-1"


async def test_the_fault_of_an_old_id_that_another_rule_has_by_now_is_its_own() -> None:
    rule, deployments = renamed(3)
    both = replace(WATCHED, alerts=(rule, BIG))
    memory = await memory_of(parts(Ledger(NEWER), deployments=deployments), both)
    assert fault_of_state(memory, rule) == ""
    assert fault_of_state(memory, BIG) == "it has version 2"
