"""What is remembered of rules, by the ids that they have now."""

from dataclasses import replace

from tests.support.alert_fakes import BIG, FIRING, WATCHED, Ledger, Renamed, parts
from tests.support.fakes import bundle_with
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


def test_the_fault_of_a_state_is_that_of_the_old_id_while_there_is_no_new_one() -> None:
    renamed = AlertMemory("weekly", {}, {}, {"big": "it has version 2"})
    assert fault_of_state(renamed, LARGE) == "it has version 2"
    assert fault_of_state(replace(renamed, states={"large": FIRING}), LARGE) == ""
    assert fault_of_state(renamed, replace(BIG, id="other")) == ""
