"""The bundle that a run pins, and its definition of a schedule."""

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
