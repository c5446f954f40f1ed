"""Reads a list of deals of one run, with the deals that left it, into a table."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.snapshot.notes import Note, NoteCode, counted
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE, Status
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Measure, Row, Snapshot, Table, table
from worker.ports import Question
from worker.sources.common.listing import Listed, LookedUp, Reading, WholeList
from worker.sources.common.page_checks import ListShifted
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs, filters
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.follow import PipedriveFollower
from worker.sources.pipedrive.names import PipedriveNames, PipedriveNamesCache
from worker.sources.pipedrive.old_summary import of_pipeline
from worker.sources.pipedrive.pages import BY_CURSOR, BY_OFFSET, PipedriveListing, rows
from worker.sources.pipedrive.rows import DealRowReader
from worker.sources.pipedrive.rules import sliced
from worker.sources.pipedrive.stage_tables import open_stages
from worker.sources.pipedrive.stalls import DaysInStage, Idle, NothingPlanned, Rotting, StallRule, bounds
from worker.sources.pipedrive.windows import whole_seconds

_NAMES = [column.name for column in COLUMNS]
_STALLED, _STATUS, _STAGE = _NAMES.index("stalled"), _NAMES.index("status"), _NAMES.index("stage_id")


@dataclass(frozen=True, slots=True)
class DealsAnswer:
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: Table | None
    notes: tuple[Note, ...]
    sent: Mapping[str, int]

    @property
    def members(self) -> frozenset[str]:
        return frozenset(row.key for row in self.tables[0].rows)


@dataclass(frozen=True, slots=True)
class _Beside:
    """The rest of the first page, and the names that the list was read with. `sent`: endpoint → requests of one
    reading.
    """

    envelope: Node
    names: PipedriveNames
    sent: Mapping[str, int]


@dataclass(slots=True)
class DealListService:
    """Pipedrive's part in reading a list whole. No list states its length."""

    client: PipedriveClient
    directory: PipedriveNamesCache
    question: Question
    clock: Callable[[], datetime]
    size: int
    progress: Callable[[int], None]
    _judges: StallRule | None = field(default=None, init=False)
    _history: int = field(default=0, init=False)
    _pages: int = field(default=0, init=False)

    @property
    def endpoint(self) -> str:
        return filters.listing(self.question).endpoint

    @property
    def scope(self) -> Scope:
        return filters.scope(self.question)

    @property
    def carries(self) -> bool:
        """Whether our own runs keep since when a deal stalls. Only this rule does not know it."""
        return self.question.item.params.get("rule") == "no_next_activity"

    async def read(self, now: int) -> Reading[_Beside]:
        reader = await self._reader(now)
        found, envelope = await self._listed(reader)
        notes = list(reader.names.notes)
        members = self._chosen(found, reader, notes)
        keys = [row.key for row in found]
        return Reading(keys, members, _Beside(envelope, reader.names, self._sent()), notes=(*notes, *reader.notes))

    def _sent(self) -> dict[str, int]:
        sent = {self.endpoint: self._pages}
        if self._history:
            sent[costs.DEALS] = sent.get(costs.DEALS, 0) + self._history
        return sent

    async def look_up(self, keys: Collection[str], listed: Collection[str], now: int) -> LookedUp:
        reader = await self._reader(now)
        return await PipedriveFollower(
            self.client, reader, self.question, filters.fields(self.question), listed
        ).follow(keys)

    def forget(self) -> None:
        self.directory.forget()
        self._judges = None

    async def _reader(self, now: int) -> DealRowReader:
        names = await self.directory.names()
        if self._judges is None:
            self._judges = await self._rule(names)
        archives = bool(self.question.item.params.get("archived"))
        return DealRowReader(names, self._judges, now, self.directory.currencies, archives=archives)

    async def _listed(self, reader: DealRowReader) -> tuple[list[Row], Node]:
        """Every row, and the rest of the first page."""
        paging = BY_OFFSET if filters.first_form(self.question) else BY_CURSOR
        listing = PipedriveListing(self.client, filters.listing(self.question), paging, self.size, self.progress)
        limit = self.question.item.params.get("limit")
        found: list[Row] = []
        extra: Node | None = None
        self._pages = 0
        async for page in listing.pages(None if limit is None else int(limit)):
            self._pages += 1
            extra = page.answer.get("additional_data") if extra is None else extra
            await reader.ready(page.rows)
            found += await rows(page, reader.row)
        return found, extra if extra is not None else Node(listing.request.endpoint, None)

    def _chosen(self, found: list[Row], reader: DealRowReader, notes: list[Note]) -> tuple[Row, ...]:
        """For a list of stalled deals, the deals that are stalled."""
        if not filters.stalled(self.question):
            return tuple(found)
        if isinstance(reader.rule, Rotting):
            self._staged(found, reader.names)
        untold = sum(row.cells[_STALLED] is None for row in found)
        if untold:
            notes.append(counted(NoteCode.NOT_JUDGED, untold))
        return tuple(row for row in found if row.cells[_STALLED] is True)

    def _staged(self, found: list[Row], names: PipedriveNames) -> None:
        """Checks that every stage is known. Each stage has its own days, so that a deal of an unknown stage would seem
        to have moved.
        """
        for row in found:
            if row.cells[_STATUS] == Status.OPEN and row.cells[_STAGE] not in names.stages:
                stage = row.cells[_STAGE]
                raise ListShifted(self.endpoint, f"{row.key} is in stage {stage}, which the list of stages lacks")

    async def _rule(self, names: PipedriveNames) -> StallRule:
        params = self.question.item.params
        match params.get("rule"):
            case "days_in_stage":
                return DaysInStage(int(params["days"]))
            case "no_next_activity":
                return NothingPlanned()
            case "stage_history":
                percent = int(params.get("percentile", 90))
                return Idle(bounds(await self._stays(), percent), percent, names.stages)
        return Rotting(names.stages)

    async def _stays(self) -> list[tuple[str, int]]:
        """How long deals stayed in the stage in which they were won or lost. Lists show no other stays."""
        params = self.question.item.params
        back = self.clock() - timedelta(days=int(params.get("history_days", 365)))
        query = {"status": "won,lost", "updated_since": whole_seconds(back), "sort_by": "id", "sort_direction": "asc"}
        if "pipeline_id" in params:
            query["pipeline_id"] = str(params["pipeline_id"])
        found: list[tuple[str, int] | None] = []
        self._history = 0
        async for page in PipedriveListing(self.client, PipedriveRequest(costs.DEALS, query), size=self.size).pages():
            self._history += 1
            found += await rows(page, _stay)
        return [stay for stay in found if stay is not None]


class DealList:
    """One question to one account. `size`: rows per page. `clock` gives UTC. `progress` gets the rows so far."""

    def __init__(
        self,
        client: PipedriveClient,
        directory: PipedriveNamesCache,
        question: Question,
        *,
        clock: Callable[[], datetime],
        size: int,
        progress: Callable[[int], None],
    ) -> None:
        self._cut = sliced(question.item.params)
        self._stalled = filters.stalled(question)
        self._into = str(question.item.params.get("totals_convert_currency", ""))
        self._currencies = directory.currencies
        service = DealListService(client, directory, question, clock, size, progress)
        self._list = WholeList(service, question, clock, self._cut)

    async def read(self) -> DealsAnswer:
        """Raises SourceError."""
        return await self._answer(await self._list.read())

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """The same list with what this run's past adds; None if it must be read again. Raises SourceError."""
        return await self._list.complete(listed)

    async def _answer(self, listed: Listed[_Beside]) -> DealsAnswer:
        notes, beside = list[Note](), listed.beside
        extra, measures = await of_pipeline(beside.envelope, beside.names, self._currencies, self._into, notes)
        deals = table(TABLE, COLUMNS, listed.rows, sliced=self._cut)
        stages = () if self._stalled or self._cut else (open_stages(deals, beside.names),)
        tables = (deals, *stages, *extra)
        followed = None if listed.followed is None else table(FOLLOWED, COLUMNS, listed.followed)
        return DealsAnswer(tables, measures, followed, (*listed.notes, *notes), beside.sent)


def _stay(node: Node) -> tuple[str, int] | None:
    """A closed deal's last stage, and its milliseconds there; None if a time is missing or they are reversed."""
    entered = node.get("stage_change_time").instant_or_none() or node.get("add_time").instant_or_none()
    closed = (node.get("won_time") if node.get("status").value == "won" else node.get("lost_time")).instant_or_none()
    if closed is None:
        closed = node.get("close_time").instant_or_none()
    if entered is None or closed is None or closed < entered:
        return None
    return node.get("stage_id").number_id(), closed - entered
