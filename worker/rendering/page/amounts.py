"""Amounts of single deals. All amounts of a currency are printed with minor units, or none is, so that they align."""

from collections.abc import Iterable
from functools import cached_property

from worker.domain.digest.model import Digest
from worker.domain.money import Money
from worker.rendering.wording import NONE, Wording, needs_cents


class DealAmounts:
    def __init__(self, digest: Digest, w: Wording) -> None:
        self._digest = digest
        self._w = w

    @cached_property
    def _cents(self) -> frozenset[str]:
        """Currencies in which any single deal has minor units: all their amounts are then printed with them."""
        sections = self._digest.stalled
        deals = [d for s in sections for d in (*s.moving_again, *(x for g in s.newly for x in g.deals))]
        amounts = [*(d.annual for d in deals), *(m.amount for m in self._digest.moves)]
        return frozenset(a.currency for a in amounts if a is not None and needs_cents([a.amount], a.currency))

    def signed(self, amount: Money | None) -> str:
        """The amount with its sign; "–" for none."""
        if amount is None:
            return NONE
        return self._w.money(amount.amount, amount.currency, signed=True, cents=amount.currency in self._cents)

    def amount(self, amount: Money | None) -> str:
        """The amount; "–" for none."""
        if amount is None:
            return NONE
        return self._w.money(amount.amount, amount.currency, cents=amount.currency in self._cents)


def summed(totals: Iterable[Money], w: Wording) -> str:
    """Sums for a phrase, in whole units. "" if no deal has a value: the phrase is then printed without sums."""
    given = tuple(totals)
    return w.sum(given, cents=False) if given else ""
