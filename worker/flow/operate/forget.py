"""Forgetting a person or a deal on request. Everything else that is stored stays usable."""

from dataclasses import dataclass
from typing import Protocol

from worker.flow.deployed import bundle_of
from worker.flow.facts import emit_all
from worker.flow.run.readers import readers
from worker.flow.uses import UsesDeployments, UsesEvents, UsesSnapshots, UsesUpkeep
from worker.ports import Deployments


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was removed. `named`: schedules in force that still name the address; their next runs store it again."""

    baselines: int = 0
    deliveries: int = 0
    suspensions: int = 0
    answers: int = 0
    named: tuple[str, ...] = ()


class ForgetUses(UsesDeployments, UsesEvents, UsesSnapshots, UsesUpkeep, Protocol): ...


async def forget(uses: ForgetUses, what: str) -> Forgotten:
    """`what` is a reader's address or a row's key. Messages that were sent are with their receivers, and not stored."""
    gone = await uses.upkeep.forget_reader(what)
    emit_all(uses.events, gone.facts)
    answers = await uses.snapshots.forget_row(what)
    return Forgotten(gone.baselines, gone.deliveries, gone.suspensions, answers, await _named(uses.deployments, what))


async def _named(deployments: Deployments, address: str) -> tuple[str, ...]:
    deployed = await deployments.deployed()
    if deployed is None:
        return ()
    bundle = await bundle_of(deployments, deployed.bundle)
    wanted = address.casefold()
    found = [s.id for s in bundle.schedules.values() if any(r.address.casefold() == wanted for r in readers(s))]
    operator = ["defaults.operator"] if (bundle.defaults.operator or "").casefold() == wanted else []
    return (*sorted(found), *operator)
