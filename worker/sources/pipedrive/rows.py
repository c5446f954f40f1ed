"""Converts one of Pipedrive's deals, of either version, to a row. Only declared columns are kept, no custom fields.

https://developers.pipedrive.com/docs/api/v1/Deals
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import itemgetter

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, Status
from worker.domain.snapshot.snapshot import Cell, Row
from worker.errors import SourceShapeChanged
from worker.sources.common.parse import LARGEST, Node, named
from worker.sources.pipedrive import notes as said
from worker.sources.pipedrive.amounts import Amounts
from worker.sources.pipedrive.currencies import STANDARD, Currencies, CurrenciesCache
from worker.sources.pipedrive.names import PipedriveNames, PipedriveStage
from worker.sources.pipedrive.plain_rows import STATUS, plain_row
from worker.sources.pipedrive.stalls import MOVING, DealActivity, StallRule, Verdict

_IN_ORDER = itemgetter(*(column.name for column in COLUMNS))


@dataclass(slots=True)
class DealRowReader:
    """`now`: the moment at which stalling is judged, in milliseconds since the epoch. `archives`: archived deals are
    being looked up; otherwise an open archived deal has the status archived. `notes` collects what was dropped.
    `currencies`: the company's custom currencies.
    """

    names: PipedriveNames
    rule: StallRule
    now: int
    currencies: CurrenciesCache
    archives: bool = False
    notes: list[Note] = field(default_factory=list)
    _known: Currencies = field(default=STANDARD, init=False)

    async def ready(self, nodes: Iterable[Node]) -> None:
        """Reads the currencies of these deals, for `row`. Raises SourceError."""
        known = await self.currencies.of(node.value.get("currency") for node in nodes)
        if known is STANDARD:
            return
        self._known = known
        if known.problem is not None and known.problem not in self.notes:
            self.notes.append(known.problem)

    def row(self, node: Node) -> Row:
        """Raises SourceShapeChanged with the deal and the path of a malformed field."""
        plain = plain_row(node.value, self.names, self.rule, self.now, self._known, archives=self.archives)
        return plain or self.walked(node)

    def walked(self, node: Node) -> Row:
        """As `row`, field by field: for a deal that is not as documented, and for version 1."""
        key = node.get("id").number_id()
        try:
            return self._row(node, key)
        except SourceShapeChanged as error:
            raise error.within(f"deal {key}") from None

    def _row(self, node: Node, key: str) -> Row:
        stage_id = node.get("stage_id").number_id()
        stage = self.names.stages.get(stage_id)
        owner_id = self._owner_id(node, key)
        status = self._status(node)
        created = self._instant(node, "add_time", key)
        updated = self._instant(node, "update_time", key) or created
        stage_since = self._instant(node, "stage_change_time", key) or created
        verdict = self._judged(node, status, DealActivity(stage_id, updated, stage_since, _planned(node)), key)
        cells: dict[str, Cell] = {
            "title": _text(node, "title") or f"Deal {key}",
            **self._customer(node, key),
            "owner_id": owner_id,
            "owner": self.names.user(owner_id, _text(node, "owner_name")),
            "pipeline_id": node.get("pipeline_id").number_id(),
            "stage_id": stage_id,
            "stage": self.names.stage(stage_id),
            "stage_order": stage.order if stage is not None else _whole(node.get("stage_order_nr")),
            "status": status.value,
            "confidence": self._confidence(node, stage, key),
            "expected_close": self._day(node, key),
            "created_at": created,
            "updated_at": updated,
            "stage_since": stage_since,
            "closed_at": self._closed_at(node, status, key),
            "stalled": verdict.stalled,
            "stalled_since": verdict.since if verdict.stalled else None,
            "next_step": _text(node, "next_activity_subject"),
            "stall_reason": verdict.why if verdict.stalled else None,
            "url": self.names.url(key),
            **self._money(node, key),
        }
        return Row(key, _IN_ORDER(cells))

    def _status(self, node: Node) -> Status:
        """Deleted and archived are flags beside the status. v1 names the first `deleted`."""
        told = node.get("status")
        if not isinstance(told.value, str) or told.value not in STATUS:
            raise told.wrong("open, won, lost or deleted")
        if node.value.get("is_deleted") is True or node.value.get("deleted") is True:
            return Status.DELETED
        status = STATUS[told.value]
        put_away = node.get("is_archived").flag_or_none() is True and not self.archives
        return Status.ARCHIVED if put_away and status is Status.OPEN else status

    def _judged(self, node: Node, status: Status, activity: DealActivity, key: str) -> Verdict:
        """A closed deal does not stall."""
        if status is not Status.OPEN:
            return MOVING
        return self.rule(replace(activity, rotten_at=self._instant(node, "rotten_time", key)), self.now)

    def _confidence(self, node: Node, stage: PipedriveStage | None, key: str) -> int | None:
        """The deal's own in whole per cent, else its stage's if the pipeline weights by stage."""
        own = node.value.get("probability")
        if isinstance(own, int | float) and not isinstance(own, bool) and abs(own) <= LARGEST:
            return round(own)
        if own is not None:
            self.notes.append(said.PROBABILITY(key, named(own, node.secrets)))
        if stage is None:
            return None
        pipeline = self.names.pipelines.get(stage.pipeline)
        return stage.probability if pipeline is not None and pipeline.weighs else None

    def _money(self, node: Node, key: str) -> dict[str, Cell]:
        """A deal's value is paid once. Recurring amounts are in products and in other fields. A currency that cannot be
        read removes the value.
        """
        told, value = node.get("currency"), node.get("value")
        currency, amount = self._known.ours(told.value), None
        if value.number_or_none() is not None:
            if told.missing:
                raise told.wrong("a currency")
            if currency is not None:
                amount = Amounts(self.notes).minor(value, currency, "deal", key)
            elif value.value == 0:
                amount = 0
            else:
                self.notes.append(said.UNREAD_VALUE(key, told.shown))
        return {"value": amount, "currency": currency, "period": "one_time", "annual": amount}

    def _owner_id(self, node: Node, key: str) -> str | None:
        """v2 has `owner_id`; v1 has `user_id`, a number or an object."""
        owner = node.get("owner_id")
        if not owner.missing:
            return self._id(owner, key)
        user = node.get("user_id")
        return user.get("id").number_id() if isinstance(user.value, dict) else self._id(user, key)

    def _customer(self, node: Node, key: str) -> dict[str, Cell]:
        """The organization, else the person. v2 gives neither name."""
        for kind in ("org", "person"):
            if node.value.get(f"{kind}_id") is not None:
                told = node.get(f"{kind}_id")
                plain = self._id(told.get("value") if isinstance(told.value, dict) else told, key)
                if plain is not None:
                    return {"lead_id": f"{kind}_{plain}", "lead": _text(node, f"{kind}_name")}
        return {"lead_id": None, "lead": None}

    def _closed_at(self, node: Node, status: Status, key: str) -> int | None:
        if status not in (Status.WON, Status.LOST):
            return None
        own = self._instant(node, f"{status.value}_time", key)
        return own if own is not None else self._instant(node, "close_time", key)

    def _id(self, node: Node, key: str) -> str | None:
        """Pipedrive writes 0 if a deal lost its owner or customer."""
        if node.value == 0 and not isinstance(node.value, bool):
            self._nothing(node, key)
            return None
        return node.number_id_or_none()

    def _instant(self, node: Node, name: str, key: str) -> int | None:
        """The database's zero date is no date."""
        value = node.value.get(name)
        if value is None:
            return None
        if _zero(value):
            self._nothing(node.get(name), key)
            return None
        return node.get(name).instant_or_none()

    def _day(self, node: Node, key: str) -> str | None:
        """Null or absent on an open deal that has none, although the specification says otherwise."""
        told = node.get("expected_close_date")
        if _zero(told.value):
            self._nothing(told, key)
            return None
        return None if told.absent or told.value == "" else told.day_or_none()

    def _nothing(self, node: Node, key: str) -> None:
        self.notes.append(said.READ_AS_NONE(key, node.step, node.shown))


def _zero(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0000-00-00")


def _text(node: Node, name: str) -> str | None:
    """Most optional texts are absent. Reading the page directly halves the time for a row."""
    return None if node.value.get(name) is None else node.get(name).text() or None


def _planned(node: Node) -> bool | None:
    told = node.get("next_activity_id")
    return None if told.missing else told.value is not None


def _whole(node: Node) -> int | None:
    return None if node.absent else node.whole()
