"""Which state a rule goes on with."""

from dataclasses import replace

import pytest

from tests.domain.alert.histories import at, rule_of
from worker.domain.alert.inherit import heirs, inherited, unknown_before
from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState

BIG = rule_of()
LARGE = replace(BIG, id="large", previously=BIG.id)
OF_BIG = RuleState(slot=at(5), version=3)
OF_LARGE = replace(OF_BIG, version=7, origin=BIG.id)


@pytest.mark.parametrize(
    ("states", "rules", "expected"),
    [
        pytest.param({BIG.id: OF_BIG}, [LARGE], {BIG.id: "large"}, id="renamed"),
        pytest.param({"large": OF_LARGE}, [BIG], {"large": BIG.id}, id="a run of the definition before"),
        pytest.param({"large": OF_LARGE}, [BIG, LARGE], {}, id="two rules"),
        pytest.param({BIG.id: OF_BIG, "large": OF_LARGE}, [LARGE], {}, id="it has its own"),
        pytest.param({"other": OF_BIG}, [LARGE], {}, id="another rule"),
    ],
)
def test_a_rule_goes_on_with_the_state_of_the_same_alerts(
    states: dict[str, RuleState], rules: list[Rule], expected: dict[str, str]
) -> None:
    known = inherited(states, rules)
    assert heirs(known, rules) == expected
    for before, now in expected.items():
        assert known[now] == replace(states[before], version=0, origin=BIG.id)
    assert {name: known[name] for name in states} == states


def test_a_rule_that_no_later_run_knows_was_evaluated() -> None:
    later = [RuleState(slot=at(5)), RuleState(missed=at(10)), RuleState(slot=at(0))]
    assert unknown_before(later, at(3)).slot == at(10)
    assert unknown_before(later, at(10)) == RuleState(), "a rule that is new"
    assert unknown_before([], at(0)) == RuleState()
