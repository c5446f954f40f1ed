"""Rules of a run that the current deployment no longer has, and of which nothing is remembered (decision 121)."""

from collections.abc import Iterable

from worker.domain.alert.renames import present_id
from worker.domain.alert.rule import Rule
from worker.domain.schedule import Bundle
from worker.flow.alert.evaluate import RunFound
from worker.flow.deployed import bundle_of, remembered_bundles
from worker.ports import AlertMemory, Deployments


async def rules_gone(deployments: Deployments, found: RunFound, memory: AlertMemory) -> frozenset[str]:
    """Ids of rules whose alerts may have been reported and forgotten since the run was claimed. If every rule is
    remembered, nothing is looked up.
    """
    unknown = [rule for rule in found.schedule.alerts if rule.id not in memory.states]
    deployed = await deployments.deployed() if unknown else None
    if deployed is None:
        return frozenset()
    known = set(_ids(_rules(await bundle_of(deployments, deployed.bundle), found.schedule.id)))
    left = [rule for rule in unknown if rule.id not in known]
    before = await remembered_bundles(deployments) if left else ()
    return frozenset(rule.id for rule in left if present_id(before, found.schedule.id, rule.id) is None)


def _rules(bundle: Bundle, schedule: str) -> Iterable[Rule]:
    """Of the schedule, perhaps under its new id."""
    return (rule for one in bundle.schedules.values() if schedule in (one.id, one.previously) for rule in one.alerts)


def _ids(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        yield rule.id
        yield rule.previously or rule.id
