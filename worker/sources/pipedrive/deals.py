"""A list of deals of one run: read whole, judged, its departures looked up, made into a table."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.diff.stalled_since import carried, departed
from worker.domain.schedule import Follow
from worker.domain.snapshot.opportunity import COLUMNS, FOLLOWED, TABLE
from worker.domain.snapshot.record import milliseconds
from worker.domain.snapshot.snapshot import Measure, Row, Snapshot, Table, table
from worker.errors import SourceIncomplete
from worker.ports import Question
from worker.sources.common.departures import still_matching
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs, filters, summary
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.follow import PipedriveFollowed, PipedriveFollower
from worker.sources.pipedrive.names import PipedriveNames, PipedriveNamesCache
from worker.sources.pipedrive.pages import PipedriveListing, by_cursor, by_offset, rows
from worker.sources.pipedrive.rows import DealRowReader
from worker.sources.pipedrive.rules import sliced
from worker.sources.pipedrive.stalls import DaysInStage, Idle, NothingPlanned, Rotting, Rule, bounds
from worker.sources.pipedrive.windows import whole_seconds

_NAMES = [column.name for column in COLUMNS]
_STALLED, _SINCE = _NAMES.index("stalled"), _NAMES.index("stalled_since")


@dataclass(frozen=True, slots=True)
class DealsAnswer:
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: Table | None
    notes: tuple[str, ...]

    @property
    def members(self) -> frozenset[str]:
        return frozenset(row.key for row in self.tables[0].rows)


@dataclass(frozen=True, slots=True)
class _DealsReading:
    rows: tuple[Row, ...]
    extra: tuple[Table, ...]
    measures: tuple[Measure, ...]
    followed: PipedriveFollowed
    notes: list[str]
    twice: str | None
    still: frozenset[str]


class DealList:
    """One question to one account. `size` rows a page; `clock` gives UTC; `progress` is told the rows so far."""

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
        self._client = client
        self._directory = directory
        self._ask = question
        self._clock = clock
        self._size = size
        self._progress = progress

    async def read(self) -> DealsAnswer:
        """A deal that comes twice, or that is looked up and still matches, shows that the list moved while it was read:
        it is then read once more. The same deals again are the service's own disagreement, which the bridge shows as
        unexplained; other ones mean that the list will not stand still.

        Raises SourceError.
        """
        first = await self._attempt()
        if not first.still and first.twice is None:
            return self._deals(first)
        self._directory.forget()  # a stage that is younger than the names would explain it as well
        second = await self._attempt()
        endpoint = filters.listing(self._ask).endpoint
        if second.twice is not None:
            raise SourceIncomplete(endpoint, f"the list changed while it was read, twice: {second.twice} came twice")
        for key in sorted(second.still - first.still):
            problem = f"the list changed while it was read, twice: {key} matches it and did not come"
            raise SourceIncomplete(endpoint, problem)
        second.notes.extend(f"{key} matches the filters, yet the list does not hold it" for key in sorted(second.still))
        return self._deals(second)

    async def complete(self, listed: Snapshot) -> Snapshot | None:
        """The same list, read for somebody without a past, with what this past adds. None where a deal that left still
        matches, so that the list must be read anew.
        """
        rows, now = listed.rows, milliseconds(listed.as_of[0])
        if rows is None or rows.sliced:
            return listed
        whole = self._carried(listed, now)
        if not self._follows:
            return whole
        missing, notes = departed(self._ask.formerly, listed.members), list[str]()
        followed = PipedriveFollowed((), ())
        if missing:
            reader = await self._reader(await self._directory.names(), now, notes)
            followed = await PipedriveFollower(self._client, reader, self._ask, filters.fields(self._ask)).follow(
                missing
            )
        if still_matching(self._ask.item, followed.rows):
            return None
        ended = self._clock() if missing else listed.as_of[1]
        return replace(
            whole,
            followed=table(FOLLOWED, COLUMNS, followed.rows),
            notes=(*listed.notes, *notes, *followed.notes),
            as_of=(listed.as_of[0], max(listed.as_of[1], ended)),
        )

    def _carried(self, listed: Snapshot, now: int) -> Snapshot:
        """Since when a deal stalls, as this past knows it, where no rule dates it."""
        rows = listed.rows
        if rows is None or self._ask.item.params.get("rule") != "no_next_activity":
            return listed
        kept = tuple(self._dated(row, now) for row in rows.rows)
        return replace(listed, tables=tuple(replace(t, rows=kept) if t is rows else t for t in listed.tables))

    def _dated(self, row: Row, now: int) -> Row:
        since = carried(self._ask.previous, row.key, row.cells[_STALLED] is True, now)
        return Row(row.key, (*row.cells[:_SINCE], since, *row.cells[_SINCE + 1 :]))

    async def _reader(self, names: PipedriveNames, now: int, notes: list[str]) -> DealRowReader:
        question = self._ask
        return DealRowReader(
            names,
            await self._rule(names),
            now,
            archives=bool(question.item.params.get("archived")),
            since=lambda key, stalled: carried(question.previous, key, stalled, now),
            notes=notes,
        )

    async def _attempt(self) -> _DealsReading:
        question, names, notes = self._ask, await self._directory.names(), list[str]()
        reader = await self._reader(names, milliseconds(self._clock()), notes)
        rows, envelope = await self._listed(reader)
        unique = {row.key: row for row in rows}
        twice = next((row.key for row in rows if unique[row.key] is not row), None)
        chosen = self._chosen(tuple(unique.values()), notes)
        missing: frozenset[str] = frozenset()
        if self._follows:
            missing = departed(question.formerly, frozenset(row.key for row in chosen))
        followed = await PipedriveFollower(self._client, reader, question, filters.fields(question)).follow(missing)
        extra, measures = summary.of_pipeline(envelope, names, notes)
        still = still_matching(question.item, followed.rows)
        return _DealsReading(chosen, extra, measures, followed, [*names.notes, *notes], twice, still)

    @property
    def _follows(self) -> bool:
        return self._ask.item.follow is not Follow.NONE and not sliced(self._ask.item.params)

    async def _listed(self, reader: DealRowReader) -> tuple[list[Row], Node]:
        """Every row, and what the first page says beside them."""
        follow = by_offset if filters.first_form(self._ask) else by_cursor
        listing = PipedriveListing(self._client, filters.listing(self._ask), follow, self._size, self._progress)
        limit = self._ask.item.params.get("limit")
        found: list[Row] = []
        extra: Node | None = None
        async for answer in listing.pages(None if limit is None else int(limit)):
            extra = answer.get("additional_data") if extra is None else extra
            found += await rows(answer, reader.row)
        return found, extra if extra is not None else Node(listing.request.endpoint, None)

    def _chosen(self, rows: tuple[Row, ...], notes: list[str]) -> tuple[Row, ...]:
        """Of a stalled list those that do; the service has no such filter."""
        if not self._ask.item.stalled_only:
            return rows
        untold = sum(row.cells[_STALLED] is None for row in rows)
        if untold:
            notes.append(f"{untold} open deals were not judged: the rule knows nothing of their stage")
        return tuple(row for row in rows if row.cells[_STALLED] is True)

    async def _rule(self, names: PipedriveNames) -> Rule:
        params = self._ask.item.params
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
        """How long deals stood in the stage that they were won or lost from: the only stays that lists tell of."""
        params = self._ask.item.params
        back = self._clock() - timedelta(days=int(params.get("history_days", 365)))
        query = {"status": "won,lost", "updated_since": whole_seconds(back), "sort_by": "id", "sort_direction": "asc"}
        if "pipeline_id" in params:
            query["pipeline_id"] = str(params["pipeline_id"])
        found = await PipedriveListing(self._client, PipedriveRequest(costs.DEALS, query), size=self._size).rows(_stay)
        return [stay for stay in found if stay is not None]

    def _deals(self, attempt: _DealsReading) -> DealsAnswer:
        cut = sliced(self._ask.item.params)
        tables = (table(TABLE, COLUMNS, attempt.rows, sliced=cut), *attempt.extra)
        followed = table(FOLLOWED, COLUMNS, attempt.followed.rows) if self._follows else None
        return DealsAnswer(tables, attempt.measures, followed, (*attempt.notes, *attempt.followed.notes))


def _stay(node: Node) -> tuple[str, int] | None:
    """A closed deal's last stage and its milliseconds there; None where a time is missing or they run backwards."""
    entered = node.get("stage_change_time").instant_or_none() or node.get("add_time").instant_or_none()
    closed = (node.get("won_time") if node.get("status").value == "won" else node.get("lost_time")).instant_or_none()
    if closed is None:
        closed = node.get("close_time").instant_or_none()
    if entered is None or closed is None or closed < entered:
        return None
    return node.get("stage_id").number_id(), closed - entered
