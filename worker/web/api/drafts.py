"""Definitions that come as files in a request: checked, planned, deployed. The served directory stays as it is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from worker.documents.definitions import check_document
from worker.documents.deployment import deployed_document
from worker.documents.plan import plan_document
from worker.domain.access import Actor, TokenScope
from worker.domain.schedule import Bundle
from worker.errors import Complaint, DefinitionError, RequestError
from worker.flow.deploy.plan import plan
from worker.flow.deployed import bundle_of
from worker.flow.operate.upkeep_acts import deploy_definitions
from worker.flow.services import Services
from worker.web.api.guard import Guard
from worker.web.api.matching import IfMatch, tags_of
from worker.web.api.once import once_route
from worker.web.api.shapes.deployments import CheckShape, DeployedShape, DraftRequest, PlanRequest, PlanShape


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """`bundle` is None exactly if there are complaints. `unset`: secrets that have no value in this process."""

    bundle: Bundle | None
    complaints: tuple[Complaint, ...]
    warnings: tuple[Complaint, ...]
    unset: tuple[str, ...]

    def sound(self) -> Bundle:
        """Raises DefinitionError with every complaint."""
        if self.bundle is None:
            raise DefinitionError(self.complaints)
        return self.bundle


CheckDraft = Callable[[Mapping[str, str], Bundle | None], CheckedDraft]
"""Path in the project → text, and the definitions in force (None: there are none). It blocks, and raises RequestError
for a path that cannot be one of a project.
"""


def drafts(uses: Services, project: str, check: CheckDraft, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["deployments"])
    manages = Depends(guard.needs(TokenScope.MANAGE))

    @router.post("/check", response_model=CheckShape, dependencies=[manages])
    async def check_draft(wanted: DraftRequest) -> dict[str, Any]:
        """Everything that is wrong with these files, in one pass."""
        found = await asyncio.to_thread(check, wanted.files, await _in_force(uses))
        return check_document(found.complaints, found.warnings, found.unset)

    @router.post("/plan", response_model=PlanShape, dependencies=[manages])
    async def plan_draft(wanted: PlanRequest) -> dict[str, Any]:
        """Which runs would fire with these files, for whom, at what cost, and what a deployment would change."""
        return plan_document(await plan(uses, await sound_draft(uses, check, project, wanted.files), wanted.days))

    acts = APIRouter(route_class=once_route(uses, guard))

    @acts.post("/deployments", status_code=201, response_model=DeployedShape)
    async def deploy_draft(
        wanted: DraftRequest, actor: Annotated[Actor, manages], if_match: IfMatch = None
    ) -> dict[str, Any]:
        """Checks these files and activates them in one step."""
        bundle = await sound_draft(uses, check, project, wanted.files)
        deployment, found = await deploy_definitions(uses, actor, bundle, tags_of(if_match))
        return deployed_document(deployment.bundle, found)

    router.include_router(acts)
    return router


async def _in_force(uses: Services) -> Bundle | None:
    deployed = await uses.deployments.deployed()
    return await bundle_of(uses.deployments, deployed.bundle) if deployed is not None else None


async def sound_draft(uses: Services, check: CheckDraft, project: str, files: Mapping[str, str]) -> Bundle:
    """`project`: the one that this process serves. Raises DefinitionError with every complaint, RequestError."""
    bundle = (await asyncio.to_thread(check, files, await _in_force(uses))).sound()
    if bundle.project != project:
        raise RequestError(f"funnelbeat.yaml: found the project {bundle.project!r}, this process serves {project!r}")
    return bundle
