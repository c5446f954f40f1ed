"""Deals in the shape of Close's answers, and the aggregates of a list of deals.

Field names and units: https://developer.close.com/api/resources/opportunities (amounts in cents; the `*_formatted`
field of a zero is null).
"""

import html
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from worker.sandbox.cast import ORGANISATION, PIPELINE_NAMES, STAGES, USERS_BY_ID
from worker.sandbox.events import SimulatedDeal

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
_PERIOD_WORDS = {"monthly": " monthly", "annual": " annual", "one_time": ""}


OPTIONAL = frozenset({"is_stalled", "stall_status", "suggested_action"})
"""Fields that an answer has only if `_fields` names them. No recorded answer without `_fields` has them."""


def instant(at: datetime) -> str:
    """Like isoformat: without a fraction if it is zero."""
    return at.isoformat()


def formatted(cents: int | None, currency: str) -> str:
    """Whole units without decimals, as Close prints them."""
    if not cents:
        return ""
    units, rest = divmod(cents, 100)
    return f"{_SYMBOLS.get(currency, currency + ' ')}{units:,}" + (f".{rest:02}" if rest else "")


def expected(cents: int | None, confidence: int) -> int | None:
    return None if cents is None else cents * confidence // 100


def row(deal: SimulatedDeal) -> dict[str, Any]:
    """One opportunity, as GET /opportunity/{id}/ answers it."""
    return {
        "id": deal.id,
        "organization_id": ORGANISATION,
        **_people(deal),
        **_place(deal),
        **_money(deal),
        "note": deal.note,
        "note_html": f"<body><p>{html.escape(deal.note)}</p></body>",
        "date_created": instant(deal.created_at),
        "date_updated": instant(deal.updated_at),
        "date_won": deal.due.isoformat() if deal.due else None,
        "date_lost": instant(deal.lost_at) if deal.lost_at else None,
        "attachments": [],
        "integration_links": [],
        **_stall(deal),
        "custom.cf_s4ndB0xReg10nF1eldWithADotInItsName": "EMEA",
    }


def _people(deal: SimulatedDeal) -> dict[str, Any]:
    owner = USERS_BY_ID.get(deal.owner or "")
    return {
        "lead_id": deal.lead_id,
        "lead_name": deal.lead,
        "contact_id": None,
        "contact_name": None,
        "user_id": deal.owner,
        "user_name": owner.name if owner else None,
        "created_by": deal.owner,
        "created_by_name": owner.name if owner else None,
        "updated_by": deal.owner,
        "updated_by_name": owner.name if owner else None,
    }


def _place(deal: SimulatedDeal) -> dict[str, Any]:
    stage = STAGES[deal.stage]
    return {
        "status_id": stage.id,
        "status_label": stage.label,
        "status_display_name": f"{PIPELINE_NAMES[deal.pipeline]}: {stage.label}",
        "status_type": stage.type,
        "pipeline_id": deal.pipeline,
        "pipeline_name": PIPELINE_NAMES[deal.pipeline],
    }


def _money(deal: SimulatedDeal) -> dict[str, Any]:
    words = formatted(deal.value, deal.currency)
    return {
        "value": deal.value,
        "value_period": deal.period,
        "value_currency": deal.currency,
        "value_formatted": words + _PERIOD_WORDS[deal.period] if words else "",
        "annualized_value": deal.annual,
        "expected_value": expected(deal.value, deal.confidence),
        "annualized_expected_value": expected(deal.annual, deal.confidence),
        "confidence": deal.confidence,
    }


def _stall(deal: SimulatedDeal) -> dict[str, Any]:
    if not deal.stalled or deal.action is None:
        return {"is_stalled": deal.stalled, "stall_status": None, "suggested_action": None}
    action, why = deal.action
    step = "follow_up" if action.startswith("follow_up") else action
    return {
        "is_stalled": True,
        "stall_status": {
            "communication_issue": "no_communication_attempts",
            "next_action": {"action": step, "justification": why},
        },
        "suggested_action": {"action": action, "details": None, "justification": why},
    }


def single(amounts: Iterable[int]) -> int:
    """A sum of amounts that were each rounded to single precision: an amount over 2^24 may lose some cents."""
    return int(sum(struct.unpack("f", struct.pack("f", amount))[0] for amount in amounts))


def aggregates(
    deals: Sequence[SimulatedDeal], currency: str, add: Callable[[Iterable[int]], int] = sum
) -> dict[str, Any]:
    """The aggregates of all matches, on every page: counts, sums and formatted sums."""
    periods = Counter(deal.period for deal in deals)
    answer: dict[str, Any] = {"total_results": len(deals), "count_by_value_period": dict(sorted(periods.items()))}
    for name in ("one_time", "monthly", "annual"):
        those = [deal for deal in deals if deal.period == name]
        answer[f"total_value_{name}"] = add(deal.value or 0 for deal in those)
        answer[f"expected_value_{name}"] = add(expected(deal.value, deal.confidence) or 0 for deal in those)
    answer["total_value_annualized"] = add(deal.annual or 0 for deal in deals)
    answer["expected_value_annualized"] = add(expected(deal.annual, deal.confidence) or 0 for deal in deals)
    sums = [name for name in answer if name.startswith(("total_value_", "expected_value_"))]
    twins = {f"{name}_formatted": formatted(answer[name], currency) or None for name in sums}
    return {**answer, **twins}
