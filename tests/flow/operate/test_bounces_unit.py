"""What follows from a report that a message did not arrive after all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    BOUNCE,
    KEY,
    NOW,
    SENT,
    WEEKLY,
    Deployed,
    Emitted,
    FixedClock,
    KnownDeliveries,
    Suspends,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.delivery import Delivery
from worker.domain.events import Suspended
from worker.flow.operate.bounces import BounceResult, Followed, suspend_bounced, suspend_vouched_for
from worker.ports.bounces import BounceReport

REPORT = BOUNCE
SUBJECT = "address mail team@acme.example"


def parts(row: Delivery = SENT, *, deployed: bool = True) -> Any:
    return uses(
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes),
        deliveries=Suspends(),
        deployments=Deployed(bundle_with(WEEKLY, operator="ops@acme.example") if deployed else None),
        events=Emitted(),
        lookups=KnownDeliveries(row),
    )


async def followed(given: Any, *reports: BounceReport) -> list[Followed]:
    return [result.followed for result in await suspend_bounced(given, reports)]


async def test_a_dead_address_is_suspended_once_and_the_operator_is_told() -> None:
    given = parts()
    first, second = await suspend_bounced(given, [REPORT, REPORT])
    assert first == BounceResult(REPORT, Followed.SUSPENDED, SENT)
    assert second.followed is Followed.ALREADY
    assert given.deliveries.stopped[SUBJECT].sentence == "550 5.1.1 unknown"
    assert given.deliveries.stopped[SUBJECT].notice.notice.subject == SUBJECT
    assert given.events.facts == [Suspended(KEY.run, SUBJECT, "550 5.1.1 unknown")]


@pytest.mark.parametrize("report", [
    replace(REPORT, identity=""),
    replace(REPORT, identity="0" * 32),
    replace(REPORT, recipient="boss@acme.example"),
])  # fmt: skip
async def test_a_report_without_a_message_of_ours_to_this_address_does_nothing(report: BounceReport) -> None:
    given = parts()
    assert await followed(given, report) == [Followed.NOT_OURS]
    assert given.deliveries.stopped == {}


async def test_a_message_that_was_never_begun_cannot_have_come_back() -> None:
    assert await followed(parts(replace(SENT, date=None)), REPORT) == [Followed.NOT_OURS]


async def test_a_fault_of_ours_suspends_nobody() -> None:
    given = parts()
    assert await followed(given, replace(REPORT, address_at_fault=False)) == [Followed.OTHER_FAULT]
    assert given.deliveries.stopped == {}


async def test_a_report_of_a_message_from_before_the_deployment_does_not_undo_the_repair() -> None:
    assert await followed(parts(replace(SENT, date=NOW - timedelta(days=1))), REPORT) == [Followed.REPAIRED]
    assert await followed(parts(deployed=False), REPORT) == [Followed.REPAIRED]


async def test_a_reader_whom_the_definitions_do_not_name_is_left_alone() -> None:
    row = replace(SENT, key=replace(KEY, reader="gone|team@acme.example"))
    assert await followed(parts(row), replace(REPORT, identity=row.key.digest)) == [Followed.REPAIRED]


@pytest.mark.parametrize(("channel", "report", "what"), [
    ("mail", REPORT, Followed.SUSPENDED),
    ("mail", replace(REPORT, identity=""), Followed.SUSPENDED),
    ("mail", replace(REPORT, identity="", recipient="boss@acme.example"), Followed.NOT_OURS),
    ("room", replace(REPORT, identity=""), Followed.NOT_OURS),
    ("mail", replace(REPORT, identity="", address_at_fault=False), Followed.OTHER_FAULT),
    ("mail", replace(REPORT, identity="0" * 32), Followed.NOT_OURS),
])  # fmt: skip
async def test_a_report_that_a_service_signed_may_name_the_address_alone(
    channel: str, report: BounceReport, what: Followed
) -> None:
    assert (await suspend_vouched_for(parts(), channel, report)).followed is what
