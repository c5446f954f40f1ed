"""Which rows a reader sees by the condition of an entry, and what of answers and past is left."""

from dataclasses import replace

from tests.domain.builders import LAST_WEEK, answer, deal, open_deals
from tests.support.fakes import NOW, TEAM, WEEKLY, Least
from worker.domain.delivery import Baseline
from worker.domain.digest.context import DigestContext
from worker.domain.snapshot.traits import QueryTraits
from worker.flow.run.audience import audience_of, narrowed, undecided
from worker.flow.run.comparison import Answers, Comparison

LARGE = replace(TEAM, rows="1000")
FUNNEL = replace(open_deals("funnel"), query="funnel_totals")
NOW_ANSWER = answer([deal("big", 100_000), deal("small", 900), deal("blank", None)])
BEFORE = answer([deal("big", 110_000), deal("small", 100_000)], at=LAST_WEEK)
BASELINE = Baseline("before", LAST_WEEK, LAST_WEEK)
FOUND = Answers({"deals": NOW_ANSWER, "funnel": answer([])}, {}, ())
PAST = Comparison({"deals": BASELINE, "funnel": BASELINE}, {"deals": BEFORE, "funnel": answer([])}, {})
CONTEXT = DigestContext(
    schedule=replace(WEEKLY, report=(open_deals(), FUNNEL)),
    run="weekly@1",
    slot=NOW,
    traits={"deals": QueryTraits(lists_opportunities=True), "funnel": QueryTraits()},
    snapshots=FOUND.snapshots,
    baselines={"deals": (BASELINE, BEFORE), "funnel": (BASELINE, answer([]))},
)


def test_an_entry_without_a_condition_sees_everything_untouched() -> None:
    assert audience_of(Least(), TEAM) is None
    assert narrowed(CONTEXT, FOUND, PAST, None) == (CONTEXT, FOUND, PAST)
    assert undecided(FOUND, None) == {}


def test_answers_and_past_are_cut_to_the_rows_of_the_condition_and_team_numbers_are_left_out() -> None:
    context, found, past = narrowed(CONTEXT, FOUND, PAST, audience_of(Least(), LARGE))
    assert [item.id for item in context.schedule.report] == ["deals"]
    assert {query: one.members for query, one in found.snapshots.items()} == {"deals": frozenset({"big"})}
    assert {query: one.members for query, one in past.earlier.items()} == {"deals": frozenset({"big", "small"})}
    assert past.compared_with == {"deals": BASELINE}


def test_team_totals_are_shown_beside_the_rows_where_the_entry_says_so() -> None:
    audience = audience_of(Least(), replace(LARGE, team_totals=True))
    context, found, _ = narrowed(CONTEXT, FOUND, PAST, audience)
    assert [item.id for item in context.schedule.report] == ["deals", "funnel"]
    assert found.snapshots["funnel"] is FOUND.snapshots["funnel"]


def test_rows_of_which_the_condition_says_nothing_are_counted() -> None:
    assert undecided(FOUND, audience_of(Least(), LARGE)) == {"deals": 1}


def test_two_conditions_are_two_audiences() -> None:
    assert audience_of(Least(), LARGE).key != audience_of(Least(), replace(LARGE, rows="2000")).key  # type: ignore[union-attr]
