"""Laws of the bridge over generated histories, against a journal that nets the events without knowing the bridge."""

from collections import Counter

from hypothesis import given, settings

from tests.domain.journal import Played, histories, play, random_history
from tests.support.traits import bridged, traits
from worker.domain.diff.bridge import Bridge, balance
from worker.domain.diff.diff import apply, diff
from worker.domain.snapshot.opportunity import INWARD, Move

PRICE = {Move.RAISED, Move.LOWERED, Move.CONVERTED_IN, Move.CONVERTED_OUT}
LOOKED_UP = {Move.WON, Move.LOST, Move.MOVED_OUT, Move.REVIVED, Move.REMOVED}


def made(played: Played) -> Bridge:
    found = bridged(played.before, played.after, played.history.item)
    assert found is not None
    return found


def per_currency(played: Played) -> dict[str, Counter[Move]]:
    """The journal's amounts; a deal that has no currency has no amount either."""
    sums: dict[str, Counter[Move]] = {}
    for (_, move), (currency, amount) in played.booked().items():
        assert currency or not amount
        if amount:
            sums.setdefault(currency, Counter())[move] += amount
    return sums


@given(histories().map(play))
@settings(max_examples=120, deadline=None)
def test_every_currency_closes_to_the_minor_unit(played: Played) -> None:
    for terms in made(played).terms:
        signed = sum(amount if move in INWARD else -amount for move, amount in terms.amounts.items())
        assert terms.opening + signed == terms.closing
        assert all(amount >= 0 for amount in terms.amounts.values())


@given(histories().map(play))
@settings(max_examples=120, deadline=None)
def test_deals_are_counted_as_exactly_as_money(played: Played) -> None:
    found = made(played)
    for terms in found.terms:
        joined = sum(n for move, n in terms.counts.items() if move in INWARD and move is not Move.RAISED)
        left = sum(n for move, n in terms.counts.items() if move not in INWARD and move is not Move.LOWERED)
        assert terms.opening_count + joined - left == terms.closing_count
    assert sum(terms.opening_count for terms in found.terms) == len(played.before.members)
    assert sum(terms.closing_count for terms in found.terms) == len(played.after.members)


@given(histories().map(play))
@settings(max_examples=200, deadline=None)
def test_every_amount_equals_the_journal_of_what_really_happened(played: Played) -> None:
    found = made(played)
    assert {(step.key, step.move): step.amount for step in found.steps} == {
        key: amount for key, (_, amount) in played.booked().items()
    }
    assert {
        currency: {move: amount for move, amount in terms.amounts.items() if amount}
        for currency, terms in ((terms.currency, terms) for terms in found.terms)
        if any(terms.amounts.values())
    } == {currency: dict(amounts) for currency, amounts in per_currency(played).items()}


@given(histories().map(play))
@settings(max_examples=100, deadline=None)
def test_opening_and_closing_are_what_the_world_held(played: Played) -> None:
    terms = made(played).terms
    ends = {of.currency: of.opening for of in terms}, {of.currency: of.closing for of in terms}
    for shown, world in zip(ends, (played.journal.opened, played.now), strict=True):
        held: Counter[str] = Counter()
        for one in world.values():
            if played.history.lists(one):
                held[one.currency] += one.annual or 0
        assert {currency: amount for currency, amount in shown.items() if amount} == dict(+held)


@given(histories().map(play))
@settings(max_examples=120, deadline=None)
def test_no_deal_is_called_gone_that_was_not_looked_up(played: Played) -> None:
    followed = set() if played.after.followed is None else set(played.after.followed.by_key())
    for step in made(played).steps:
        if step.move in LOOKED_UP:
            assert step.key in followed
        if step.move is Move.UNEXPLAINED:
            assert step.key in played.unread


@given(histories().map(play))
@settings(max_examples=100, deadline=None)
def test_each_deal_has_one_class_of_membership_at_most(played: Played) -> None:
    classes = Counter(step.key for step in made(played).steps if step.move not in PRICE)
    joined_or_left = played.before.members ^ played.after.members
    assert classes == Counter(joined_or_left)


@given(histories().map(play))
@settings(max_examples=60, deadline=None)
def test_an_answer_does_not_move_against_itself(played: Played) -> None:
    assert balance(played.after, played.after, traits(played.history.item).scope).steps == ()


@given(histories().map(play))
@settings(max_examples=60, deadline=None)
def test_a_list_is_rebuilt_from_its_diff(played: Played) -> None:
    before, after = played.before.rows, played.after.rows
    assert before is not None
    assert after is not None
    assert apply(diff(before, after), before) == after


def test_histories_reach_every_class_of_move() -> None:
    reached = {move for seed in range(300) for _, move in play(random_history(seed)).booked()}
    assert reached == set(Move)
