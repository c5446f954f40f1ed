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
    """`stored`: the id under which the schedule is known, where a deployment will rename it. What is not understood
    under an old id of a rule is not understood of the rule.
    """
    memory = await uses.alerts.memory(stored or schedule.id)
    earlier = await _earlier(uses, schedule, memory)
    faults = {rule.id: fault for rule in schedule.alerts if (fault := _fault(memory, schedule, rule, earlier))}
    readable = [rule for rule in schedule.alerts if rule.id not in faults]
    states = inherited(memory.states, readable, earlier)
    return replace(memory, states=states, unreadable={**memory.unreadable, **faults})


async def _earlier(uses: MemoryUses, schedule: Schedule, memory: AlertMemory) -> Mapping[str, Sequence[str]]:
    """The ids before `previously`, of rules that nothing is remembered of under that one. The deployments before are
    read only if something is remembered of a rule that is not there any more. They are the last ones, and so end the
    search.
    """
    known = memory.states.keys() | memory.unreadable.keys()
    lost = known - {rule.id for rule in schedule.alerts} - {rule.previously for rule in schedule.alerts}
    begun = [rule for rule in schedule.alerts if rule.previously and not {rule.id, rule.previously} & known]
    if not lost or not begun:
        return {}
    bundles = await remembered_bundles(uses.deployments)
    return {rule.id: earlier_ids(bundles, schedule, rule) for rule in begun}


def _fault(memory: AlertMemory, schedule: Schedule, rule: Rule, earlier: Mapping[str, Sequence[str]]) -> str:
    """Of the newest id under which anything is remembered of the rule. An old id may be that of another rule by now."""
    known = {one.id for one in schedule.alerts}
    ids = (rule.id, rule.previously, *(one for one in earlier.get(rule.id, ()) if one not in known))
    newest = next((one for one in ids if one in memory.unreadable or one in memory.states), "")
    return memory.unreadable.get(newest, "")


def fault_of_state(memory: AlertMemory, rule: Rule) -> str:
    """Why the stored state of a rule, perhaps under an old id, is not understood: another version of the program wrote
    it. Empty if it is understood. Such a rule is not evaluated: without its state it would report all of its alerts
    again (decision 122). `memory`: of `memory_of`.
    """
    return memory.unreadable.get(rule.id, "")
