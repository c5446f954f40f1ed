"""What is remembered of a schedule's alert rules, by the ids that they have now."""

from dataclasses import replace

from worker.domain.alert.inherit import inherited
from worker.domain.alert.rule import Rule
from worker.domain.schedule import Schedule
from worker.ports import AlertLedger, AlertMemory


async def memory_of(alerts: AlertLedger, schedule: Schedule, stored: str = "") -> AlertMemory:
    """`stored`: the id under which the schedule is known, where a deployment will rename it."""
    memory = await alerts.memory(stored or schedule.id)
    readable = [rule for rule in schedule.alerts if not fault_of_state(memory, rule)]
    return replace(memory, states=inherited(memory.states, readable))


def fault_of_state(memory: AlertMemory, rule: Rule) -> str:
    """Why the stored state of a rule, perhaps under its old id, is not understood: another version of the program wrote
    it. Empty if it is understood. Such a rule is not evaluated: without its state it would report all of its alerts
    again (decision 122).
    """
    before = memory.unreadable.get(rule.previously, "") if rule.id not in memory.states else ""
    return memory.unreadable.get(rule.id, before)
