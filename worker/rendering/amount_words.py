"""The amount of an alert's subject in a list."""

from worker.domain.alert.subject import Amount
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.wording import Wording


def amount_words(w: Wording, amount: Amount | None) -> str:
    """Empty if there is no amount."""
    if amount is None or amount.value is None:
        return ""
    if amount.kind is Kind.MONEY and isinstance(amount.value, int):
        return w.whole(amount.value, amount.currency or "")
    if amount.kind is Kind.RATIO:
        return w.percent(float(amount.value))
    return w.count(round(amount.value))
