"""Each reader's delivery ends in the right state, whatever a real Postfix says."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mta.cases import ADDRESS, CASES, CHANNEL, FINE, REPLIES, Case
from tests.mta.lossy import LossyWay
from tests.mta.postfix import Postfix, sent_of, subject_of
from tests.mta.project import project, schedule
from tests.regressions.helpers import to_its_end
from tests.support.in_process import InProcessRun, in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.run import Run
from worker.flow.operate.replay import replay
from worker.flow.operate.retry import retry
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

pytestmark = pytest.mark.mta
TIMES = replace(SHORT, delivery_lease=60.0, backoff=2.0)


@pytest.fixture
async def week(mx: Postfix, empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    async with in_process_run(empty_redis.url, tmp_path / "project", TIMES) as story:
        yield story


async def deployed(story: InProcessRun, mx: Postfix, cases: tuple[Case, ...]) -> None:
    """Answers as the cases say, and a deployment with their readers."""
    for case in cases:
        mx.verdicts.answer(case.address, *filter(None, [case.answer]), step=case.step)
    (story.place / "funnelbeat.yaml").write_text(project(mx, cases), encoding="utf-8")
    await story.deploy(schedule(cases))


async def ran(story: InProcessRun) -> tuple[Run, Mapping[str, Delivery]]:
    """A run in which everything is tried once, and the operator's notices; its deliveries by address, before these."""
    run, tried = await story.run()
    await tick(story.services)
    await produce(story.services, run.key)
    for row in await story.services.lookups.deliveries(run.key):
        if row.notice is not None:
            await deliver(story.services, row.key)
    return run, {row.key.address: row for row in tried if row.notice is None}


async def suspended(story: InProcessRun) -> set[str]:
    subjects = [f"address {case.channel} {case.address}" for case in CASES]
    subjects += [f"channel {case.channel}" for case in CASES]
    return set(await story.services.deliveries.suspended(subjects))


def to_be_suspended(case: Case) -> set[str]:
    return {ADDRESS: {f"address {case.channel} {case.address}"}, CHANNEL: {f"channel {case.channel}"}}.get(
        case.stops, set()
    )


def notices(mx: Postfix) -> Counter[str]:
    """What the operator was sent, by subject."""
    mx.delivered()
    return Counter(subject_of(mail) for mail in mx.mails("ops"))


def mails(mx: Postfix, cases: tuple[Case, ...]) -> Counter[str]:
    mx.delivered()
    return Counter({case.name: len(mx.mails(case.name)) for case in cases if mx.mails(case.name)})


async def test_each_recipient_ends_in_the_state_that_its_refusal_asks_for(week: InProcessRun, mx: Postfix) -> None:
    await deployed(week, mx, CASES)
    _, found = await ran(week)
    told = {case.name: (found[case.address].state, found[case.address].sentence) for case in CASES}
    assert {name: state for name, (state, _) in told.items()} == {case.name: case.state for case in CASES}
    assert {name: words for name, (_, words) in told.items() if case_of(name).words not in words} == {}
    assert await suspended(week) == set().union(*map(to_be_suspended, CASES))
    assert set(mails(mx, CASES)) == {case.name for case in CASES if case.state is DeliveryState.SENT}


def case_of(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


async def test_only_those_that_failed_are_tried_again_and_arrive(week: InProcessRun, mx: Postfix) -> None:
    """After the servers changed their minds: what waits is taken up by itself, what was refused by `retry`."""
    cases = (*FINE, *REPLIES)
    await deployed(week, mx, cases)
    run, _ = await ran(week)
    before = mx.verdicts.tries
    for case in cases:
        mx.verdicts.answer(case.address, step=case.step)
    await to_its_end(week, run.key)
    assert set(mails(mx, cases)) == {case.name for case in cases if case.state is not DeliveryState.REFUSED}
    closed = await week.services.lookups.run(run.key)
    assert closed is not None
    again = (await retry(week.services, closed)).again
    assert {key.address for key in again} == {case.address for case in cases if case.state is DeliveryState.REFUSED}
    await to_its_end(week, run.key)
    assert mails(mx, cases) == Counter(case.name for case in cases if case.name != "ghost")
    assert {case.name for case in FINE if mx.verdicts.tries[case.address] != before[case.address]} == set()
    assert await suspended(week) == to_be_suspended(case_of("ghost")), "nobody has this mailbox still"


async def test_what_lies_in_the_mailboxes_is_what_replay_makes_again(week: InProcessRun, mx: Postfix) -> None:
    await deployed(week, mx, (*FINE, *REPLIES))
    run, found = await ran(week)
    mx.delivered()
    made = {one.row.key.address: one.copies[0].sealed async for one in replay(week.services, run)}
    for case in FINE:
        assert found[case.address].state is DeliveryState.SENT
        assert [sent_of(mail) for mail in mx.mails(case.name)] == [made[case.address]]


async def test_nobody_is_stopped_for_a_fault_of_ours_and_the_operator_hears_of_each_once(
    week: InProcessRun, mx: Postfix
) -> None:
    """Three runs on one day. Between them a deployment uses everything again, and the faults stay. What suspends
    nothing is told together: which readers the run did not reach.
    """
    cases = tuple(case for case in CASES if case.state is not DeliveryState.DEFERRED)
    await deployed(week, mx, cases)
    for _ in range(3):
        await ran(week)
        week.step()
        await week.deploy(schedule(cases))
    subjects = [f"Suspended: {case.address if case.stops == ADDRESS else case.channel}" for case in cases if case.stops]
    told = notices(mx)
    (partly,) = (name for name in told if not name.startswith("Suspended"))
    assert partly.startswith("Not everybody reached: Weekly pipeline")
    assert told == dict.fromkeys([*subjects, partly], 1)
    assert {case.name: len(mx.mails(case.name)) for case in FINE} == {case.name: 3 for case in FINE}


async def test_a_message_that_is_accepted_while_the_line_breaks_comes_twice_under_one_identity(
    week: InProcessRun, mx: Postfix
) -> None:
    with LossyWay(mx.ports["open"], lose=1) as way:
        lost = Case("bob", DeliveryState.SENT, url=f"smtp://127.0.0.1:{way.port}?tls=never", more="")
        await deployed(week, mx, (lost,))
        run, found = await ran(week)
        assert found[lost.address].state is DeliveryState.UNKNOWN
        (row,) = await to_its_end(week, run.key)
    assert (row.state, row.resent) == (DeliveryState.SENT, True)
    mx.delivered()
    first, second = map(sent_of, mx.mails("bob"))
    assert first == second
    assert await suspended(week) == set()
