"""Many readers of one run, through a real clock, a real Celery worker and a real Postfix."""

from collections import Counter
from pathlib import Path

import pytest

from tests.mta.cases import Case
from tests.mta.postfix import Postfix, subject_of
from tests.mta.project import project, schedule
from tests.mta.verdicts import END, POLICY, RCPT
from tests.support.installation import Installation, installation
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.operate.retry import retry
from worker.flow.services import Services

pytestmark = pytest.mark.mta


def readers(first: int, last: int) -> tuple[Case, ...]:
    return tuple(Case(f"reader{number}", DeliveryState.SENT) for number in range(first, last))


FINE, GREY, FULL, REFUSED = readers(0, 12), readers(12, 18), readers(18, 24), readers(24, 30)
GONE = readers(30, 34)
"""Nobody has these mailboxes."""
EVERYBODY = (*FINE, *GREY, *FULL, *REFUSED, *GONE)


def states(here: Installation, key: RunKey, *cases: Case) -> set[DeliveryState]:
    """Empty while the run has no deliveries."""
    wanted = {case.address for case in cases}
    return {row.state for row in here.deliveries(key) if row.notice is None and row.key.address in wanted}


def asked(here: Installation) -> RunKey:
    async def ask(services: Services) -> RunKey:
        key = await request(services, "week", None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    return here.ask(ask, queue=True)


def again(here: Installation, key: RunKey) -> set[str]:
    """Another try as a person asks for it; the addresses."""

    async def ask(services: Services) -> set[str]:
        run = await services.lookups.run(key)
        assert run is not None
        return {one.address for one in (await retry(services, run)).again}

    return here.ask(ask, queue=True)


@pytest.mark.timeout(300)
def test_a_worker_brings_each_reader_what_the_server_takes(mx: Postfix, tmp_path: Path) -> None:
    for case in GREY:
        mx.verdicts.answer(case.address, "450 4.7.1 Greylisted", "DUNNO", step=POLICY)
    for case in FULL:
        mx.verdicts.answer(case.address, "452 4.2.2 The mailbox is over quota", step=RCPT)
    for case in REFUSED:
        mx.verdicts.answer(case.address, "550 5.7.26 Unauthenticated email is not accepted", step=END)
    given = {"week": schedule(EVERYBODY)}
    with installation(tmp_path, project=project(mx, EVERYBODY), schedules=given) as here:
        key = asked(here)
        done = (*FINE, *GREY)
        here.until(lambda: states(here, key, *done) == {DeliveryState.SENT} or None)
        assert DeliveryState.SENT not in states(here, key, *FULL)
        for case in FULL:
            mx.verdicts.answer(case.address, step=RCPT)
        run = here.until(lambda: here.closed(key))
        assert run.state is RunState.PARTIAL
        assert states(here, key, *FULL) == {DeliveryState.SENT}
        assert states(here, key, *REFUSED, *GONE) == {DeliveryState.REFUSED}
        before = mx.verdicts.tries
        for case in REFUSED:
            mx.verdicts.answer(case.address, step=END)
        assert again(here, key) == {case.address for case in (*REFUSED, *GONE)}
        here.until(lambda: states(here, key, *REFUSED) == {DeliveryState.SENT} or None)
        here.until(lambda: states(here, key, *GONE) == {DeliveryState.REFUSED} or None)
        here.until(lambda: len(mx.mails("ops")) == len(GONE) + 1 or None)
    after = mx.verdicts.tries
    assert {case.name for case in (*FINE, *GREY, *FULL) if after[case.address] != before[case.address]} == set()
    mx.delivered()
    assert {case.name: len(mx.mails(case.name)) for case in EVERYBODY if case not in GONE} == {
        case.name: 1 for case in EVERYBODY if case not in GONE
    }
    told = Counter(subject_of(mail) for mail in mx.mails("ops"))
    (partly,) = (subject for subject in told if not subject.startswith("Suspended: "))
    assert partly.startswith("Not everybody reached: Weekly pipeline")
    assert told == dict.fromkeys([*(f"Suspended: {case.address}" for case in GONE), partly], 1)
