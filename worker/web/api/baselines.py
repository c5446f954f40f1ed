"""What readers' digests are compared with, through the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from worker.documents.baselines import baselines_document, reset_document
from worker.domain.access import Actor, TokenScope
from worker.flow.operate.reset_baselines import Selection, held, plan_reset
from worker.flow.operate.upkeep_acts import reset_baselines
from worker.flow.services import Services
from worker.web.api.answers import answer, tag_of, written
from worker.web.api.guard import Guard
from worker.web.api.matching import IfMatch, refuse_other
from worker.web.api.once import once_route
from worker.web.api.parameters import FILLED, Id
from worker.web.api.shapes.schedules import BaselinesShape, ResetRequest, ResetShape

Whose = Annotated[
    str | None, Query(pattern=FILLED, max_length=400, description="Only this reader: an id, an address, or both.")
]
OfQuery = Annotated[str | None, Query(pattern=FILLED, max_length=200, description="Only this query of the schedule.")]


def baselines(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["schedules"], route_class=once_route(uses, guard))
    reads, manages = guard.needs(TokenScope.READ), guard.needs(TokenScope.MANAGE)

    @router.get("/schedules/{schedule:path}/baselines", response_model=BaselinesShape, dependencies=[Depends(reads)])
    async def list_baselines(request: Request, schedule: Id, reader: Whose = None, query: OfQuery = None) -> Response:
        """What each reader's next digest is compared with, by query."""
        return answer(request, baselines_document(schedule, await held(uses, Selection(schedule, reader, query))))

    @router.post("/schedules/{schedule:path}/baselines/reset", response_model=ResetShape)
    async def reset_baselines_of(
        schedule: Id, wanted: ResetRequest, actor: Annotated[Actor, Depends(manages)], if_match: IfMatch = None
    ) -> dict[str, Any]:
        """Compares the next digest with nothing, or with what an earlier run sent. If-Match takes the ETag of the list
        with the same reader and query.
        """
        chosen = Selection(schedule, wanted.reader, wanted.query)
        if if_match is not None:
            refuse_other(if_match, tag_of(written(baselines_document(schedule, await held(uses, chosen)))))
        plan = await plan_reset(uses, chosen, wanted.to)
        return reset_document(plan, await reset_baselines(uses, actor, plan))

    return router
