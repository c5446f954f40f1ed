"""Whether people's silences have an effect, and whether the stored state of rules can be read."""

from collections.abc import Iterable
from datetime import datetime

from worker.domain.alert.matcher_text import silence_fault
from worker.domain.schedule import Schedule
from worker.flow.alert.memory import MemoryUses, fault_of_state, memory_of
from worker.flow.operate.doctor import CheckResult, Level
from worker.ports import AlertLedger


async def silences(alerts: AlertLedger, now: datetime) -> list[CheckResult]:
    """One finding for each present silence that can mute nothing. The ledger refuses such a silence, so another version
    or a person wrote it directly.
    """
    found = [(one, silence_fault(one)) for one in await alerts.silences() if one.in_force(now)]
    return [
        CheckResult(f"silence {one.id}", Level.WARN, f"it keeps nothing quiet: {fault}; expire it and make it again")
        for one, fault in found
        if fault
    ]


async def memories(uses: MemoryUses, schedules: Iterable[Schedule]) -> list[CheckResult]:
    """One finding for each rule, and each acknowledgement, that another version of the program wrote."""
    found = list[CheckResult]()
    for schedule in schedules:
        if not schedule.alerts:
            continue
        memory = await memory_of(uses, schedule)
        for rule in schedule.alerts:
            fault = fault_of_state(memory, rule)
            told = f"it is not evaluated: {fault}; update every worker"
            found += [CheckResult(f"rule {schedule.id}/{rule.id}", Level.WARN, told)] if fault else []
        for alert, fault in memory.unreadable_acks.items():
            told = f"it stops no repeats: {fault}; update every worker"
            found.append(CheckResult(f"acknowledgement of {alert}", Level.WARN, told))
    return found
