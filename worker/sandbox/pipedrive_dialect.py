"""The properties that an account of the stand-in may have, and the refusals that it can give.

The odd account has properties that were observed in live accounts and that a tidy account lacks.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

from worker.sandbox import pipedrive_rows as rows
from worker.sandbox.cast import CURRENCY
from worker.sandbox.pipedrive_book import StoredDeal

INFO = "Please check developers.pipedrive.com"
MADE_UP = "6_2"
"""The code of a custom currency of the company: seats, with two decimals."""
GONE_PIPELINE, GONE_STAGE = 90, 91


class AccountDialect(StrEnum):
    TIDY = "tidy"
    ODD = "odd"  # a made-up currency, a company's currency that is not the user's, deleted things, nulls


_REFUSALS: Mapping[str, tuple[int, Mapping[str, str]]] = {
    "closed": (402, {"error": "Company account is not open"}),
    "right": (403, {"error": "You do not have permissions to do this"}),
    "limit": (403, {"error": "Deals limit reached", "code": "feature_capping_deals_limit"}),
    "scope": (403, {"error": "Scope and URL mismatch"}),
    "gone": (410, {"error": "Old resource permanently unavailable"}),
}


def refusal_of(reason: str) -> tuple[int, dict[str, Any]]:
    """Status and body. Raises KeyError for an unknown reason."""
    status, words = _REFUSALS[reason]
    return status, {"success": False, **words, "error_info": INFO, "data": None, "additional_data": None}


def traced() -> dict[str, str]:
    """The header by which support finds a request."""
    return {"x-correlation-id": str(uuid4())}


def company_currency(dialect: AccountDialect) -> str:
    """The currency to which sums are converted. The user's default is another."""
    return "USD" if dialect is AccountDialect.ODD else CURRENCY


def currency_of(kept: StoredDeal, dialect: AccountDialect) -> str:
    return MADE_UP if dialect is AccountDialect.ODD and kept.number % 5 == 0 else kept.deal.currency


def currencies(dialect: AccountDialect, symbol: str) -> list[dict[str, Any]]:
    """`symbol`: that of the company's custom currency."""
    known = [("EUR", "Euro", 2, "€"), ("USD", "US Dollar", 2, "$"), ("JPY", "Yen", 0, "¥")]
    if dialect is AccountDialect.ODD:
        known.append((MADE_UP, "Seats", 2, symbol))
    names = ("code", "name", "decimal_points", "symbol")
    return [
        {"id": n, **dict(zip(names, one, strict=True)), "active_flag": True, "is_custom_flag": one[0] == MADE_UP}
        for n, one in enumerate(known, start=1)
    ]


def pipelines(living: list[dict[str, Any]], dialect: AccountDialect) -> list[dict[str, Any]]:
    """A deleted pipeline stays in the list for thirty days, even before all others."""
    gone = rows.pipeline(GONE_PIPELINE, "Old", -1, deleted=True)
    return [*living, gone] if dialect is AccountDialect.ODD else living


def stages(living: list[dict[str, Any]], dialect: AccountDialect) -> list[dict[str, Any]]:
    gone = {**living[0], "id": GONE_STAGE, "order_nr": 0, "name": "Dropped", "is_deleted": True}
    return [*living, gone] if dialect is AccountDialect.ODD else living


def deal(row: dict[str, Any], kept: StoredDeal, dialect: AccountDialect) -> dict[str, Any]:
    """One deal of either version, as this account writes it."""
    if dialect is AccountDialect.TIDY:
        return row
    odd: dict[str, Any] = {"currency": currency_of(kept, dialect)}
    if kept.value is None:
        odd["value"] = None
    if kept.number % 4 == 0:
        nulls = {"custom_fields": None} | ({} if kept.archived else {"is_archived": None})
        odd |= {name: value for name, value in nulls.items() if name in row}
    return row | odd
