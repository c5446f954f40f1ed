"""What happens around alerts at work: Redis dies, an address does, a schedule is renamed. All of it is real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_a_week_of_alerts import FIRST, SECOND, WATCH, Week, team
from tests.support.installation import installation
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.services import Services
from worker.sandbox.events import Revived, Stalled

LARGE, HUGE = "large@acme.example", "huge@acme.example"
RULES = (
    WATCH[: WATCH.index("alerts:")]
    + """
alerts:
  - id: large-stalled
    name: A large deal stalls
    for_each: stalled
    if: row.value >= 50000
    group: rule
  - id: huge-stalled
    name: A huge deal stalls
    for_each: stalled
    if: row.value >= 70000
    group: rule
to:
  - {id: both, channel: mail, address: large@acme.example, send: on_alert}
  - {id: other, channel: mail, address: huge@acme.example, send: on_alert}
"""
)


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    with installation(tmp_path / "acme", team(), schedules={"watch": RULES}) as everything:
        yield Week(everything)


def test_redis_dies_between_the_evaluation_and_the_message_which_leaves_once(week: Week) -> None:
    week.happens(Stalled, deal=FIRST)
    week.here.arm("delivery.taken")

    async def ask(services: Services) -> RunKey:
        key = await request(services, "watch", None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    key = week.here.ask(ask, queue=True)
    week.here.until(lambda: None if week.here.armed("delivery.taken") else True)
    week.here.restart_redis()
    done: Run = week.here.until(lambda: week.here.closed(key))
    assert done.state is RunState.DELIVERED
    alerts = [row for row in week.here.deliveries(key) if row.content]
    assert len(alerts) == 4, "two readers, and with `group: rule` a message for each rule"
    assert {week.here.mails(row.key) for row in alerts} == {1}
    again = week.watch()  # asked for, so that the digest is sent
    assert [row for row in week.here.deliveries(again.key) if row.content] == []


def test_an_address_that_died_hears_nothing_and_who_was_told_hears_the_end_after_a_rename(week: Week) -> None:
    week.here.box.call(lambda box: box.mail.faults.refuse(HUGE, 550, times=99))
    week.happens(Stalled, deal=FIRST)
    first = week.watch()
    assert first.state is RunState.PARTIAL
    ends = {row.key.address: row.state.value for row in week.here.deliveries(first.key) if row.content}
    assert ends == {LARGE: "sent", HUGE: "refused"}
    week.happens(Stalled, deal=SECOND)
    second = week.watch()
    known = {row.key.address: str(row.reason) for row in week.here.deliveries(second.key) if row.content}
    assert known[HUGE] == Reason.SUSPENDED

    # The file gets another name: the same alerts go on under it, and their end is told to those who knew.
    (week.here.place / "schedules" / "watch.yaml").unlink()
    week.here.write("stalls", RULES + "previously: watch\n")
    week.here.deploy()
    week.happens(Revived, deal=FIRST)

    async def ask(services: Services) -> RunKey:
        key = await request(services, "stalls", None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    key = week.here.ask(ask, queue=True)
    week.here.until(lambda: week.here.closed(key))

    async def told(services: Services) -> dict[str, list[str]]:
        found = dict[str, list[str]]()
        for row in await services.lookups.deliveries(key):
            one = await services.alerts.notification(key, row.content) if row.content else None
            for said in one.findings if one is not None else ():
                found.setdefault(row.key.address, []).append(f"{said.facts.key} {said.reason.value}")
        return found

    found = week.here.ask(told)
    assert found == {LARGE: [f"{FIRST} resolved"] * 2}, "once for each rule, and nothing for whom nothing reached"
