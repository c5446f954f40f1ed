"""What rules changed is written with the step that ends the fetching of their run."""

from typing import Any

import pytest

from tests.support.alert_fakes import LARGE, NOTHING, SMALL, WATCHED, Ledger, found, parts
from tests.support.fakes import NOW, WEEKLY
from worker.domain.alert.state import RuleState
from worker.domain.events import AlertNotified, AlertRuleEvaluated
from worker.errors import LedgerError
from worker.flow.alert.write import EVALUATIONS, with_alerts
from worker.ports import AlertChanges, AlertMemory, HandOver


class Writes:
    """Says "again" as often as it is told to; `asked`: what it was to write."""

    def __init__(self, again: int = 0) -> None:
        self.again, self.asked = again, list[AlertChanges | None]()

    async def __call__(self, changes: AlertChanges | None) -> HandOver:
        self.asked.append(changes)
        return HandOver((), again=len(self.asked) <= self.again)


async def write(writes: Writes, given: Any, schedule: Any = WATCHED) -> HandOver:
    return await with_alerts(given, found(LARGE, SMALL, schedule=schedule), NOW, {}, writes)


async def test_the_facts_are_told_once_it_is_written() -> None:
    writes, given = Writes(), parts()
    assert await write(writes, given) == HandOver(())
    assert [type(one) for one in given.events.facts] == [AlertRuleEvaluated, AlertNotified]


async def test_what_changed_meanwhile_is_read_and_evaluated_again() -> None:
    later = AlertMemory("weekly", {"big": RuleState(slot=NOW, version=3)}, {})
    writes, given = Writes(again=1), parts(Ledger(NOTHING, later))
    await write(writes, given)
    assert [one and len(one.states) for one in writes.asked] == [1, 0], "a later slot was evaluated meanwhile"
    assert [one.skipped for one in given.events.facts] == ["older"]


async def test_it_ends_where_something_changes_each_time() -> None:
    given = parts()
    with pytest.raises(LedgerError, match=f"evaluated {EVALUATIONS} times"):
        await write(Writes(again=99), given)
    assert given.events.facts == []


async def test_a_schedule_without_rules_writes_no_changes() -> None:
    writes = Writes()
    await write(writes, parts(), WEEKLY)
    assert writes.asked == [None]
