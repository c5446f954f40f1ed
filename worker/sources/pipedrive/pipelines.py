"""Pipelines: all of them, or one with its stages and the sums of its deals.

Version 1 returned the sums with the pipeline. Since May 2025 they are a separate call, GET /v1/deals/summary.
https://developers.pipedrive.com/changelog
"""

from dataclasses import dataclass

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.ports import Question
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs, summary
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.currencies import CurrenciesCache
from worker.sources.pipedrive.filters import joined
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.pages import PipedriveListing
from worker.sources.pipedrive.rules import sliced
from worker.sources.pipedrive.statistics import StatisticsAnswer
from worker.together import together

PIPELINES = (
    Column("name", Kind.TEXT),
    Column("order_nr", Kind.INT, significant=True),
    Column("is_default", Kind.BOOL, significant=True),
    Column("is_deleted", Kind.BOOL, significant=True),
    Column("is_deal_probability_enabled", Kind.BOOL, significant=True),
    Column("created_at", Kind.INSTANT),
    Column("updated_at", Kind.INSTANT),
)
STAGES = (
    Column("name", Kind.TEXT),
    Column("position", Kind.INT, significant=True),
    Column("deal_probability", Kind.INT, significant=True),
    Column("days_to_rotten", Kind.INT, significant=True),
)


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Raises SourceError."""

    client: PipedriveClient
    names: PipedriveNames
    currencies: CurrenciesCache
    question: Question

    async def every(self) -> StatisticsAnswer:
        """Table `pipelines`, keyed by id. The first in order is the default."""
        params = self.question.item.params
        cut = sliced(params)
        query = {name: joined(value) for name, value in params.items() if name != "limit"}
        limit = params.get("limit")
        listing = PipedriveListing(self.client, PipedriveRequest(costs.PIPELINES, query if cut else {}))
        pages = [page async for page in listing.pages(None if limit is None else int(limit))]
        rows = [self._row(node) for page in pages for node in page.rows]
        found = table("pipelines", PIPELINES, rows, sliced=cut)
        return StatisticsAnswer((), (found,), (), {costs.PIPELINES: len(pages)})

    async def one(self) -> StatisticsAnswer:
        """Tables `pipeline`, `pipeline_stages`, `sums` by currency and, if asked for, `stage_sums`."""
        params = self.question.item.params
        key, status = str(params["id"]), str(params.get("status", "open"))
        stages = self.names.of_pipeline(key)
        answer = await self.client.read(PipedriveRequest(costs.PIPELINE, id=key))
        told, notes = await self._summary(key, status), list[Note]()
        amounts = await summary.read_by(self.currencies, told, notes)
        found = summary.lines(told, amounts)
        tables = [
            table("pipeline", PIPELINES, [self._row(answer.get("data").object())]),
            table(
                "pipeline_stages", STAGES, (Row(s.id, (s.name, s.order, s.probability, s.rots_after)) for s in stages)
            ),
            summary.sums(found),
        ]
        if params.get("by_stage"):
            answers = await together(self._summary(key, status, stage.id) for stage in stages)
            parts = [(s.id, await self._lines(one, notes)) for s, one in zip(stages, answers, strict=True)]
            tables.append(summary.stage_sums(parts, self.names))
        measures = summary.measures(told, found, amounts)
        sent = {costs.PIPELINE: 1, costs.SUMMARY: 1 + (len(stages) if params.get("by_stage") else 0)}
        return StatisticsAnswer(measures, tuple(tables), tuple(notes), sent)

    async def _lines(self, answer: Node, notes: list[Note]) -> tuple[summary.Line, ...]:
        return summary.lines(answer, await summary.read_by(self.currencies, answer, notes))

    async def summed(self) -> StatisticsAnswer:
        """Table `sums`, keyed by currency."""
        params = {name: joined(value) for name, value in self.question.item.params.items()}
        answer = await self.client.read(PipedriveRequest(costs.SUMMARY, params))
        amounts = await summary.read_by(self.currencies, answer, [])
        found = summary.lines(answer, amounts)
        measures = summary.measures(answer, found, amounts)
        tables: tuple[Table, ...] = (summary.sums(found),)
        return StatisticsAnswer(measures, tables, tuple(amounts.notes), {costs.SUMMARY: 1})

    async def _summary(self, pipeline: str, status: str, stage: str | None = None) -> Node:
        params = {"pipeline_id": pipeline, "status": status}
        if stage is not None:
            params["stage_id"] = stage
        return await self.client.read(PipedriveRequest(costs.SUMMARY, params))

    def _row(self, node: Node) -> Row:
        key = node.get("id").number_id()
        cells = (
            node.get("name").text(),
            node.get("order_nr").whole(),
            self.names.default_pipeline == key,
            node.get("is_deleted").flag_or_none(),
            node.get("is_deal_probability_enabled").flag_or_none(),
            node.get("add_time").instant_or_none(),
            node.get("update_time").instant_or_none(),
        )
        return Row(key, cells)
