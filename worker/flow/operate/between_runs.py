"""What moved between any two runs of a schedule, whoever was sent what."""

from worker.domain.diff.bridge import Bridge, bridge
from worker.domain.run import Run
from worker.domain.snapshot.currencies import written_as_in
from worker.errors import RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.preview import BridgeUses
from worker.flow.run.stored_answers import load_found


async def between_runs(uses: BridgeUses, one: Run, other: Run) -> Bridge | None:
    """From the older run to the newer, of the list that the newer run's definition explains. None where it explains
    none, where an answer is missing or no longer stored, and where the question changed in between. Raises RequestError
    for runs of different schedules.
    """
    if one.key.schedule != other.key.schedule:
        raise RequestError(f"{one.key} and {other.key} are of different schedules; choose two runs of one")
    before, after = sorted((one, other), key=lambda run: run.key)
    bundle, schedule = await schedule_of(uses.deployments, after.bundle, after.key.schedule)
    if schedule.bridge is None:
        return None
    item = schedule.item(schedule.bridge)
    old = (await load_found(uses.snapshots, before)).snapshots.get(item.id)
    new = (await load_found(uses.snapshots, after)).snapshots.get(item.id)
    if old is None or new is None:
        return None
    scope = uses.connectors.query(bundle, item).traits(item.params).scope
    return bridge(written_as_in(old, new), new, item.follow, scope)
