"""One of Pipedrive's deals as a row of ours, from either version. Only declared columns are kept, no custom field.

https://developers.pipedrive.com/docs/api/v1/Deals
"""

from dataclasses import dataclass, field
from operator import itemgetter

from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Cell, Row
from worker.sources.common.parse import Node
from worker.sources.pipedrive.amounts import Amounts
from worker.sources.pipedrive.names import PipedriveNames, PipedriveStage
from worker.sources.pipedrive.stalls import MOVING, DealActivity, Rule, Verdict

_IN_ORDER = itemgetter(*(column.name for column in COLUMNS))
_STATUS = {"open": Status.OPEN, "won": Status.WON, "lost": Status.LOST, "deleted": Status.DELETED}


@dataclass(slots=True)
class DealRowReader:
    """`now` in milliseconds since the epoch: the moment that stalling is judged at. `archives`: archived deals are what
    is looked for, otherwise an open one that was put away reads as archived. `notes` collects what was dropped.
    """

    names: PipedriveNames
    rule: Rule
    now: int
    archives: bool = False
    notes: list[str] = field(default_factory=list)

    def row(self, node: Node) -> Row:
        """Raises SourceShapeChanged with the path of what is wrong."""
        key = node.get("id").number_id()
        stage_id = node.get("stage_id").number_id()
        stage = self.names.stages.get(stage_id)
        owner_id = _owner_id(node)
        status = self._status(node)
        created = _instant(node, "add_time")
        updated = _instant(node, "update_time") or created
        stage_since = _instant(node, "stage_change_time") or created
        verdict = self._judged(node, status, stage_id, updated, stage_since)
        cells: dict[str, Cell] = {
            "title": _text(node, "title") or f"Deal {key}",
            **_customer(node),
            "owner_id": owner_id,
            "owner": self.names.user(owner_id, _text(node, "owner_name")),
            "pipeline_id": node.get("pipeline_id").number_id(),
            "stage_id": stage_id,
            "stage": self.names.stage(stage_id),
            "stage_order": stage.order if stage is not None else _whole(node.get("stage_order_nr")),
            "status": status.value,
            "confidence": self._confidence(node, stage),
            "expected_close": _day(node.get("expected_close_date")),
            "created_at": created,
            "updated_at": updated,
            "stage_since": stage_since,
            "closed_at": _closed_at(node, status),
            "stalled": verdict.stalled,
            "stalled_since": verdict.since if verdict.stalled else None,
            "next_step": _text(node, "next_activity_subject"),
            "stall_reason": verdict.why if verdict.stalled else None,
            "url": self.names.url(key),
            **self._money(node, key),
        }
        return Row(key, _IN_ORDER(cells))

    def _status(self, node: Node) -> Status:
        """Deleted and archived are flags beside the status; v1 calls the first `deleted`."""
        told = node.get("status")
        if not isinstance(told.value, str) or told.value not in _STATUS:
            raise told.wrong("open, won, lost or deleted")
        if node.value.get("is_deleted") is True or node.value.get("deleted") is True:
            return Status.DELETED
        status = _STATUS[told.value]
        put_away = node.get("is_archived").flag_or_none() is True and not self.archives
        return Status.ARCHIVED if put_away and status is Status.OPEN else status

    def _judged(
        self, node: Node, status: Status, stage_id: str, updated: int | None, stage_since: int | None
    ) -> Verdict:
        """A closed deal does not stall."""
        if status is not Status.OPEN:
            return MOVING
        rotten = _instant(node, "rotten_time")
        return self.rule(DealActivity(stage_id, updated, stage_since, _planned(node), rotten), self.now)

    def _confidence(self, node: Node, stage: PipedriveStage | None) -> int | None:
        """The deal's own, else its stage's where the pipeline weighs by stages."""
        own = _whole(node.get("probability"))
        if own is not None or stage is None:
            return own
        pipeline = self.names.pipelines.get(stage.pipeline)
        return stage.probability if pipeline is not None and pipeline.weighs else None

    def _money(self, node: Node, key: str) -> dict[str, Cell]:
        """A deal's value is paid once: what recurs stands in products and in fields of its own."""
        currency = node.get("currency").currency_or_none()
        value = node.get("value")
        amount = None
        if value.number_or_none() is not None:
            if currency is None:
                raise node.get("currency").wrong("a currency's three letters")
            amount = Amounts(self.notes).minor(value, currency, "deal", key)
        return {"value": amount, "currency": currency, "period": "one_time", "annual": amount}


def _owner_id(node: Node) -> str | None:
    """v2 `owner_id`; v1 `user_id`, a number or the user itself."""
    owner = node.get("owner_id")
    if not owner.missing:
        return owner.number_id_or_none()
    user = node.get("user_id")
    return user.get("id").number_id() if isinstance(user.value, dict) else user.number_id_or_none()


def _text(node: Node, name: str) -> str | None:
    """Most of what may be there is not: a look into the page itself spares half of a row's time."""
    return None if node.value.get(name) is None else node.get(name).text() or None


def _instant(node: Node, name: str) -> int | None:
    return None if node.value.get(name) is None else node.get(name).instant_or_none()


def _customer(node: Node) -> dict[str, Cell]:
    """The organization, else the person. v2 tells no name of either."""
    for kind in ("org", "person"):
        if node.value.get(f"{kind}_id") is not None:
            told = node.get(f"{kind}_id")
            plain = told.get("value") if isinstance(told.value, dict) else told
            return {"lead_id": f"{kind}_{plain.number_id()}", "lead": _text(node, f"{kind}_name")}
    return {"lead_id": None, "lead": None}


def _planned(node: Node) -> bool | None:
    told = node.get("next_activity_id")
    return None if told.missing else told.value is not None


def _closed_at(node: Node, status: Status) -> int | None:
    if status not in (Status.WON, Status.LOST):
        return None
    own = node.get(f"{status.value}_time").instant_or_none()
    return own if own is not None else node.get("close_time").instant_or_none()


def _whole(node: Node) -> int | None:
    return None if node.absent else node.whole()


def _day(node: Node) -> str | None:
    """Null or absent on a live deal that has none, though the specification says otherwise."""
    return None if node.absent or node.value == "" else node.day_or_none()
