"""Amounts of alerts: single amounts, their changes, and their sums."""

from collections.abc import Iterable, Iterator

from worker.domain.alert.notification import Notification
from worker.domain.alert.subject import Amount
from worker.domain.money import Money
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.wording import Wording, needs_cents


class AlertAmounts:
    """All amounts of a currency are printed with minor units, or none is, so that the columns align."""

    def __init__(self, notification: Notification, w: Wording) -> None:
        self._w = w
        money = [one for one in _amounts(notification) if one.kind is Kind.MONEY and isinstance(one.value, int)]
        self._cents = frozenset(
            one.currency
            for one in money
            if one.currency is not None and needs_cents([int(one.value or 0)], one.currency)
        )

    def amount(self, amount: Amount | None) -> str:
        """Empty for a subject that has no amount; a dash for an amount that the service does not know."""
        if amount is None:
            return ""
        return self._w.measure(amount.value, amount.kind, amount.currency, self._with_cents(amount))

    def known(self, amount: Amount | None) -> str:
        """As `amount`, but "" also for an unknown amount."""
        return "" if amount is None or amount.value is None else self.amount(amount)

    def change(self, now: Amount | None, before: Amount | None) -> str:
        """Signed; "=" for no change, "" if the two amounts cannot be compared."""
        if now is None or before is None or (now.kind, now.currency) != (before.kind, before.currency):
            return ""
        if now.value is None or before.value is None:
            return ""
        return self._w.difference(now.value, before.value, now.kind, now.currency, self._with_cents(now))

    def sum(self, amounts: Iterable[Amount | None]) -> str:
        """Sums of money, one for each currency; currencies are never added up. "" if there is no money."""
        sums: dict[str, int] = {}
        for one in amounts:
            if one is not None and one.kind is Kind.MONEY and one.value is not None:
                sums[one.currency or ""] = sums.get(one.currency or "", 0) + round(one.value)
        parts = [self._w.sum([Money(total, code)], cents=code in self._cents) for code, total in sums.items()]
        return ", ".join(parts)

    def _with_cents(self, amount: Amount) -> bool | None:
        return amount.currency in self._cents if amount.kind is Kind.MONEY else None


def _amounts(notification: Notification) -> Iterator[Amount]:
    for finding in notification.findings:
        told = None if finding.notified is None else finding.notified.amount
        yield from (one for one in (finding.facts.amount, told) if one is not None)
    yield from (one.facts.amount for one in notification.open if one.facts.amount is not None)
    yield from (rule.open_amount for rule in notification.rules if rule.open_amount is not None)
