"""Money in the form that interfaces for programs use."""

from decimal import Decimal
from typing import Any

from worker.domain.digest.csv import major
from worker.domain.money import code_of

_MONEY = {"amount", "currency", "digits"}


def amount_of(minor: int, currency: str | None) -> dict[str, Any]:
    """{"amount": "52000.00", "currency": "EUR"}, in major units. An amount without a currency has two decimals."""
    return {"amount": major(minor, currency or ""), "currency": code_of(currency) if currency else None}


def in_major_units(document: Any) -> Any:
    """The document with every amount in minor units and digits as {"amount": "52000.00", "currency": "EUR"}."""
    if isinstance(document, dict):
        if document.keys() == _MONEY:
            amount = Decimal(document["amount"]).scaleb(-document["digits"])
            return {"amount": f"{amount:f}", "currency": document["currency"]}
        return {name: in_major_units(value) for name, value in document.items()}
    return [in_major_units(one) for one in document] if isinstance(document, list) else document
