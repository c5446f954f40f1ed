"""Whether what people made about alerts does its work."""

from datetime import datetime

from worker.domain.alert.matcher_text import silence_fault
from worker.flow.operate.doctor import CheckResult, Level
from worker.ports import AlertLedger


async def silences(alerts: AlertLedger, now: datetime) -> list[CheckResult]:
    """One finding for each silence in force that keeps nothing quiet. A ledger takes none: another version or a hand
    wrote it.
    """
    found = [(one, silence_fault(one)) for one in await alerts.silences() if one.active(now)]
    return [
        CheckResult(f"silence {one.id}", Level.WARN, f"it keeps nothing quiet: {fault}; expire it and make it again")
        for one, fault in found
        if fault
    ]
