"""What is remembered of a schedule's alert rules, by the ids that they have now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from worker.domain.alert.inherit import inherited
from worker.domain.alert.renames import earlier_ids
from worker.domain.alert.rule import Rule
from worker.domain.schedule import Schedule
from worker.flow.deployed import remembered_bundles
from worker.flow.uses import UsesAlerts, UsesDeployments
from worker.ports import AlertMemory


class MemoryUses(UsesAlerts, UsesDeployments, Protocol): ...


async def memory_of(uses: MemoryUses, schedule: Schedule, stored: str = "") -> AlertMemory:
    """`stored`: the id under which the schedule is known, where a deployment will rename it."""
    memory = await uses.alerts.memory(stored or schedule.id)
    readable = [rule for rule in schedule.alerts if not fault_of_state(memory, rule)]
    return replace(memory, states=inherited(memory.states, readable, await _earlier(uses, schedule, readable, memory)))


async def _earlier(
    uses: MemoryUses, schedule: Schedule, rules: Sequence[Rule], memory: AlertMemory
) -> Mapping[str, Sequence[str]]:
    """The ids before `previously`, of rules that nothing is remembered of under that one. The deployments before are
    read only if something is remembered of a rule that is not there any more.
    """
    lost = memory.states.keys() - {rule.id for rule in schedule.alerts} - {rule.previously for rule in schedule.alerts}
    begun = [rule for rule in rules if rule.previously and not {rule.id, rule.previously} & memory.states.keys()]
    if not lost or not begun:
        return {}
    bundles = await remembered_bundles(uses.deployments)
    return {rule.id: earlier_ids(bundles, schedule, rule) for rule in begun}


def fault_of_state(memory: AlertMemory, rule: Rule) -> str:
    """Why the stored state of a rule, perhaps under its old id, is not understood: another version of the program wrote
    it. Empty if it is understood. Such a rule is not evaluated: without its state it would report all of its alerts
    again (decision 122).
    """
    before = memory.unreadable.get(rule.previously, "") if rule.id not in memory.states else ""
    return memory.unreadable.get(rule.id, before)
