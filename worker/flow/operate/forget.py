"""Forgetting a person or a deal on request: what is remembered of it goes, and what else is stored stays usable."""

from dataclasses import dataclass

from worker.flow.run.readers import readers
from worker.flow.services import Services


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed. `named`: schedules in force that still name the address, and so begin to remember it anew."""

    baselines: int = 0
    deliveries: int = 0
    suspensions: int = 0
    answers: int = 0
    named: tuple[str, ...] = ()


async def forget(services: Services, what: str) -> Forgotten:
    """`what` is a reader's address or a row's key. Messages that were sent are with their receivers and in no store."""
    gone = await services.upkeep.forget_reader(what)
    services.tell(gone.facts)
    answers = await services.snapshots.forget_row(what)
    return Forgotten(gone.baselines, gone.deliveries, gone.suspensions, answers, await _named(services, what))


async def _named(services: Services, address: str) -> tuple[str, ...]:
    deployed = await services.deployments.deployed()
    if deployed is None:
        return ()
    bundle = await services.bundle(deployed.bundle)
    wanted = address.casefold()
    found = [s.id for s in bundle.schedules.values() if any(r.address.casefold() == wanted for r in readers(s))]
    operator = ["defaults.operator"] if (bundle.defaults.operator or "").casefold() == wanted else []
    return (*sorted(found), *operator)
