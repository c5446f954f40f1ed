"""Rules of a run that the deployment in force has no more."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.alert_fakes import BIG, LARGE, NOTHING, WATCHED, Renamed, found
from tests.support.fakes import WEEKLY, Deployed, bundle_with
from worker.domain.alert.state import RuleState
from worker.domain.schedule import Schedule
from worker.flow.alert.gone import rules_gone
from worker.ports import AlertMemory


@pytest.mark.parametrize(
    ("in_force", "gone"),
    [
        (WATCHED, set()),
        (WEEKLY, {"big"}),
        (replace(WEEKLY, id="other"), {"big"}),
        (replace(WATCHED, alerts=(replace(BIG, id="other"),)), {"big"}),
        (replace(WATCHED, alerts=(replace(BIG, id="large", previously="big"),)), set()),
        (replace(WATCHED, id="renamed", previously="weekly"), set()),
        (replace(WATCHED, id="another"), {"big"}),
    ],
)
async def test_what_nobody_remembers_and_no_definition_has_is_gone(in_force: Schedule, gone: set[str]) -> None:
    deployments: Any = Renamed(bundle_with(in_force))
    assert await rules_gone(deployments, found(LARGE), NOTHING) == gone


async def test_a_rule_that_was_renamed_twice_is_still_there() -> None:
    large, huge = replace(BIG, id="large", previously="big"), replace(BIG, id="huge", previously="large")
    before = [bundle_with(replace(WATCHED, alerts=(rule,))) for rule in (huge, large, BIG)]
    twice: Any = Renamed(*before)
    removed: Any = Renamed(bundle_with(WEEKLY), *before)
    assert await rules_gone(twice, found(LARGE), NOTHING) == set()
    assert await rules_gone(removed, found(LARGE), NOTHING) == {"big"}


async def test_what_is_remembered_goes_on_and_nothing_is_asked_for() -> None:
    class Never(Deployed):
        async def deployed(self) -> None:
            raise AssertionError

    remembered = AlertMemory("weekly", {"big": RuleState()}, {})
    never: Any = Never(None)
    nothing: Any = Deployed(None)
    assert await rules_gone(never, found(LARGE), remembered) == set()
    assert await rules_gone(nothing, found(LARGE), NOTHING) == set()
