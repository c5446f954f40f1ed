"""The bundle that a run pins, its definition of a schedule, and the bundles of earlier deployments."""

from collections.abc import Sequence

from worker.domain.schedule import Bundle, Schedule
from worker.errors import LedgerError
from worker.ports import Deployments


async def bundle_of(deployments: Deployments, bundle_id: str) -> Bundle:
    """Raises LedgerError if Redis has lost the bundle."""
    bundle = await deployments.bundle(bundle_id)
    if bundle is None:
        raise LedgerError(f"the deployment {bundle_id[:12]} is not in Redis any more; deploy again")
    return bundle


async def schedule_of(deployments: Deployments, bundle_id: str, schedule: str) -> tuple[Bundle, Schedule]:
    """Raises LedgerError if Redis has lost the bundle."""
    bundle = await bundle_of(deployments, bundle_id)
    return bundle, bundle.schedules[schedule]


async def last_definition(
    deployments: Deployments, schedule: str, in_force: str = ""
) -> tuple[Bundle, Schedule] | None:
    """That in force, or the one before the schedule was removed, with its bundle; None if no deployment that is
    remembered has it. `schedule`: its present id. `in_force`: the id of the bundle, for a caller that knows it.
    """
    deployed = None if in_force else await deployments.deployed()
    name = in_force or (deployed.bundle if deployed is not None else "")
    if not name:
        return None
    bundle = await deployments.bundle(name)
    if bundle is None or schedule not in bundle.schedules:
        bundle = next((one for one in await remembered_bundles(deployments) if schedule in one.schedules), None)
    return None if bundle is None else (bundle, bundle.schedules[schedule])


async def remembered_bundles(deployments: Deployments) -> Sequence[Bundle]:
    """Of the last deployments, newest first; each as often as it was in force. The first is in force."""
    made, loaded = await deployments.history(), dict[str, Bundle | None]()
    for one in made:
        if one.bundle not in loaded:
            loaded[one.bundle] = await deployments.bundle(one.bundle)
    return [bundle for one in made if (bundle := loaded[one.bundle]) is not None]
