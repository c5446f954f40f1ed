"""Makes a row of an opportunity whose fields are all as documented. The types are checked in C (msgspec).

Reading an answer field by field (rows.py) costs several times as much. Here None means that a field is not as
documented, even if it only needs a note. rows.py then makes the row and its notes, or the error. Both ways make the
same row.
"""

from sys import intern
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from worker.domain.money import from_hundredths
from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Row
from worker.sources.close.names import CloseNames
from worker.sources.common.parse import LARGEST, day_of, encodable, milliseconds

STATUS = {"active": Status.OPEN, "won": Status.WON, "lost": Status.LOST}
TIMES = {"one_time": 1, "monthly": 12, "annual": 1}
"""Payments a year, by period."""


class Action(msgspec.Struct):
    action: str | None = None


class Stall(msgspec.Struct):
    communication_issue: str | None = None
    next_action: Action | None = None


class PlainOpportunity(msgspec.Struct):
    """The fields of a row. A field without a default must exist, if only as null."""

    id: str
    status_id: str
    user_id: str | None
    value: int | float | None
    value_period: Literal["one_time", "monthly", "annual"]
    date_won: str | None
    status_type: Literal["active", "won", "lost"] | None = None
    is_stalled: bool | None = None
    lead_id: str | None = None
    lead_name: str | None = None
    user_name: str | None = None
    pipeline_id: str | None = None
    status_label: str | None = None
    value_currency: str | None = None
    confidence: int | None = None
    date_created: str | None = None
    date_updated: str | None = None
    date_lost: str | None = None
    stall_status: Stall | None = None
    suggested_action: Action | None = None


_NO_STALL = Stall()
_NO_ACTION = Action()


STALLED = [column.name for column in COLUMNS].index("stalled")
_deals = msgspec.json.Decoder(PlainOpportunity)


def read_row(deal: msgspec.Raw, names: CloseNames) -> Row | None:
    """The row of one opportunity in JSON whose fields are all as documented."""
    try:
        return _row(_deals.decode(deal), names)
    except ValueError:
        return None


def plain_row(found: Any, names: CloseNames, *, listed_as: bool | None) -> Row | None:
    """`found`: one opportunity as JSON gave it. `listed_as`: as for OpportunityRowReader."""
    try:
        deal = msgspec.convert(found, PlainOpportunity)
        return _row(deal, names) if listed_as is None or deal.is_stalled is listed_as else None
    except ValueError:
        return None


def lead_page(lead_id: str | None) -> str | None:
    """The address of the lead's page, because an opportunity has no page."""
    if not lead_id:
        return None
    safe = lead_id if lead_id.isascii() and lead_id.replace("_", "").isalnum() else quote(lead_id, safe="")
    return f"https://app.close.com/lead/{safe}/"


def _row(deal: PlainOpportunity, names: CloseNames) -> Row | None:
    """Raises ValueError for a malformed date or instant."""
    stage = names.stages.get(deal.status_id)
    status = STATUS.get(deal.status_type or (stage.type if stage else ""))
    money = _money(deal, names.currency)
    if status is None or money is None or not _ids(deal) or abs(deal.confidence or 0) > LARGEST:
        return None
    lead, lead_id = _text(deal.lead_name) or None, _text(deal.lead_id)
    won, lost = deal.date_won, _instant(deal.date_lost)
    day = None if won is None else day_of(won)
    stall = deal.stall_status or _NO_STALL
    issue = _text(stall.communication_issue)
    return Row(
        deal.id,
        (
            lead or f"Opportunity {deal.id}",
            lead_id,
            lead,
            None if deal.user_id is None else intern(deal.user_id),
            names.user(deal.user_id, _text(deal.user_name)),
            _same(deal.pipeline_id) or (stage.pipeline if stage else None),
            intern(deal.status_id),
            _same(deal.status_label) or (stage.label if stage else deal.status_id),
            stage.order if stage else None,
            status.value,
            *money,
            deal.confidence,
            intern(day) if day is not None and status is Status.OPEN else None,
            _instant(deal.date_created),
            _instant(deal.date_updated),
            None,  # stage_since
            None if status is Status.OPEN else _instant(won) if status is Status.WON else lost,
            deal.is_stalled,
            None,  # stalled_since
            _action(deal.suggested_action) or _action(stall.next_action),
            None if not issue or issue == "no_issue" else issue,
            lead_page(lead_id),
        ),
    )


def _ids(deal: PlainOpportunity) -> bool:
    """Whether the ids can be keys: not empty, no control characters."""
    owner = deal.user_id
    return bool(
        deal.id
        and deal.status_id
        and (deal.id + deal.status_id).isprintable()
        and (owner is None or (owner and owner.isprintable()))
    )


def _money(deal: PlainOpportunity, usual: str | None) -> tuple[int | None, str | None, str, int | None] | None:
    """value, currency, period, annual. None for an amount that does not fit the currency's minor unit."""
    currency, value = intern(deal.value_currency) if deal.value_currency else usual, deal.value
    if deal.value_currency and not (len(deal.value_currency) == 3 and _capitals(deal.value_currency)):
        return None
    if value is None:
        return None, currency, deal.value_period, None
    if currency is None or not -LARGEST <= value <= LARGEST:
        return None
    whole = round(value)
    amount, rest = from_hundredths(whole, currency)
    if rest or whole != value:
        return None
    return amount, currency, deal.value_period, amount * TIMES[deal.value_period]


def _capitals(code: str) -> bool:
    return code.isascii() and code.isalpha() and code.isupper()


def _action(found: Action | None) -> str | None:
    return _text((found or _NO_ACTION).action) or None


def _text(found: str | None) -> str | None:
    return found if found is None or found.isascii() else encodable(found)


def _same(found: str | None) -> str | None:
    """As `_text`, with one object for all rows with this text: a third of a long list's memory would be repeated
    texts.
    """
    return intern(encodable(found)) if found else found


def _instant(found: str | None) -> int | None:
    return milliseconds(encodable(found)) if found else None
