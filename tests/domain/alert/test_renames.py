"""Ids that a rule had before."""

from dataclasses import replace

from tests.domain.alert.histories import rule_of
from worker.domain.alert.renames import earlier_ids, present_id
from worker.domain.alert.rule import Rule
from worker.domain.schedule import Bundle, Defaults, Schedule, Trigger

BIG = rule_of()
LARGE = replace(BIG, id="large", previously=BIG.id)
HUGE = replace(BIG, id="huge", previously="large")
HOURLY = Trigger("every", "UTC", seconds=3600)


def schedule(*rules: Rule, name: str = "week", previously: str | None = None) -> Schedule:
    return Schedule(HOURLY, id=name, name=name, report=(), alerts=rules, previously=previously)


def bundle(*schedules: Schedule) -> Bundle:
    return Bundle("acme", Defaults(), {}, {}, {one.id: one for one in schedules})


TWICE = [bundle(schedule(rule)) for rule in (HUGE, LARGE, BIG)]
"""Newest first."""


def test_a_rule_is_followed_over_several_renames() -> None:
    assert earlier_ids(TWICE, schedule(HUGE), HUGE) == ("large", BIG.id)
    assert [present_id(TWICE, "week", one) for one in ("huge", "large", BIG.id)] == ["huge"] * 3


def test_a_draft_that_renames_once_more_is_followed_from_what_is_in_force() -> None:
    draft = replace(BIG, id="vast", previously="huge")
    assert earlier_ids(TWICE, schedule(draft), draft) == ("huge", "large", BIG.id)


def test_a_deployment_without_a_change_is_no_step() -> None:
    again = [TWICE[0], TWICE[0], TWICE[1], TWICE[1], TWICE[2]]
    assert earlier_ids(again, schedule(HUGE), HUGE) == ("large", BIG.id)
    assert present_id(again, "week", BIG.id) == "huge"


def test_a_schedule_is_followed_too() -> None:
    moved = [bundle(schedule(HUGE, name="month", previously="week")), *TWICE[1:]]
    assert present_id(moved, "week", BIG.id) == "huge"
    assert earlier_ids(moved, schedule(HUGE, name="month", previously="week"), HUGE) == ("large", BIG.id)


def test_what_was_removed_or_is_not_remembered_leads_nowhere() -> None:
    assert present_id([bundle(schedule()), *TWICE], "week", BIG.id) is None
    assert present_id([bundle(), *TWICE], "week", BIG.id) is None
    assert present_id(TWICE, "week", "never") is None
    assert earlier_ids([], schedule(HUGE), HUGE) == ()


def test_a_rule_that_came_back_after_it_was_removed_is_another_one() -> None:
    back = [bundle(schedule(HUGE)), bundle(schedule()), *TWICE[1:]]
    assert earlier_ids(back, schedule(HUGE), HUGE) == ()
