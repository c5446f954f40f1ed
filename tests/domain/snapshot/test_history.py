"""What a query's figures were in the last runs, handed on from answer to answer."""

from dataclasses import replace
from datetime import timedelta

from tests.domain.builders import THIS_WEEK, answer, deal, open_deals, schedule
from tests.domain.digests import digest
from worker.domain.decide import same_answer
from worker.domain.diff.changes import query_change
from worker.domain.snapshot.history import POINTS, points, remembered
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot


def counted(visitors: int, week: int = 0) -> Snapshot:
    at = THIS_WEEK + timedelta(weeks=week)
    return Snapshot("visits", "fp", None, at, (at, at), (Measure(("total", "visitors"), Kind.INT, visitors),))


def test_the_figures_of_the_last_runs_stand_in_their_order() -> None:
    found = None
    for week, visitors in enumerate((30, 10, 20)):
        found = remembered(counted(visitors, week), found)
    assert found is not None
    assert points(found, "total.visitors") == (30, 10, 20)


def test_no_more_than_the_last_runs_are_kept() -> None:
    found = None
    for week in range(POINTS + 5):
        found = remembered(counted(week, week), found)
    assert found is not None
    assert points(found, "total.visitors") == tuple(range(5, POINTS + 5))


def test_a_run_that_is_made_again_counts_once_and_another_question_begins_anew() -> None:
    before = remembered(counted(10), None)
    assert points(remembered(counted(11), before), "total.visitors") == (11,)
    assert points(remembered(replace(counted(12, 1), fingerprint="other"), before), "total.visitors") == (12,)


def test_a_list_remembers_its_sums_by_currency() -> None:
    found = remembered(answer([deal("a", 100), deal("b", 50)]), None)
    assert points(found, "EUR") == (150,)
    made = digest(schedule(open_deals(), bridge="deals"), [found])
    assert made.history == (150,)


def test_the_past_of_a_figure_is_no_change() -> None:
    before, after = remembered(counted(10), None), remembered(counted(10, 1), remembered(counted(10), None))
    assert same_answer(before, after)
    assert not query_change(before, after)
