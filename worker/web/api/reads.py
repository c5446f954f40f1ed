"""What a token with the scope `read` sees."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from worker.documents.access import audit_document
from worker.documents.deployment import deployment_document
from worker.documents.schedules import schedules_document
from worker.documents.subscriptions import subscriptions_document
from worker.domain.access import TokenScope
from worker.domain.schedule_filter import ScheduleFilter
from worker.errors import NotFound
from worker.flow.deployed import bundle_of
from worker.flow.operate.schedules import schedules
from worker.flow.operate.subscriptions import listed
from worker.flow.services import Services
from worker.web.api.answers import answer, page_of
from worker.web.api.guard import Guard
from worker.web.api.parameters import NO_TAGS, PAGE, Limit, OfOwner, OfSchedule, Tags
from worker.web.api.shapes.access import AuditShape
from worker.web.api.shapes.base import ListPage
from worker.web.api.shapes.deployments import DeploymentShape
from worker.web.api.shapes.schedules import ScheduleRowShape
from worker.web.api.shapes.subscriptions import SubscriptionShape

AuditCursor = Annotated[
    str,
    Query(pattern=r"^([0-9]{1,16}-[0-9]{1,16})?$", description="`next` of the page before; empty for the first."),
]


def reads(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard.needs(TokenScope.READ))])

    @router.get("/schedules", response_model=list[ScheduleRowShape], tags=["schedules"])
    async def list_schedules(request: Request, tags: Tags = NO_TAGS, owner: OfOwner = None) -> Response:
        """The deployed schedules, with the next slot and the last run of each."""
        wanted = ScheduleFilter(tuple(tags), owner or "")
        return answer(request, schedules_document(await schedules(uses, wanted=wanted)))

    @router.get("/deployment", response_model=DeploymentShape, tags=["deployments"])
    async def show_deployment(request: Request) -> Response:
        """The current deployment. Use its ETag in If-Match of a deployment."""
        deployed = await uses.deployments.deployed()
        if deployed is None:
            raise NotFound("nothing is deployed yet")
        bundle = await bundle_of(uses.deployments, deployed.bundle)
        return answer(request, deployment_document(deployed, bundle), tag=deployed.bundle)

    @router.get("/subscriptions", response_model=list[SubscriptionShape], tags=["subscriptions"])
    async def list_subscriptions(request: Request, schedule: OfSchedule = None) -> Response:
        """Who gets what: entries of the definitions, and subscriptions that were added at run time."""
        return answer(request, subscriptions_document(await listed(uses, schedule)))

    @router.get("/audit", response_model=ListPage[AuditShape], tags=["audit"])
    async def list_audit(request: Request, limit: Limit = PAGE, cursor: AuditCursor = "") -> Response:
        """What was done, by whom and through which door, newest first."""
        found = await uses.audit.newest(limit + 1, cursor)
        return answer(request, page_of(audit_document(found), limit, "id"))

    return router
