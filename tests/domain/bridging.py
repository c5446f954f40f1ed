"""A bridge from two lists of rows, and short ways to read it."""

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, open_deals
from tests.support.traits import bridged
from worker.domain.diff.bridge import Bridge, Terms
from worker.domain.schedule import Query
from worker.domain.snapshot.opportunity import INWARD
from worker.domain.snapshot.snapshot import Row


def made(before: list[Row], after: list[Row], looked_up: list[Row] | None = None, item: Query | None = None) -> Bridge:
    """The bridge of two lists of open deals; `looked_up` are those that left, as they were found."""
    found = bridged(
        answer(before, at=LAST_WEEK), answer(after, at=THIS_WEEK, followed=looked_up or []), item or open_deals()
    )
    assert found is not None
    return found


def moves(found: Bridge) -> dict[str, list[tuple[str, str, int]]]:
    """Per deal: class, detail, amount."""
    per_deal: dict[str, list[tuple[str, str, int]]] = {}
    for step in found.steps:
        per_deal.setdefault(step.key, []).append((step.move.value, step.detail, step.amount))
    return per_deal


def booked(terms: Terms) -> dict[str, int]:
    return {move.value: amount for move, amount in terms.amounts.items() if amount}


def closes(found: Bridge) -> bool:
    return all(
        t.opening + sum(a if m in INWARD else -a for m, a in t.amounts.items()) == t.closing for t in found.terms
    )
