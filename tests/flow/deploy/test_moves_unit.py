"""What a deployment does to the runs of one schedule."""

from datetime import datetime, timedelta

from tests.support.fakes import HOUR, NOW
from worker.flow.deploy.fires import LIST, Fire
from worker.flow.deploy.moves import Moves, compared

DAY = timedelta(days=1)


def fire(at: datetime) -> Fire:
    return Fire(at, at)


def test_runs_that_stay_are_not_told() -> None:
    both = (fire(NOW), fire(NOW + DAY))
    assert compared("weekly", both, both) == Moves("weekly", (), (), ())


def test_a_run_that_another_one_of_the_same_day_replaces_has_moved() -> None:
    was, now = (fire(NOW), fire(NOW + DAY)), (fire(NOW + HOUR), fire(NOW + DAY))
    assert compared("weekly", was, now).moved == ((was[0], now[0]),)


def test_each_run_takes_one_place_and_what_is_left_over_vanishes_or_appears() -> None:
    was = (fire(NOW), fire(NOW + HOUR), fire(NOW + DAY))
    now = (fire(NOW + 2 * HOUR), fire(NOW + 2 * DAY))
    assert compared("weekly", was, now) == Moves("weekly", (now[1],), (was[1], was[2]), ((was[0], now[0]),))


def test_lists_are_compared_as_far_as_both_reach() -> None:
    """What lies beyond the listed runs of one side may well be there."""
    every_hour = tuple(fire(NOW + n * HOUR) for n in range(LIST))
    shifted = tuple(fire(NOW + n * HOUR) for n in range(100, LIST + 100))
    found = compared("weekly", every_hour, shifted)
    assert found.appear == ()
    assert len(found.vanish) == 100
