"""Past deployments, and the bundle that a rollback activates again."""

from dataclasses import dataclass
from typing import Protocol

from worker.domain.schedule import Bundle
from worker.errors import NotFound, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.uses import UsesDeployments
from worker.ports import Deployment


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """`in_force`: whether clocks and workers use it now. `schedules`: how many it has."""

    deployment: Deployment
    in_force: bool
    schedules: int


class DeploymentsUses(UsesDeployments, Protocol): ...


async def deployments(uses: DeploymentsUses) -> tuple[DeploymentRow, ...]:
    """The last ones, newest first."""
    rows = []
    for number, made in enumerate(await uses.deployments.history()):
        bundle = await bundle_of(uses.deployments, made.bundle)
        rows.append(DeploymentRow(made, number == 0, len(bundle.schedules)))
    return tuple(rows)


async def rollback_target(uses: DeploymentsUses, reference: str | None) -> Bundle:
    """The bundle to activate again: the previous one, or the one whose id begins with `reference`. Raises NotFound if
    no deployment fits, RequestError if it is active already or several fit.
    """
    made = await uses.deployments.history()
    now = made[0].bundle if made else None
    past = list(dict.fromkeys(one.bundle for one in made if one.bundle != now))
    if reference is None:
        if not past:
            raise NotFound("there is no earlier deployment")
        return await bundle_of(uses.deployments, past[0])
    if now is not None and now.startswith(reference):
        raise RequestError(f"{reference} is deployed already")
    fitting = [bundle for bundle in past if bundle.startswith(reference)]
    if not fitting:
        raise NotFound(f"no deployment begins with {reference!r}; `funnelbeat deployments` lists them")
    if len(fitting) > 1:
        raise RequestError(f"{len(fitting)} deployments begin with {reference!r}; write more of it")
    return await bundle_of(uses.deployments, fitting[0])
