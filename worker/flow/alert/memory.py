"""What is remembered of a schedule's alert rules, by the ids that they have now."""

from dataclasses import replace

from worker.domain.alert.inherit import inherited
from worker.domain.schedule import Schedule
from worker.ports import AlertLedger, AlertMemory


async def memory_of(alerts: AlertLedger, schedule: Schedule, stored: str = "") -> AlertMemory:
    """`stored`: the id under which the schedule is known, where a deployment will rename it."""
    memory = await alerts.memory(stored or schedule.id)
    return replace(memory, states=inherited(memory.states, schedule.alerts))
