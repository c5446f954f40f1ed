"""What is remembered of rules, by the ids that they have now."""

from dataclasses import replace

from tests.support.alert_fakes import BIG, FIRING, WATCHED, Ledger
from worker.flow.alert.memory import memory_of
from worker.ports import AlertMemory

STATES = AlertMemory("weekly", {"big": FIRING}, {})
LARGE = replace(BIG, id="large", previously="big")


async def test_a_rule_that_was_renamed_goes_on_with_the_state_of_its_old_id() -> None:
    memory = await memory_of(Ledger(STATES), replace(WATCHED, alerts=(LARGE,)))  # type: ignore[arg-type]
    assert memory.states["large"] == replace(FIRING, version=0, origin="big")
    assert memory.states["big"] == FIRING, "until a run has written the new one"


async def test_a_state_of_its_own_comes_before_an_old_one() -> None:
    both = replace(STATES, states={"big": FIRING, "large": replace(FIRING, version=7)})
    assert await memory_of(Ledger(both), replace(WATCHED, alerts=(LARGE,))) == both  # type: ignore[arg-type]


async def test_a_second_rename_keeps_the_first_origin() -> None:
    twice = replace(STATES, states={"large": replace(FIRING, origin="big")})
    rules = (replace(BIG, id="largest", previously="large"),)
    memory = await memory_of(Ledger(twice), replace(WATCHED, alerts=rules))  # type: ignore[arg-type]
    assert memory.states["largest"].origin == "big"
