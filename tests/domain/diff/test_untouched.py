"""A deal that nobody touched is not called worked on, although it left a list of stalled deals."""

import pytest

from tests.domain.bridging import closes, moves
from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms
from tests.support.traits import bridged
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Row

LATER = ms(THIS_WEEK) - 1000


def left(now: Row, **params: str) -> dict[str, list[tuple[str, str, int]]]:
    """What is said of a deal that stalled last week and is now as given, by a rule that is applied to each row."""
    was = deal("a", 900, stalled=True)
    item = Query("stalled", "pipedrive", "stalled_deals", params=params, follow=Follow.DEPARTURES)
    before, after = answer([was], at=LAST_WEEK), answer([], at=THIS_WEEK, followed=[now])
    found = bridged(before, after, item)
    assert found is not None
    assert closes(found)
    return moves(found)


def test_a_deal_that_the_rule_does_not_judge_any_more_moved_out_by_the_rule() -> None:
    assert left(deal("a", 900, stalled=None)) == {"a": [("moved_out", "rule", 900)]}
    assert left(deal("a", 900, stalled=None), filter_id="3") == {"a": [("moved_out", "rule", 900)]}


@pytest.mark.parametrize("rule", ["rotting", "stage_history", "days_in_stage"])
def test_a_deal_that_was_given_more_time_is_not_worked_on(rule: str) -> None:
    assert left(deal("a", 900, stalled=False), rule=rule) == {"a": [("revived", "more_time", 900)]}


def test_a_deal_with_a_new_activity_that_nobody_changed_is_planned() -> None:
    found = left(deal("a", 900, stalled=False), rule="no_next_activity")
    assert found == {"a": [("revived", "planned", 900)]}


@pytest.mark.parametrize("stalled", [False, None])
def test_a_deal_that_was_changed_meanwhile_is_worked_on(stalled: bool | None) -> None:
    assert left(deal("a", 900, stalled=stalled, updated_at=LATER)) == {"a": [("revived", "touched", 900)]}


@pytest.mark.parametrize("stalled", [False, None])
def test_a_deal_that_went_on_to_another_stage_says_so(stalled: bool | None) -> None:
    assert left(deal("a", 900, stalled=stalled, stage_order=3)) == {"a": [("revived", "advanced", 900)]}
