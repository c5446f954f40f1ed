"""Runs that failed where no worker could tell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    KEY,
    NOW,
    RUN,
    WEEKLY,
    Deployed,
    Emitted,
    FixedClock,
    KnownDeliveries,
    NoAlerts,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.notice import Cause, NoticeRequest
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import Run, RunKey, RunState
from worker.domain.snapshot.snapshot import Gap
from worker.flow.run.failed import notify_of_failed
from worker.ports import FailResult

OPERATOR = "operator|ops@acme.example"
REFUSED = Delivery(KEY, DeliveryState.REFUSED, sentence="550: no such user")


class Notifies:
    """Makes a notice once. `asked`: the gaps and the notice of every call. `over`: of the last."""

    def __init__(self) -> None:
        self.asked, self.over = list[tuple[Sequence[Gap], NoticeRequest | None]](), list[str]()

    async def notify(
        self, key: RunKey, gaps: Sequence[Gap], notice: Any, alerts: Any = None, over: Sequence[str] = ()
    ) -> FailResult:
        self.asked.append((gaps, notice))
        self.over = [*over]
        return FailResult((), noticed=len(self.asked) == 1)


def parts(run: Run, *rows: Delivery, operator: str | None = "ops@acme.example") -> Any:
    lookups = KnownDeliveries(*rows)
    lookups.rows = (run,)
    return uses(
        alerts=NoAlerts(),
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes),
        events=Emitted(),
        deployments=Deployed(bundle_with(WEEKLY, operator=operator)),
        lookups=lookups,
        runs=Notifies(),
    )


FAILED = replace(RUN, state=RunState.FAILED)
ABANDONED = replace(FAILED, reason=Reason.ABANDONED)


async def test_a_run_that_its_workers_died_over_is_told_once_with_a_gap_for_each_query() -> None:
    given = parts(ABANDONED)
    assert await notify_of_failed(given, RUN.key) == (DeliveryKey(RUN.key, OPERATOR),)
    assert await notify_of_failed(given, RUN.key) == ()
    gaps, request = given.runs.asked[0]
    assert [(gap.query_id, gap.sentence) for gap in gaps] == [("deals", SENTENCES[Reason.ABANDONED])]
    assert (request.notice.reason, request.notice.causes) == (Reason.ABANDONED, ())


async def test_a_run_that_reached_no_reader_says_of_each_why() -> None:
    given = parts(FAILED, REFUSED)
    assert await notify_of_failed(given, RUN.key) == (DeliveryKey(RUN.key, OPERATOR),)
    gaps, request = given.runs.asked[0]
    assert gaps == ()
    assert request.notice.reason is Reason.UNDELIVERED
    assert request.notice.causes == (Cause("team@acme.example", "550: no such user"),)


async def test_a_run_that_did_not_reach_everybody_says_of_each_why() -> None:
    given = parts(replace(RUN, state=RunState.PARTIAL), REFUSED, replace(REFUSED, state=DeliveryState.SENT))
    assert await notify_of_failed(given, RUN.key) == (DeliveryKey(RUN.key, OPERATOR),)
    ((_, request),) = given.runs.asked
    assert request.notice.reason is Reason.PARTLY_DELIVERED
    assert request.notice.subject == "failed weekly partly_delivered"
    assert request.notice.causes == (Cause("team@acme.example", "550: no such user"),)


async def test_a_run_that_reached_everybody_ends_what_was_told_of_others() -> None:
    given = parts(replace(RUN, state=RunState.DELIVERED))
    (told,) = await notify_of_failed(given, RUN.key)
    ((_, request),) = given.runs.asked
    assert (told.reader, request.notice.reason, request.notice.causes) == (request.reader, Reason.TROUBLE_OVER, ())
    assert given.runs.over == ["failed weekly undelivered", "failed weekly partly_delivered"]


async def test_a_run_that_left_out_who_is_suspended_ends_nothing() -> None:
    left_out = replace(REFUSED, state=DeliveryState.SKIPPED, reason=Reason.SUSPENDED)
    given = parts(replace(RUN, state=RunState.DELIVERED), left_out, replace(REFUSED, state=DeliveryState.SENT))
    assert await notify_of_failed(given, RUN.key) == ()
    assert [request for _, request in given.runs.asked] == [None]
    assert not given.runs.over


@pytest.mark.parametrize("run", [RUN, replace(FAILED, reason=Reason.SOURCE), replace(FAILED, key=RunKey("gone", NOW))])
async def test_a_run_that_did_not_fail_or_was_told_when_it_failed_is_left_alone(run: Run) -> None:
    given = parts(run)
    assert await notify_of_failed(given, RUN.key) == ()
    assert given.runs.asked == []


async def test_the_ledger_is_told_of_an_abandoned_run_though_nobody_is_to_be_told() -> None:
    given = parts(ABANDONED, operator=None)
    assert await notify_of_failed(given, RUN.key) == ()
    assert [request for _, request in given.runs.asked] == [None]
