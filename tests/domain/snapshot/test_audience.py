"""Laws of what one audience sees of two answers: its own rows, and of rows that changed hands their state while it had
them. Histories are generated; nothing here knows how an audience is cut out.
"""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, ms, open_deals
from tests.domain.journal import OWNERS, History, Played, histories, play
from tests.support.traits import traits
from worker.domain.diff.bridge import Bridge, balance
from worker.domain.diff.moves import Step
from worker.domain.snapshot.audience import Audience, Side, limited, split
from worker.domain.snapshot.history import HISTORY, remembered
from worker.domain.snapshot.opportunity import COLUMNS, INWARD, Move
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, Table

PLACE = {column.name: at for at, column in enumerate(COLUMNS)}


def of_owner(owner: str | None) -> Audience:
    return Audience(("owner", owner), "reassigned", owns=lambda _, found: found == owner)


def of_large(least: int = 600) -> Audience:
    def sees(row: Record) -> bool | None:
        amount = row.whole("annual")
        return None if amount is None else amount >= least

    return Audience(("large", least), "filter", holds=sees)


def side(played: Played, audience: Audience) -> Side:
    return cut(audience, played.after, played.before, traits(played.history.item).scope)


def cut(audience: Audience, now: Snapshot, before: Snapshot | None, scope: Scope) -> Side:
    return limited(audience, split(now), split(before) if before is not None else None, scope)


def moved(one: Side) -> Bridge:
    assert one.before is not None
    return balance(one.before, one.now, one.scope)


def everyone(history: History) -> tuple[str | None, ...]:
    return history.owners or OWNERS


AUDIENCES = st.sampled_from([*(of_owner(owner) for owner in OWNERS), of_large()])


@given(histories().map(play), AUDIENCES)
@settings(max_examples=200, deadline=None)
def test_the_bridge_of_an_audience_closes(played: Played, audience: Audience) -> None:
    for terms in moved(side(played, audience)).terms:
        signed = sum(amount if move in INWARD else -amount for move, amount in terms.amounts.items())
        assert terms.opening + signed == terms.closing


@given(histories().map(play), AUDIENCES)
@settings(max_examples=200, deadline=None)
def test_every_row_and_step_is_of_a_row_that_the_audience_has_or_had(played: Played, audience: Audience) -> None:
    seen = side(played, audience)
    now, before = records(played.after.rows), records(played.before.rows)
    assert records(seen.now.rows).keys() == {key for key, row in now.items() if audience.sees("deals", row)}
    for step in moved(seen).steps:
        own_now = step.key in now and audience.sees("deals", now[step.key])
        own_before = step.key in before and audience.sees("deals", before[step.key])
        assert own_now or own_before


def scrambled(played: Played, audience: Audience, owner: str) -> Played:
    """The same two answers with other contents in every row that the audience must not see."""

    def scramble(row: Row) -> Row:
        if audience.sees("deals", Record(row.key, dict(zip(PLACE, row.cells, strict=True)))):
            return row
        cells = list(row.cells)
        for column in ("title", "lead", "stage", "stage_id", "next_step", "url"):
            cells[PLACE[column]] = "secret"
        if row.cells[PLACE["status"]] == "open":
            cells[PLACE["value"]] = cells[PLACE["annual"]] = 7
            cells[PLACE["owner_id"]] = owner
        return Row(row.key, tuple(cells))

    def every(table: Table | None) -> Table | None:
        return None if table is None else replace(table, rows=tuple(scramble(row) for row in table.rows))

    def whole(seen: Snapshot) -> Snapshot:
        main = every(seen.rows)
        assert main is not None
        return replace(seen, tables=(main,), followed=every(seen.followed))

    return replace(played, before=whole(played.before), after=whole(played.after))


def shown(step: Step) -> tuple[object, ...]:
    return step.key, step.move, step.detail, step.currency, step.amount, step.known, step.row.cells


@given(histories().map(play), st.sampled_from(["user_ann", "user_bo"]))
@settings(max_examples=300, deadline=None)
def test_nothing_that_an_owner_must_not_see_changes_what_he_sees(played: Played, owner: str) -> None:
    audience = of_owner(owner)
    as_it_is, otherwise = side(played, audience), side(scrambled(played, audience, "user_zed"), audience)
    assert as_it_is.now.rows == otherwise.now.rows
    assert as_it_is.before is not None
    assert otherwise.before is not None
    assert as_it_is.before.rows == otherwise.before.rows
    assert moved(as_it_is).terms == moved(otherwise).terms
    assert [shown(step) for step in moved(as_it_is).steps] == [shown(step) for step in moved(otherwise).steps]


@given(histories().map(play))
@settings(max_examples=200, deadline=None)
def test_owners_together_hold_what_the_team_holds(played: Played) -> None:
    ends: Counter[tuple[str, str]] = Counter()
    for owner in everyone(played.history):
        for terms in moved(side(played, of_owner(owner))).terms:
            ends[terms.currency, "opening"] += terms.opening
            ends[terms.currency, "closing"] += terms.closing
    team: Counter[tuple[str, str]] = Counter()
    for terms in balance(played.before, played.after, traits(played.history.item).scope).terms:
        team[terms.currency, "opening"] += terms.opening
        team[terms.currency, "closing"] += terms.closing
    assert +ends == +team


@given(histories().map(play))
@settings(max_examples=300, deadline=None)
def test_what_a_deal_gains_while_it_changes_hands_is_in_its_two_bridges(played: Played) -> None:
    before, now = records(played.before.rows), records(played.after.rows)
    both = {key for key in before.keys() & now.keys() if before[key].text("owner_id") != now[key].text("owner_id")}
    handed: Counter[str] = Counter()
    for owner in everyone(played.history):
        for step in moved(side(played, of_owner(owner))).steps:
            if step.key in both:
                assert step.move in {Move.MOVED_IN, Move.MOVED_OUT}
                assert step.detail == "reassigned"
                handed[step.key] += step.signed
    for key in both:
        assert handed[key] == (now[key].whole("annual") or 0) - (before[key].whole("annual") or 0)


def test_a_deal_that_was_handed_on_and_won_left_its_former_owner_at_its_old_value() -> None:
    was = [deal("a", 500), deal("b", 300)]
    looked_up = [deal("a", 900, owner_id="user_bo", owner="Bo", status="won")]
    now = answer([deal("b", 300)], followed=looked_up)
    seen = cut(of_owner("user_ann"), now, answer(was, at=LAST_WEEK), traits(open_deals()).scope)
    (step,) = moved(seen).steps
    assert (step.move, step.detail, step.amount) == (Move.MOVED_OUT, "reassigned", 500)
    assert step.row.text("owner") == "Ann Lindqvist"


def test_a_deal_that_its_owner_won_is_won() -> None:
    now = answer([], followed=[deal("a", 900, status="won")])
    seen = cut(of_owner("user_ann"), now, answer([deal("a", 500)], at=LAST_WEEK), traits(open_deals()).scope)
    assert [(step.move, step.amount) for step in moved(seen).steps] == [(Move.RAISED, 400), (Move.WON, 900)]


def test_a_deal_that_falls_below_a_condition_left_by_it() -> None:
    before, now = answer([deal("a", 700)], at=LAST_WEEK), answer([deal("a", 500), deal("b", 800)])
    seen = cut(of_large(), now, before, traits(open_deals()).scope)
    assert [(s.key, s.move, s.detail, s.amount) for s in moved(seen).steps] == [
        ("b", Move.MOVED_IN, "appeared", 800),
        ("a", Move.MOVED_OUT, "filter", 700),
    ]


def test_a_new_deal_is_new_to_its_owner() -> None:
    born = ms(THIS_WEEK) - 1000
    now = answer([deal("a", 500, created_at=born)])
    seen = cut(of_owner("user_ann"), now, answer([], at=LAST_WEEK), traits(open_deals()).scope)
    assert [step.move for step in moved(seen).steps] == [Move.NEW]


def test_numbers_of_the_team_reach_an_audience_only_where_it_is_said() -> None:
    from_service = replace(answer([deal("a"), deal("b", owner_id="user_bo")]), notes=("deal b: an odd currency",))
    alone = cut(of_owner("user_ann"), from_service, None, traits(open_deals()).scope).now
    assert alone.rows is not None
    assert (alone.rows.total, alone.members, alone.notes) == (None, frozenset({"a"}), ())
    together = replace(of_owner("user_ann"), totals=True)
    assert cut(together, from_service, None, traits(open_deals()).scope).now.notes == from_service.notes


def test_the_teams_sums_of_earlier_runs_are_nobodys_own() -> None:
    whole = remembered(answer([deal("a"), deal("b", owner_id="user_bo")]), None)
    assert whole.table(HISTORY) is not None
    for totals in (False, True):
        audience = replace(of_owner("user_ann"), totals=totals)
        assert cut(audience, whole, None, traits(open_deals()).scope).now.table(HISTORY) is None
