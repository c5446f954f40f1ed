"""Killed once at each state: the run ends, and every reader is told once, or twice under one identity and counted."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.soak.test_killed_at_the_end import AT_AN_END
from tests.support.installation import SCHEDULE, Installation, installation
from worker.decorators.fail_points import FAIL_POINTS
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.services import Services

BY_THE_CLOCK = ("run.due", "run.claimed", "run.swept", "run.published")
WITH_A_FAULT = ("delivery.deferred", "delivery.unknown", "delivery.resolved")
ELSEWHERE = (*BY_THE_CLOCK, *WITH_A_FAULT, *AT_AN_END, "run.evaluated")
BY_A_WORKER = tuple(point for point in FAIL_POINTS if point not in ELSEWHERE)

WITH_ALERTS = ("run.evaluated", "run.delivering", "delivery.rendered", "delivery.accepted", "delivery.sent")
_TO = SCHEDULE.index("to:")
ALERTS = """alerts:
  - id: big
    for_each: deals
    if: row.value > 5000
    repeat: 1s
    notify:
      - {id: team, channel: mail, address: sales@acme.example}
      - {id: room, channel: chat, address: C0123456789}
"""
WATCHED = SCHEDULE[:_TO] + ALERTS
"""Nobody gets digests. What goes on firing is told by every run."""

COPIES = "boss@acme.example", "chief@acme.example"
COPIED = SCHEDULE.replace("address: sales@acme.example", f"address: sales@acme.example, cc: [{', '.join(COPIES)}]")
WITH_COPIES = ("delivery.rendered", "delivery.sending", "delivery.checked", "delivery.accepted", "delivery.sent")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    schedules = {"asked": SCHEDULE, "watched": WATCHED, "copied": COPIED}
    with installation(tmp_path_factory.mktemp("acme"), schedules=schedules) as everything:
        yield everything


def asked_for(here: Installation, schedule: str = "asked") -> RunKey:
    """A run on demand after something moved, so that Slack's digest has a thread."""
    here.box.call(lambda box: box.pipeline.step(box.now()))

    async def ask(services: Services) -> RunKey:
        key = await request(services, schedule, None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    return here.ask(ask, queue=True)


def sent_once(here: Installation, row: Delivery) -> bool:
    """Once; a mail twice where the ledger counts a possible duplicate. Slack is looked up, so never twice."""
    if row.key.reader.removeprefix("alert:").startswith("room|"):
        return set(here.posts(row.key).values()) == {1} and len(here.posts(row.key)) == len(row.parts)
    return here.mails(row.key) == (2 if row.resent and here.mails(row.key) == 2 else 1)


def ends_well(here: Installation, key: RunKey) -> None:
    run = here.until(lambda: here.closed(key))
    assert run.state is RunState.DELIVERED
    rows = here.deliveries(key)
    assert [row.state for row in rows] == [DeliveryState.SENT] * 2
    assert [row.key.reader for row in rows if not sent_once(here, row)] == []


@pytest.mark.parametrize("point", BY_A_WORKER)
def test_a_worker_killed_there_leaves_nothing_undone(here: Installation, point: str) -> None:
    here.arm(point)
    key = asked_for(here)
    ends_well(here, key)
    assert not here.armed(point), "nobody passed the fail point"


@pytest.mark.parametrize("point", WITH_A_FAULT)
def test_a_worker_killed_beside_a_fault_leaves_nothing_undone(here: Installation, point: str) -> None:
    if point == "delivery.deferred":
        here.box.call(lambda box: box.mail.faults.refuse("sales@acme.example", 450))
    else:
        here.box.call(lambda box: box.mail.faults.drop())
    here.arm(point)
    key = asked_for(here)
    here.until(lambda: None if here.armed(point) else True)
    run = here.until(lambda: here.closed(key))
    assert run.state is RunState.DELIVERED
    mail = next(row for row in here.deliveries(key) if row.key.reader.startswith("team|"))
    assert here.mails(mail.key) == (1 if point == "delivery.deferred" else 2)
    assert mail.resent == (point != "delivery.deferred")


@pytest.mark.parametrize("point", WITH_ALERTS)
def test_a_worker_killed_while_it_tells_of_alerts_tells_each_reader_once(here: Installation, point: str) -> None:
    here.arm(point)
    key = asked_for(here, "watched")
    ends_well(here, key)
    assert {row.key.reader.partition("|")[0] for row in here.deliveries(key)} == {"alert:team", "alert:room"}
    assert not here.armed(point), "nobody passed the fail point"


@pytest.mark.parametrize("point", WITH_COPIES)
def test_a_worker_killed_while_it_sends_copies_sends_all_of_them_as_often_as_the_mail(
    here: Installation, point: str
) -> None:
    here.arm(point)
    key = asked_for(here, "copied")
    ends_well(here, key)
    assert not here.armed(point), "nobody passed the fail point"
    mail = next(row for row in here.deliveries(key) if row.key.reader.startswith("team|"))
    mark = f"<{mail.key.digest}@".encode()
    taken = [item.meta["to"] for item in here.box.call(lambda box: box.outbox.of("eml")) if mark in item.body]
    assert set(taken) == {", ".join(("sales@acme.example", *COPIES))}
    assert len(taken) == here.mails(mail.key)


@pytest.mark.parametrize("point", BY_THE_CLOCK)
def test_a_clock_killed_there_leaves_a_run_that_is_fetched_and_sent_all_the_same(
    here: Installation, point: str
) -> None:
    name = f"timed-{point.partition('.')[2]}"
    if point == "run.swept":
        here.arm("run.fetching")  # which leaves a lapsed lease to be swept
    here.arm(point)
    here.write(name, SCHEDULE.replace("every: 23h", "every: 3s"))
    here.deploy()
    here.until(lambda: None if here.armed(point) else True)
    here.write(name, SCHEDULE)
    here.deploy()

    async def oldest(services: Services) -> RunKey | None:
        """The oldest run that no newer slot took the place of."""
        runs = await services.lookups.runs(name, 100)
        return next((run.key for run in reversed(runs) if run.reason is not Reason.SUPERSEDED), None)

    key = here.until(lambda: here.ask(oldest))
    while here.until(partial(here.closed, key)).reason is Reason.SUPERSEDED:
        key = here.until(lambda: here.ask(oldest))
    ends_well(here, key)


def test_every_fail_point_has_its_test() -> None:
    assert {*BY_A_WORKER, *ELSEWHERE} == set(FAIL_POINTS)
