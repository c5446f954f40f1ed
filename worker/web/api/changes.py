"""What a token may change: runs on demand, pauses, subscriptions, repairs. The audit list records each action."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from worker.documents.deliveries import delivery_document, retried_document
from worker.documents.forgotten import forgotten_document
from worker.documents.pauses import paused_document, resumed_document
from worker.documents.runs import cancelled_document, queued_run_document
from worker.domain.access import Actor, TokenScope
from worker.flow.operate import acts
from worker.flow.services import Services
from worker.web.api.guard import Guard
from worker.web.api.once import NAME, once_route
from worker.web.api.parameters import Id, RunRef
from worker.web.api.shapes.access import ForgetRequest, ForgottenShape
from worker.web.api.shapes.runs import (
    CancelledShape,
    DeliveryShape,
    QueuedRunShape,
    RetriedShape,
    SettleRequest,
    TriggerRequest,
)
from worker.web.api.shapes.schedules import PausedShape, PauseRequest

_FOLLOWED = {
    name: {"operationId": operation, "parameters": {"path.run": "$response.body#/key"}}
    for name, operation in (("run", "show_run"), ("deliveries", "list_deliveries"), ("retry", "retry_run"))
}
"""The links from a run's key to other requests, for OpenAPI."""


def changes(uses: Services, guard: Guard) -> APIRouter:
    """Runs and what concerns them; subscriptions are in `subscription_changes`."""
    router = APIRouter(route_class=once_route(uses, guard))
    triggers, manages = guard.needs(TokenScope.TRIGGER), guard.needs(TokenScope.MANAGE)

    @router.post(
        "/schedules/{schedule:path}/trigger",
        status_code=202,
        response_model=QueuedRunShape,
        responses={202: {"links": _FOLLOWED}},
        tags=["runs"],
    )
    async def trigger(
        request: Request, schedule: Id, wanted: TriggerRequest, actor: Annotated[Actor, Depends(triggers)]
    ) -> dict[str, str]:
        """Queues a run for the workers. Follow it at /runs/{key}."""
        key = request.headers.get(NAME)
        idempotency = await guard.own_key(request, key) if key is not None else None
        run = await acts.trigger(uses, actor, schedule, wanted.at, idempotency, wanted.for_slot)
        return queued_run_document(str(run))

    @router.post("/schedules/{schedule:path}/pause", response_model=PausedShape, tags=["schedules"])
    async def pause_schedule(
        schedule: Id, wanted: PauseRequest, actor: Annotated[Actor, Depends(manages)]
    ) -> dict[str, Any]:
        """Pauses a schedule. Slots that come during the pause are missed, and listed as such."""
        await acts.pause_schedule(uses, actor, schedule, wanted.until)
        return paused_document(schedule, wanted.until)

    @router.post("/schedules/{schedule:path}/resume", response_model=PausedShape, tags=["schedules"])
    async def resume_schedule(schedule: Id, actor: Annotated[Actor, Depends(manages)]) -> dict[str, Any]:
        """Ends a pause. The schedule fires again from its next slot on."""
        ended = await acts.resume_schedule(uses, actor, schedule)
        due = (await uses.clock.pending([schedule])).get(schedule)
        return resumed_document(schedule, due, was_paused=ended)

    @router.post("/runs/{run:path}/cancel", response_model=CancelledShape, tags=["runs"])
    async def cancel_run(run: RunRef, actor: Annotated[Actor, Depends(manages)]) -> dict[str, Any]:
        """Ends a run that is not finished. What was sent stays sent."""
        key, ended = await acts.cancel_run(uses, actor, run)
        return cancelled_document(str(key), str(ended.was), ended.deliveries)

    @router.post("/runs/{run:path}/retry", response_model=RetriedShape, tags=["runs"])
    async def retry_run(run: RunRef, actor: Annotated[Actor, Depends(manages)]) -> dict[str, Any]:
        """Tries again the messages that a run could not deliver. Messages that were sent are not sent again."""
        key, retried = await acts.retry_run(uses, actor, run)
        left_out = {str(one): str(why) for one, why in retried.left_out.items()}
        return retried_document(str(key), [str(one) for one in retried.again], left_out)

    @router.post("/deliveries/{delivery:path}/settle", response_model=DeliveryShape, tags=["runs"])
    async def settle_delivery(
        delivery: Annotated[str, Path(max_length=600, description="RUN/READER, as deliveries are listed.")],
        wanted: SettleRequest,
        actor: Annotated[Actor, Depends(manages)],
    ) -> dict[str, Any]:
        """Records whether an unknown delivery arrived."""
        return delivery_document(await acts.settle_unknown(uses, actor, delivery, arrived=wanted.arrived))

    @router.post("/forget", response_model=ForgottenShape, tags=["audit"])
    async def forget(wanted: ForgetRequest, actor: Annotated[Actor, Depends(manages)]) -> dict[str, Any]:
        """Removes a reader's data by address, or a row by its key. It cannot be undone."""
        return forgotten_document(await acts.forget_subject(uses, actor, wanted.what))

    return router
