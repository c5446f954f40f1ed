"""Runs as a token with the scope `read` sees them."""

from fastapi import APIRouter, Depends, Request, Response

from worker.documents.alerts import run_alerts_document
from worker.documents.bridge import bridge_amounts
from worker.documents.deliveries import delivery_document
from worker.documents.explained import explained_document
from worker.documents.major_units import in_major_units
from worker.documents.runs import missed_document, run_document, shown_run_document
from worker.domain.access import TokenScope
from worker.domain.missed import MissedRow
from worker.flow.alert.explain import explain_run as explain_run_alerts
from worker.flow.alert.explain_rules import explain_rules
from worker.flow.operate.explain import explain
from worker.flow.operate.find_run import find_run
from worker.flow.operate.notes import notes_of
from worker.flow.operate.preview import bridge_of
from worker.flow.services import Services
from worker.web.api.answers import answer, page_of
from worker.web.api.guard import Guard
from worker.web.api.parameters import PAGE, Cursor, Limit, OfSchedule, RunRef
from worker.web.api.shapes.base import ListPage
from worker.web.api.shapes.runs import DeliveryShape, ExplainedShape, MissedShape, RunShape, ShownRunShape

SUBJECTS = 20
"""Subjects of a rule of each standing; /rules/{rule}/explain has more."""


def run_reads(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard.needs(TokenScope.READ))], tags=["runs"])

    @router.get("/runs", response_model=ListPage[RunShape])
    async def list_runs(
        request: Request, schedule: OfSchedule = None, limit: Limit = PAGE, cursor: Cursor = ""
    ) -> Response:
        """Runs, newest first, by slot."""
        found = await uses.lookups.runs(schedule, limit + 1, before=cursor)
        return answer(request, page_of([run_document(run) for run in found], limit, "key"))

    @router.get("/missed", response_model=list[MissedShape])
    async def list_missed(request: Request, schedule: OfSchedule = None, limit: Limit = PAGE) -> Response:
        """Slots that did not become a run, newest first, and why."""
        return answer(request, [missed_document(row) for row in await uses.lookups.missed(schedule, limit)])

    @router.get("/runs/{run:path}/explain", response_model=ExplainedShape | MissedShape)
    async def explain_run(request: Request, run: RunRef) -> Response:
        """Why each reader got a run or did not, and what it was compared with; or why ID@SLOT was missed."""
        found = await explain(uses, run)
        if isinstance(found, MissedRow):
            return answer(request, missed_document(found))
        one, rows = found
        alerts, rules = await explain_run_alerts(uses, one.key), await explain_rules(uses, one)
        shown = in_major_units(run_alerts_document(alerts, rules, SUBJECTS))
        return answer(request, {**explained_document(one, rows, await notes_of(uses.snapshots, one)), "alerts": shown})

    @router.get("/runs/{run:path}/deliveries", response_model=list[DeliveryShape])
    async def list_deliveries(request: Request, run: RunRef) -> Response:
        """A run's deliveries, by reader."""
        found = await find_run(uses, run)
        return answer(request, [delivery_document(row) for row in await uses.lookups.deliveries(found.key)])

    @router.get("/runs/{run:path}", response_model=ShownRunShape)
    async def show_run(request: Request, run: RunRef) -> Response:
        """A run with its bridge, its deliveries, and the notes of its sources."""
        found = await find_run(uses, run)
        rows = await uses.lookups.deliveries(found.key)
        bridge, notes = await bridge_of(uses, found, rows), await notes_of(uses.snapshots, found)
        amounts = bridge_amounts(bridge) if bridge is not None else None
        return answer(request, {**shown_run_document(found, bridge, rows, notes), "bridge": amounts})

    return router
