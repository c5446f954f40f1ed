"""Alert rules in force as rows of a table, and what keeps one from being judged."""

from dataclasses import dataclass

from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState
from worker.domain.reason import Reason
from worker.domain.schedule import Schedule
from worker.flow.alert.memory import fault_of_state, memory_of
from worker.ports import AlertMemory
from worker.together import together
from worker.web.console.page import Visit


@dataclass(frozen=True, slots=True)
class ShownRule:
    """Texts for one row. `readers`: to how many it is told. `held`: why nothing of it changes now, empty if all is
    well.
    """

    key: str
    name: str
    condition: str
    readers: str
    held: str


async def rule_rows(visit: Visit) -> list[ShownRule]:
    """Those that are not judged now come first. Empty before the first deployment."""
    watched = [one for one in visit.bundle.schedules.values() if one.alerts] if visit.bundle is not None else []
    remembered = await together(memory_of(visit.uses, one) for one in watched)
    found = [
        _shown(visit, one, rule, memory) for one, memory in zip(watched, remembered, strict=True) for rule in one.alerts
    ]
    return sorted(found, key=lambda row: not row.held)


def _shown(visit: Visit, of: Schedule, rule: Rule, memory: AlertMemory) -> ShownRule:
    w = visit.w
    return ShownRule(
        key=f"{of.id}/{rule.id}",
        name=w.named(rule.name, rule.id),
        condition=w.clean(rule.condition, 160),
        readers=w.count(len(rule.notify)),
        held=_held(visit, rule, memory),
    )


def _held(visit: Visit, rule: Rule, memory: AlertMemory) -> str:
    if fault_of_state(memory, rule):
        return visit.w.reason(Reason.NOT_READ)
    state = memory.states.get(rule.id, RuleState())
    if not state.missing or state.missed is None:
        return ""
    return visit.w.say("console.no_data", state.missing, date=visit.w.stamp(state.missed))
