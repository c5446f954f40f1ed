"""Words to the operator."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    KEY,
    NOW,
    RUN,
    TROUBLE,
    WEEKLY,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.notice import MOST_CAUSES, Cause, NoticeRequest, Suspension, Trouble
from worker.domain.operators import Operator
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import RunState
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.flow.run.notices import (
    causes_of,
    failed_subject,
    notice_day,
    notice_of,
    of_failed,
    of_suspended,
    of_trouble,
    operator_address,
    stopped_ways,
    undelivered,
)

CONNECTORS: Any = uses(takes=Takes("mail").takes)
BUNDLE = bundle_with(WEEKLY, operator="ops@acme.example")
OPERATOR = "operator|ops@acme.example"
FAILED = replace(RUN, state=RunState.FAILED)
REFUSED = Delivery(KEY, DeliveryState.REFUSED, sentence="550: no such user")
CAUSES = (Cause("deals", "it is down"),)


def failed(bundle: Any = BUNDLE, causes: tuple[Cause, ...] = CAUSES, now: datetime = NOW) -> NoticeRequest | None:
    return of_failed(CONNECTORS, bundle, WEEKLY, RUN.key, Reason.SOURCE, causes, now)


def test_a_run_that_failed_is_told_to_the_operator_by_its_schedule_and_reason() -> None:
    request = failed()
    assert request is not None
    assert (request.reader, request.day) == (OPERATOR, "2026-11-16")
    assert (request.notice.trouble, request.notice.subject) == (Trouble.FAILED, "failed weekly source")
    assert (request.notice.causes, request.notice.more_causes, request.notice.at) == (CAUSES, 0, NOW)


def test_nothing_is_told_where_nobody_is_to_be_told() -> None:
    assert failed(bundle_with(WEEKLY)) is None


def test_the_day_is_that_of_the_project() -> None:
    berlin = replace(BUNDLE, defaults=replace(BUNDLE.defaults, timezone="Europe/Berlin"))
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert [request.day for bundle in (BUNDLE, berlin) if (request := failed(bundle, now=late))] == [
        "2026-11-16",
        "2026-11-17",
    ]


def test_the_operator_and_the_day_are_those_of_the_project() -> None:
    assert operator_address(CONNECTORS, BUNDLE, ()) == "ops@acme.example"
    assert operator_address(CONNECTORS, bundle_with(WEEKLY), ()) is None
    berlin = replace(BUNDLE, defaults=replace(BUNDLE.defaults, timezone="Europe/Berlin"))
    assert notice_day(berlin, datetime(2026, 11, 16, 23, 30, tzinfo=UTC)) == "2026-11-17"


def test_of_many_causes_the_first_are_told_and_the_others_counted() -> None:
    many = tuple(Cause(f"query{n}", "it is down") for n in range(MOST_CAUSES + 2))
    request = failed(causes=many)
    assert request is not None
    assert (request.notice.causes, request.notice.more_causes) == (many[:MOST_CAUSES], 2)


def suspended(key: DeliveryKey = KEY, subject: str = "channel mail", bundle: Any = BUNDLE) -> Suspension:
    return of_suspended(CONNECTORS, bundle, WEEKLY, key, subject, "550: gone", NOW)


def test_what_is_suspended_is_told_with_the_reader_whose_message_was_refused() -> None:
    stop = suspended()
    assert (stop.subject, stop.sentence) == ("channel mail", "550: gone")
    assert stop.notice is not None
    assert (stop.notice.notice.trouble, stop.notice.notice.subject) == (Trouble.SUSPENDED, "channel mail")
    assert stop.notice.notice.causes == (Cause("team@acme.example", "550: gone"),)


def test_each_suspension_of_a_run_is_a_notice_of_its_own_and_the_same_one_twice_is_not() -> None:
    one, again, other = suspended(), suspended(), suspended(subject="address mail team@acme.example")
    assert one.notice is not None
    assert other.notice is not None
    assert one == again
    assert one.notice.reader != other.notice.reader
    assert one.notice.reader.startswith("operator/")


def test_a_notice_that_is_refused_makes_no_other() -> None:
    assert suspended(replace(KEY, reader=OPERATOR)) == Suspension("channel mail", "550: gone")
    assert suspended(bundle=bundle_with(WEEKLY)).notice is None


BOTH = bundle_with(WEEKLY, operator=(Operator("ops@acme.example", "mail"), Operator(None, "hook")))


@pytest.mark.parametrize(
    ("stopped", "reader"),
    [
        ((), OPERATOR),
        (("address mail ops@acme.example",), "operator|webhook"),
        (("channel mail",), "operator|webhook"),
        (("channel mail", "channel hook"), OPERATOR),
    ],
)
def test_the_first_operator_to_whom_nothing_stops_the_way_is_told(stopped: Sequence[str], reader: str) -> None:
    """Where all ways are stopped, the notice waits for the first."""
    request = of_failed(CONNECTORS, BOTH, WEEKLY, RUN.key, Reason.SOURCE, CAUSES, NOW, stopped)
    assert request is not None
    assert request.reader == reader


@pytest.mark.parametrize(
    ("key", "stopped", "address"),
    [
        (KEY, (), "webhook"),
        (replace(KEY, reader=OPERATOR), (), "webhook"),
        (KEY, ("channel hook",), "ops@acme.example"),
        (replace(KEY, reader=OPERATOR), ("channel hook",), None),
    ],
)
def test_another_operator_is_told_that_the_way_to_the_first_is_stopped(
    key: DeliveryKey, stopped: Sequence[str], address: str | None
) -> None:
    stop = of_suspended(CONNECTORS, BOTH, WEEKLY, key, "channel mail", "550: gone", NOW, stopped)
    assert (stop.notice.reader.partition("|")[2] if stop.notice else None) == address


class Suspended:
    """Knows what is suspended. `asked`: every question."""

    def __init__(self, *stopped: str) -> None:
        self.stopped, self.asked = stopped, list[Sequence[str]]()

    async def suspended(self, subjects: Sequence[str]) -> dict[str, str]:
        self.asked.append(subjects)
        return {one: "550" for one in subjects if one in self.stopped}


async def test_the_ledger_is_asked_what_is_stopped_only_where_somebody_else_could_be_told() -> None:
    ledger = Suspended("channel hook", "channel other")
    given = uses(connectors=CONNECTORS, deliveries=ledger)
    assert await stopped_ways(given, BUNDLE) == set()
    assert ledger.asked == []
    assert await stopped_ways(given, BOTH) == {"channel hook"}
    assert ledger.asked == [["address hook webhook", "address mail ops@acme.example", "channel hook", "channel mail"]]


def test_each_gap_is_a_cause() -> None:
    assert causes_of([Gap("deals", GapReason.UNAVAILABLE, "it is down")]) == CAUSES


@pytest.mark.parametrize("state", DeliveryState)
def test_only_what_may_not_have_arrived_is_a_cause_and_a_notice_never_is(state: DeliveryState) -> None:
    rows = [replace(REFUSED, state=state), replace(REFUSED, state=state, key=replace(KEY, reader=OPERATOR))]
    short = state in {DeliveryState.REFUSED, DeliveryState.FAILED, DeliveryState.UNKNOWN}
    assert undelivered(rows) == ((Cause("team@acme.example", "550: no such user"),) if short else ())


def test_a_reader_whose_delivery_has_no_sentence_gets_that_of_its_reason() -> None:
    silent = replace(REFUSED, sentence="", reason=Reason.RENDER)
    assert [cause.sentence for cause in undelivered([silent, replace(silent, reason=None)])] == [
        SENTENCES[Reason.RENDER],
        "",
    ]


def test_a_notice_is_what_was_kept_and_of_an_earlier_version_what_its_run_says() -> None:
    kept = replace(REFUSED, notice=TROUBLE)
    assert notice_of(kept, FAILED, WEEKLY) is TROUBLE
    closed = NOW + timedelta(minutes=1)
    run = replace(FAILED, reason=Reason.SOURCE, gaps=(("deals", "unavailable", "it is down"),), closed_at=closed)
    told = notice_of(REFUSED, run, WEEKLY)
    assert (told.subject, told.causes, told.at) == ("failed weekly source", CAUSES, closed)
    assert notice_of(REFUSED, FAILED, WEEKLY).reason is Reason.UNDELIVERED


def test_a_notice_beside_others_of_its_run_has_a_reader_of_its_own() -> None:
    request = of_trouble(CONNECTORS, BUNDLE, WEEKLY.id, replace(TROUBLE, subject="slots_missed weekly"))
    assert request is not None
    assert request.reader.startswith("operator/")
    assert request.reader.endswith("|ops@acme.example")
    assert request.day == notice_day(BUNDLE, TROUBLE.at)
    assert of_trouble(CONNECTORS, bundle_with(WEEKLY), WEEKLY.id, TROUBLE) is None


def test_failed_runs_are_counted_by_schedule_and_reason() -> None:
    assert failed_subject(WEEKLY, Reason.SOURCE) == "failed weekly source"


def test_a_trouble_is_told_to_an_operator_to_whom_the_way_is_open() -> None:
    told = of_trouble(CONNECTORS, BOTH, WEEKLY.id, TROUBLE)
    assert told is not None
    first = told.reader.split("|")[1]
    other = of_trouble(CONNECTORS, BOTH, WEEKLY.id, TROUBLE, {f"address mail {first}"})
    assert other is not None
    assert other.reader.split("|")[1] != first
