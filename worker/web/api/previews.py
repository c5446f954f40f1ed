"""What a reader would get now, without sending it; a test send; and whether everything can be reached."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from worker.connectors import wall_clock
from worker.documents.doctor import findings_document
from worker.documents.preview import dry_run_document, shown_preview_document
from worker.domain.access import Actor, TokenScope
from worker.domain.address import same
from worker.domain.known_names import known_names
from worker.domain.schedule import Bundle, Schedule
from worker.errors import NotFound
from worker.flow.deployed import bundle_of
from worker.flow.operate.examine import examine
from worker.flow.operate.find_run import deployed_schedule
from worker.flow.operate.preview import preview
from worker.flow.operate.trial_acts import send_trial
from worker.flow.services import Services
from worker.web.api.answers import answer
from worker.web.api.drafts import CheckDraft, sound_draft
from worker.web.api.few import Few
from worker.web.api.guard import Guard
from worker.web.api.once import once_route
from worker.web.api.parameters import Id
from worker.web.api.problem import HttpRefusal
from worker.web.api.shapes.previews import (
    DraftPreviewRequest,
    FindingShape,
    PreviewRequest,
    PreviewShape,
    TrialRequest,
    TrialShape,
)


def previews(uses: Services, project: str, check: CheckDraft, guard: Guard) -> APIRouter:
    """These fetch, so that the process needs the secrets of the connections."""
    router, few = APIRouter(), Few()
    acts = APIRouter(route_class=once_route(uses, guard))
    triggers, manages = Depends(guard.needs(TokenScope.TRIGGER)), Depends(guard.needs(TokenScope.MANAGE))

    async def shown(bundle: Bundle, schedule: Schedule, wanted: PreviewRequest) -> dict[str, Any]:
        async with few.one():
            return shown_preview_document(
                schedule.id, await preview(uses, bundle, schedule, wanted.entry, wanted.address)
            )

    @router.post(
        "/schedules/{schedule:path}/preview", response_model=PreviewShape, dependencies=[triggers], tags=["digests"]
    )
    async def preview_schedule(schedule: Id, wanted: PreviewRequest) -> dict[str, Any]:
        """Fetches now and makes the message of one reader. Nothing is sent, and nothing is stored."""
        return await shown(*await _deployed(uses, schedule), wanted)

    @router.post("/preview", response_model=PreviewShape, dependencies=[manages], tags=["deployments"])
    async def preview_draft(wanted: DraftPreviewRequest) -> dict[str, Any]:
        """Previews a schedule of these files, as for a deployed one. The files may make this process contact any
        host.
        """
        bundle = await sound_draft(uses, check, project, wanted.files)
        if wanted.schedule not in bundle.schedules:
            known = known_names(wanted.schedule, bundle.schedules)
            raise NotFound(f"there is no schedule {wanted.schedule!r} in these files; {known}")
        return await shown(bundle, bundle.schedules[wanted.schedule], wanted)

    @acts.post("/schedules/{schedule:path}/test", response_model=TrialShape, tags=["digests"])
    async def send_a_test(schedule: Id, wanted: TrialRequest, actor: Annotated[Actor, triggers]) -> dict[str, Any]:
        """Fetches now and sends to the token's own address; with `manage` to any address. No baseline changes, and
        nothing is sent again by itself.
        """
        address = wanted.address or actor.address
        if not address or (not actor.may(TokenScope.MANAGE) and not same(address, actor.address)):
            raise HttpRefusal(403, "forbidden", "this token may send tests to its own address only")
        bundle, found = await _deployed(uses, schedule)
        async with few.one():
            return dry_run_document(await send_trial(uses, actor, bundle, found, None, wanted.channel, address))

    @router.get("/doctor", response_model=list[FindingShape], dependencies=[manages], tags=["deployments"])
    async def examine_project(request: Request) -> Response:
        """Checks every deployed connection and channel with its credentials, and the clocks and workers. Nothing is
        sent or changed.
        """
        async with few.one():
            return answer(request, findings_document(await examine(uses, wall_clock)))

    router.include_router(acts)
    return router


async def _deployed(uses: Services, schedule: str) -> tuple[Bundle, Schedule]:
    bundle_id, found = await deployed_schedule(uses.deployments, schedule)
    return await bundle_of(uses.deployments, bundle_id), found
