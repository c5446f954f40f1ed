"""Whether the owners of listed deals are reached: findings of `doctor`."""

from typing import Protocol

from worker.domain.schedule import Bundle
from worker.flow.deploy.last_answers import LastAnswersUses
from worker.flow.deploy.owners_reached import OwnersReached, owners_reached
from worker.flow.deployed import bundle_of
from worker.flow.operate.doctor import CheckResult, Level, suspended
from worker.flow.run.readers import subjects
from worker.flow.uses import UsesDeliveries, UsesDeployments
from worker.ports import DeliveryLedger

NAMED = 5
"""Owners whom a finding names."""


class OwnersUses(LastAnswersUses, UsesDeliveries, UsesDeployments, Protocol): ...


async def owners(uses: OwnersUses, bundle: Bundle) -> list[CheckResult]:
    """Of entries with `each`: owners whom the last answers name and whom nothing reaches, and suspended addresses."""
    deployed = await uses.deployments.deployed()
    before = (await bundle_of(uses.deployments, deployed.bundle)).schedules if deployed else {}
    found = list[CheckResult]()
    for name, schedule in bundle.schedules.items():
        for one in await owners_reached(uses, bundle, schedule, before.get(name)):
            found += [_of_entry(name, one), *await _suspended_owners(uses.deliveries, one)] if one.answered else []
    return found


def _of_entry(schedule: str, found: OwnersReached) -> CheckResult:
    what, entry = f"owners {schedule}/{found.entry.id}", found.entry
    nowhere = found.without_address
    if not nowhere and (entry.unassigned or not found.nobodys):
        return CheckResult(
            what, Level.OK, f"readers by the last run: {len(found.addresses)}; every owner has an address"
        )
    missing = (
        [f"no address for {', '.join(nowhere[:NAMED])}{' and more' if nowhere[NAMED:] else ''}"] if nowhere else []
    )
    missing += ["some deals have no owner"] if found.nobodys and not entry.unassigned else []
    theirs = f"these deals go to {entry.unassigned}" if entry.unassigned else "nobody is sent these deals"
    cure = "write `people:` or `unassigned:`" if not entry.unassigned else "write `people:` to send them to the owner"
    return CheckResult(what, Level.WARN, f"{'; '.join(missing)}: {theirs}; {cure}")


async def _suspended_owners(ledger: DeliveryLedger, found: OwnersReached) -> list[CheckResult]:
    named = {subject for address in found.addresses for subject in subjects(found.entry, address)}
    return suspended(await ledger.suspended(sorted(named)))
