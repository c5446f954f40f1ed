"""The answers to a run's queries, and what changed between two runs: as JSON or as CSV for a spreadsheet."""

import asyncio
from bisect import bisect_right
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from worker.documents.run_diff import bridges_csv, bridges_document, run_diff_csv, run_diff_document
from worker.documents.stored import FIGURES, part_csv, snapshots_document, table_document, tables_of
from worker.domain.access import TokenScope
from worker.domain.snapshot.snapshot import Snapshot, Table
from worker.errors import NotFound
from worker.flow.operate.compare_runs import RunComparison, compare_runs
from worker.flow.operate.export import stored_answers
from worker.flow.operate.find_run import find_run
from worker.flow.run.collect import COMPARED
from worker.flow.services import Services
from worker.web.api.answers import answer, answer_bytes
from worker.web.api.guard import Guard
from worker.web.api.parameters import FILLED, RunRef
from worker.web.api.shapes.snapshots import BridgesShape, DiffShape, RowsShape, SnapshotsShape

MANY, MOST = 200, 10_000
"""Rows on a page, and changes of a query."""

CSV = "text/csv; charset=utf-8"

Form = Annotated[Literal["json", "csv"], Query(alias="format", description="CSV opens in a spreadsheet.")]
Rows = Annotated[int, Query(ge=1, le=MOST, description="How many rows, at most.")]
RowCursor = Annotated[str, Query(max_length=4000, description="A row's key; empty for the first page.")]
Changes = Annotated[int, Query(ge=0, le=MOST, description="Changes of each query, at most; CSV has all.")]
Against = Annotated[
    str, Query(pattern=FILLED, max_length=400, description="Another run of the same schedule, as a run is named.")
]
QueryId = Annotated[
    str, Path(max_length=200, description="A query's id; with `:compared` the period it is compared with.")
]
TableId = Annotated[str, Path(max_length=200, description=f"A table, or `{FIGURES}` as CSV.")]
_AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "JSON, or CSV. `Link` names the next page of rows.",
    }
}


def snapshots(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["snapshots"], dependencies=[Depends(guard.needs(TokenScope.READ))])

    @router.get("/runs/{run:path}/snapshots", response_model=SnapshotsShape)
    async def list_snapshots(request: Request, run: RunRef) -> Response:
        """The answers to a run's queries: figures, and tables without their rows."""
        found = await find_run(uses, run)
        answers = await stored_answers(uses, found) if found.snapshots else ()
        return answer(request, snapshots_document(found, answers))

    @router.get("/runs/{run:path}/snapshots/{query}/{table}", response_model=RowsShape, responses=_AS_CSV)
    async def list_rows(  # one for each part of the request
        request: Request,
        run: RunRef,
        query: QueryId,
        table: TableId,
        form: Form = "json",
        limit: Rows = MANY,
        cursor: RowCursor = "",
    ) -> Response:
        """Rows of one table, by key."""
        snapshot = await _snapshot(uses, run, query)
        if table == FIGURES and form == "csv":
            return answer_bytes(request, part_csv(snapshot.measures), CSV)
        shown, following = _page(_table(snapshot, query, table), limit, cursor)
        more = _link(limit, form, following)
        if form == "csv":
            return answer_bytes(request, await asyncio.to_thread(part_csv, shown), CSV, headers=more)
        document = table_document(shown)
        items = document.pop("rows")
        return answer(request, {**document, "items": items, "next": following}, headers=more)

    @router.get("/runs/{run:path}/diff", response_model=DiffShape, responses=_AS_CSV)
    async def compare(
        request: Request, run: RunRef, against: Against, form: Form = "json", limit: Changes = MANY
    ) -> Response:
        """What changed between two runs of a schedule: bridges, rows and figures of each query. The older run is always
        compared with the newer one, in whatever order you name them.
        """
        found = await _compared(uses, run, against)
        if form == "csv":
            return answer_bytes(request, await asyncio.to_thread(run_diff_csv, found), CSV)
        return answer(request, await asyncio.to_thread(_first, found, limit))

    @router.get("/runs/{run:path}/bridges", response_model=BridgesShape, responses=_AS_CSV)
    async def bridges(request: Request, run: RunRef, against: Against, form: Form = "json") -> Response:
        """Why the total of each query changed between two runs, by currency and class."""
        found = await _compared(uses, run, against)
        if form == "csv":
            return answer_bytes(request, bridges_csv(found), CSV)
        return answer(request, bridges_document(found))

    return router


async def _snapshot(uses: Services, run: str, query: str) -> Snapshot:
    """Raises NotFound."""
    found = await find_run(uses, run)
    answers = dict(await stored_answers(uses, found, query.removesuffix(COMPARED)))
    if query not in answers:
        raise NotFound(f"{found.key} has no answer {query!r}; it has {', '.join(answers)}")
    return answers[query]


def _table(of: Snapshot, query: str, name: str) -> Table:
    """Raises NotFound."""
    tables = tables_of(of)
    found = next((one for one in tables if one.id == name), None)
    if found is None:
        known = ", ".join(one.id for one in tables) or "none"
        raise NotFound(f"the answer to {query} has no table {name!r}; it has {known}")
    return found


def _page(of: Table, limit: int, cursor: str) -> tuple[Table, str | None]:
    """Rows after the key `cursor`, which need not be there any more, and the cursor of the next page."""
    begin = bisect_right(of.rows, cursor, key=lambda row: row.key) if cursor else 0
    rows = of.rows[begin : begin + limit]
    more = begin + limit < len(of.rows)
    return replace(of, rows=rows), rows[-1].key if more else None


def _link(limit: int, form: str, following: str | None) -> dict[str, str]:
    """RFC 8288: the address of the next page, relative to this one."""
    if following is None:
        return {}
    return {"Link": f'<?format={form}&limit={limit}&cursor={quote(following, safe="")}>; rel="next"'}


async def _compared(uses: Services, run: str, against: str) -> RunComparison:
    """Raises NotFound, and RequestError for runs of two schedules."""
    return await compare_runs(uses, await find_run(uses, run), await find_run(uses, against))


def _first(found: RunComparison, limit: int) -> dict[str, Any]:
    document = run_diff_document(found)
    for query in document["queries"]:
        query["more"] = max(0, len(query["changes"]) - limit)
        query["changes"] = query["changes"][:limit]
    return document
