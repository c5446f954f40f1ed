"""Laws of the bridge over generated histories, against a journal that nets the events without knowing the bridge."""

from collections import Counter

from hypothesis import given, settings

from tests.domain.journal import Played, histories, play, random_history
from tests.support.traits import bridged, traits
from worker.domain.diff.between import between
from worker.domain.diff.bridge import Bridge, balance
from worker.domain.diff.diff import apply, diff
from worker.domain.diff.lines import LineKind, lines
from worker.domain.diff.stock import NO_CURRENCY
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


@given(histories().map(play))
@settings(max_examples=200, deadline=None)
def test_the_lines_of_a_comparison_add_up_to_the_bridge(played: Played) -> None:
    item = played.history.item
    found = between(item.id, played.before, played.after, item.follow, traits(item).scope)
    assert found.bridge is not None
    added_up: dict[str | None, Counter[str]] = {}

    def book(currency: str | None, move: str, amount: object) -> None:
        if isinstance(amount, int) and amount:
            added_up.setdefault(currency or NO_CURRENCY, Counter())[move] += amount

    for line in lines(found):
        if line.change is LineKind.ADDED:
            book(line.after_in, line.why.partition(":")[0], line.after)
        elif line.change is LineKind.REMOVED:
            now, now_in = (line.after, line.after_in) if line.revalued else (line.before, line.before_in)
            book(now_in, line.why.partition(":")[0], now)
        if line.revalued or (line.change is LineKind.CHANGED and line.column and line.column.name == "annual"):
            was, now = (amount if isinstance(amount, int) else 0 for amount in (line.before, line.after))
            if line.before_in and line.after_in and line.before_in != line.after_in:
                book(line.before_in, "converted_out", was)
                book(line.after_in, "converted_in", now)
            else:
                book(line.after_in or line.before_in, "raised" if now > was else "lowered", abs(now - was))
    assert added_up == {
        terms.currency: Counter({move.value: amount for move, amount in terms.amounts.items() if amount})
        for terms in found.bridge.terms
        if any(terms.amounts.values())
    }


def test_histories_reach_every_class_of_move() -> None:
    reached = {move for seed in range(300) for _, move in play(random_history(seed)).booked()}
    assert reached == set(Move)
