"""Converts one of Close's opportunities to a row. Only declared columns are kept, never notes or custom fields.

https://developer.close.com/api/resources/opportunities
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar

import msgspec

from worker.domain.money import from_hundredths
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Cell, Row
from worker.errors import SourceShapeChanged
from worker.sources.close.known_rows import KnownRows
from worker.sources.close.names import CloseNames, CloseStatus
from worker.sources.close.notes import FINER_KEPT
from worker.sources.close.plain_rows import STATUS, TIMES, lead_page, plain_row
from worker.sources.common.notes import LEFT_OUT
from worker.sources.common.page_checks import ListShifted
from worker.sources.common.parse import Node

FIELDS = (
    "id",
    "lead_id",
    "lead_name",
    "user_id",
    "user_name",
    "pipeline_id",
    "status_id",
    "status_label",
    "status_type",
    "value",
    "value_period",
    "value_currency",
    "annualized_value",
    "confidence",
    "date_created",
    "date_updated",
    "date_won",
    "date_lost",
    "is_stalled",
    "stall_status",
    "suggested_action",
)
"""The fields for identity, diff, filter and display. Every list asks for these and for those of its definition."""

SHOWN_ONLY = frozenset(
    {"lead_name", "user_name", "status_label", "confidence", "date_updated", "stall_status", "suggested_action"}
)
"""Fields that are only displayed. If one is malformed, it is left empty with a note."""

T = TypeVar("T")
_IN_ORDER = itemgetter(*(column.name for column in COLUMNS))


@dataclass(slots=True)
class OpportunityRowReader:
    """`listed_as`: the list's condition on stalling, which each of its rows must repeat. `known`: the account's rows of
    earlier runs. `notes` collects what was left out. `long`: the list has more rows than are kept.
    """

    names: CloseNames
    listed_as: bool | None = None
    known: KnownRows = field(default_factory=KnownRows)
    notes: list[Note] = field(default_factory=list)
    long: bool = False

    def rows(self, deals: Sequence[msgspec.Raw]) -> tuple[Row, ...] | None:
        """A row for each deal of a page. None if one of them needs `row`, for a note or an error."""
        return self.known.rows(deals, self.names, listed_as=self.listed_as, keep=not self.long)

    def row(self, node: Node) -> Row:
        """Raises SourceShapeChanged with the path of a malformed field, unless it is only displayed."""
        return plain_row(node.value, self.names, listed_as=self.listed_as) or self.walked(node)

    def walked(self, node: Node) -> Row:
        """As `row`, field by field: for a deal that is not as documented."""
        key = node.get("id").id()
        stage_id = node.get("status_id").id()
        stage = self.names.stages.get(stage_id)
        status = _status(node, stage)
        stalled = self._stalled(node, key)
        lead = self._shown(node.get("lead_name").text_or_none) or None
        owner_id = node.get("user_id").id_or_none()
        lead_id = node.get("lead_id").text_or_none()
        cells: dict[str, Cell] = {
            "title": lead or f"Opportunity {key}",
            "lead_id": lead_id,
            "lead": lead,
            "owner_id": owner_id,
            "owner": self.names.user(owner_id, self._shown(node.get("user_name").text_or_none)),
            "pipeline_id": node.get("pipeline_id").text_or_none() or (stage.pipeline if stage else None),
            "stage_id": stage_id,
            "stage": self._shown(node.get("status_label").text_or_none) or (stage.label if stage else stage_id),
            "stage_order": stage.order if stage else None,
            "status": status.value,
            "confidence": self._confidence(node.get("confidence")),
            "created_at": node.get("date_created").instant_or_none(),
            "updated_at": self._shown(node.get("date_updated").instant_or_none),
            "stage_since": None,
            "stalled": stalled,
            "stalled_since": None,
            "next_step": self._next_step(node),
            "stall_reason": self._stall_reason(node.get("stall_status")),
            "url": lead_page(lead_id),
            **self._money(node),
            **_closing(node, status),
        }
        return Row(key, _IN_ORDER(cells))

    def _shown(self, read: Callable[[], T]) -> T | None:
        """The result of `read`; None and a note if the field has another type."""
        try:
            return read()
        except SourceShapeChanged as odd:
            self.notes.append(LEFT_OUT(odd.problem))
            return None

    def _confidence(self, node: Node) -> int | None:
        return None if node.absent else self._shown(node.whole)

    def _next_step(self, node: Node) -> str | None:
        """The code of Close's suggestion: `suggested_action`, else the next action of `stall_status`."""
        stall = node.get("stall_status")
        following = None if stall.absent else self._shown(lambda: stall.get("next_action"))
        return self._action(node.get("suggested_action")) or (None if following is None else self._action(following))

    def _action(self, node: Node) -> str | None:
        return None if node.absent else self._shown(lambda: node.get("action").text_or_none()) or None

    def _stall_reason(self, stall: Node) -> str | None:
        word = None if stall.absent else self._shown(lambda: stall.get("communication_issue").text_or_none())
        return None if not word or word == "no_issue" else word

    def _stalled(self, node: Node, key: str) -> bool | None:
        """An account without this field may also ignore the filter, and then it lists every deal."""
        told = node.get("is_stalled")
        stalled = told.flag_or_none()
        if self.listed_as is None or stalled is self.listed_as:
            return stalled
        if stalled is None:
            raise told.wrong("true or false in a list that was asked for it")
        raise ListShifted(node.endpoint, f"{key} says is_stalled: {str(stalled).lower()} in a list of the others")

    def _money(self, node: Node) -> dict[str, Cell]:
        """value, currency, period, annual. We compute `annual`, so that both sides of a comparison use one rule.
        Close's own figure is used if the period is not given.
        """
        value, period = node.get("value").number_or_none(), node.get("value_period").text_or_none()
        if period is not None and period not in TIMES:
            raise node.get("value_period").wrong("one_time, monthly or annual")
        currency = node.get("value_currency").currency_or_none() or self.names.currency
        if value is None:
            return {"value": None, "currency": currency, "period": period, "annual": None}
        if currency is None:
            raise node.get("value_currency").wrong("a currency, here or in GET /me/")
        amount = self._minor(node, value, currency)
        if period is not None:
            return {"value": amount, "currency": currency, "period": period, "annual": amount * TIMES[period]}
        yearly = node.get("annualized_value")
        annual = None if yearly.absent else self._minor(node, yearly.number(), currency)
        return {"value": amount, "currency": currency, "period": None, "annual": annual}

    def _minor(self, node: Node, hundredths: float, currency: str) -> int:
        """Close counts hundredths in every currency. A remainder in the currency's minor unit is noted."""
        whole = round(hundredths)
        amount, rest = from_hundredths(whole, currency)
        if rest or whole != hundredths:
            self.notes.append(FINER_KEPT(node.get("id").id(), hundredths, currency, amount))
        return amount


def _status(node: Node, stage: CloseStatus | None) -> Status:
    """The status from the row, else from its stage. `date_won` proves nothing, because open deals have it too."""
    told = node.get("status_type")
    kind = stage.type if told.absent and stage is not None else told.text()
    if kind not in STATUS:
        raise told.wrong("active, won or lost")
    return STATUS[kind]


def _closing(node: Node, status: Status) -> dict[str, Cell]:
    """`date_won` is the expected close of an open deal, and the day of the win (as midnight UTC) of a won deal.

    The key must exist, if only as null; otherwise a change of the expected close would be reported that did not happen.
    """
    won, lost_at = node.get("date_won"), node.get("date_lost").instant_or_none()
    day = won.day_or_none()
    if status is Status.OPEN:
        return {"expected_close": day, "closed_at": None}
    return {"expected_close": None, "closed_at": won.instant_or_none() if status is Status.WON else lost_at}
