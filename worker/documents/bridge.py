"""Why a total changed between two answers for one list."""

from typing import Any

from worker.documents.major_units import amount_of
from worker.domain.diff.bridge import Bridge
from worker.domain.money import code_of
from worker.domain.snapshot.opportunity import Move


def bridge_document(found: Bridge) -> dict[str, dict[str, int]]:
    """Every class of each currency, zeros included: {"EUR": {"opening": 15300000, "new": …, "closing": …}}.

    Amounts are minor units of the currency. domain.diff.bridge says which classes are added to the opening and which
    are subtracted from it.
    """
    return {
        terms.currency: {
            "opening": terms.opening,
            **{move.value: terms.amounts[move] for move in Move},
            "closing": terms.closing,
        }
        for terms in found.terms
    }


def bridge_amounts(of: Bridge) -> dict[str, Any]:
    """As `bridge_document`, with amounts in major units: {"amount": "153000.00", "currency": "EUR"}."""
    found = {}
    for terms in of.terms:
        amounts = {
            "opening": terms.opening,
            **{move.value: terms.amounts[move] for move in Move},
            "closing": terms.closing,
        }
        found[code_of(terms.currency)] = {name: amount_of(minor, terms.currency) for name, minor in amounts.items()}
    return found
