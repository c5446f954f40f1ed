"""Which rows a reader sees, by the condition of an entry or as an owner, and what of answers and past is left."""

from dataclasses import replace
from typing import Any

from tests.domain.builders import LAST_WEEK, answer, deal, open_deals
from tests.support.fakes import NOW, TEAM, WEEKLY, AnyAddress, Least, bundle_with
from worker.domain.delivery import Baseline
from worker.domain.digest.context import DigestContext
from worker.domain.digest.for_audience import split_context
from worker.domain.schedule import Each, Subscription
from worker.domain.snapshot.audience import Audience
from worker.domain.snapshot.traits import QueryTraits
from worker.flow.run.audience import audience_key, audience_of, narrowed, undecided_rows
from worker.flow.run.comparison import Answers, Comparison
from worker.flow.run.conditions import condition_of
from worker.flow.run.owners import OwnerAddresses

LARGE = replace(TEAM, rows="1000")
ANN = replace(TEAM, each=Each.OWNER, address="ann@acme.example")
FUNNEL = replace(open_deals("funnel"), query="funnel_totals")
NOW_ANSWER = replace(
    answer([deal("big", 100_000), deal("small", 900), deal("blank", None, owner_id="user_bo")]),
    addresses=(("user_ann", "ann@acme.example"),),
)
BEFORE = answer([deal("big", 110_000), deal("small", 100_000)], at=LAST_WEEK)
BASELINE = Baseline("before", LAST_WEEK, LAST_WEEK)
FOUND = Answers({"deals": NOW_ANSWER, "funnel": answer([])}, {}, ())
PAST = Comparison({"deals": BASELINE, "funnel": BASELINE}, {"deals": BEFORE, "funnel": answer([])}, {})
PARTS = split_context(
    DigestContext(
        schedule=replace(WEEKLY, report=(open_deals(), FUNNEL)),
        run="weekly@1",
        slot=NOW,
        traits={"deals": QueryTraits(lists_opportunities=True), "funnel": QueryTraits()},
        snapshots=FOUND.snapshots,
        baselines={"deals": (BASELINE, BEFORE), "funnel": (BASELINE, answer([]))},
    )
)


def of(entry: Subscription) -> Audience:
    expressions: Any = Least()
    connectors: Any = AnyAddress()
    condition = condition_of(expressions, entry.rows) if entry.rows else None
    known = OwnerAddresses(connectors, bundle_with(WEEKLY), entry, {("close", "user_ann"): "ann@acme.example"})
    audience = audience_of(WEEKLY, entry, condition, known)
    assert audience is not None
    return audience


def test_an_entry_without_condition_and_owner_sees_everything() -> None:
    assert audience_of(WEEKLY, TEAM, None, None) is None


def test_answers_and_past_are_cut_to_the_rows_of_the_condition_and_team_numbers_are_left_out() -> None:
    context, found, past = narrowed(PARTS, PAST, of(LARGE))
    assert [item.id for item in context.schedule.report] == ["deals"]
    assert {query: one.members for query, one in found.snapshots.items()} == {"deals": frozenset({"big"})}
    assert {query: one.members for query, one in past.earlier.items()} == {"deals": frozenset({"big", "small"})}
    assert past.compared_with == {"deals": BASELINE}


def test_an_owner_sees_the_rows_that_the_owner_has() -> None:
    _, found, _ = narrowed(PARTS, PAST, of(ANN))
    assert found.snapshots["deals"].members == {"big", "small"}


def test_a_query_that_is_left_out_no_longer_heads_the_digest() -> None:
    plan = replace(PARTS.whole.schedule, key="funnel", bridge="funnel")
    parts = split_context(replace(PARTS.whole, schedule=plan))
    assert [(c.schedule.key, c.schedule.bridge) for c, _, _ in [narrowed(parts, PAST, of(ANN))]] == [(None, None)]
    together = narrowed(parts, PAST, of(replace(ANN, team_totals=True)))[0].schedule
    assert (together.key, together.bridge) == ("funnel", "funnel")


def test_an_owner_with_a_condition_sees_the_rows_for_which_both_hold() -> None:
    _, found, _ = narrowed(PARTS, PAST, of(replace(ANN, rows="1000")))
    assert found.snapshots["deals"].members == {"big"}


def test_team_totals_are_shown_beside_the_rows_where_the_entry_says_so() -> None:
    context, found, _ = narrowed(PARTS, PAST, of(replace(LARGE, team_totals=True)))
    assert [item.id for item in context.schedule.report] == ["deals", "funnel"]
    assert found.snapshots["funnel"] is FOUND.snapshots["funnel"]


def test_rows_of_which_the_condition_says_nothing_are_counted() -> None:
    assert undecided_rows(PARTS, of(LARGE)) == {"deals": 1}
    assert undecided_rows(PARTS, of(ANN)) == {}
    assert undecided_rows(PARTS, of(replace(ANN, rows="1000"))) == {}


def test_readers_who_may_see_different_rows_have_different_keys() -> None:
    entries = [LARGE, replace(LARGE, rows="2000"), replace(LARGE, team_totals=True), ANN]
    entries += [
        replace(ANN, address="bo@acme.example"),
        replace(ANN, each=Each.MANAGER),
        replace(ANN, unassigned="x@y.z"),
    ]
    assert len({audience_key(entry) for entry in entries}) == len(entries)
    assert audience_key(TEAM) is None
    assert audience_key(LARGE) == of(LARGE).key


def test_only_who_owns_the_deals_is_told_that_they_are_his() -> None:
    """Not a manager, not the address for deals of nobody, not whom a condition chose."""
    assert narrowed(PARTS, PAST, of(ANN))[0].own
    others = (LARGE, replace(ANN, each=Each.MANAGER), replace(ANN, unassigned="ann@acme.example"))
    assert not [entry for entry in others if narrowed(PARTS, PAST, of(entry))[0].own]


def test_only_who_manages_the_owners_is_told_that_they_are_the_team() -> None:
    """Not an owner, not the address for deals of nobody, not whom a condition chose."""
    manager = replace(ANN, each=Each.MANAGER)
    assert narrowed(PARTS, PAST, of(manager))[0].team
    others = (LARGE, ANN, replace(manager, unassigned="ann@acme.example"))
    assert not [entry for entry in others if narrowed(PARTS, PAST, of(entry))[0].team]
