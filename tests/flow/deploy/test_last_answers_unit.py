"""What the last answers of a schedule tell of the cost of its next ones."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.domain.builders import answer, deal
from tests.support.fakes import WEEKLY, OneQuery, Stored, bundle_with, uses
from worker.domain.schedule import Schedule
from worker.domain.snapshot.requests import RequestCount, requests
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.deploy.last_answers import LastAnswers, last_answer, last_answers
from worker.ports.kinds import Price, QuerySpec

THREE = answer([deal("a"), deal("b"), deal("c")])
COUNTED = replace(THREE, tables=(*THREE.tables, requests([("GET /deals", 2, 20, False)])))


class Chains:
    """`newest` is the id of the last answer; "gone" is stored no more."""

    def __init__(self, *newest: str) -> None:
        self.newest = newest

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return self.newest


async def asked(was: Schedule | None, last: Snapshot, *newest: str, price: Price | None = None) -> LastAnswers:
    connectors: Any = OneQuery(QuerySpec("opportunities", "", False, (), price=price or Price(requests=1, page=100)))
    parts = uses(connectors=connectors, runs=Chains(*newest), snapshots=Stored({"last": last}))
    return await last_answers(parts, bundle_with(WEEKLY), WEEKLY, was)


async def test_a_list_is_as_long_as_it_was_and_takes_what_it_took() -> None:
    assert await asked(WEEKLY, COUNTED, "last") == LastAnswers({"deals": 3}, {"deals": RequestCount(2, 20)})


async def test_an_answer_that_is_stored_no_more_is_passed_over() -> None:
    assert (await asked(WEEKLY, THREE, "gone", "last")).lengths == {"deals": 3}
    assert (await asked(WEEKLY, THREE, "gone")).lengths == {"deals": None}


async def test_what_was_never_deployed_or_asked_otherwise_has_no_last_answer() -> None:
    other = replace(WEEKLY, report=(replace(WEEKLY.report[0], params={"status_type": "won"}),))
    for was in (None, other, replace(WEEKLY, report=())):
        assert await asked(was, COUNTED, "last") == LastAnswers({"deals": None})


async def test_the_last_answer_to_a_query_is_the_newest_that_is_stored() -> None:
    parts = uses(runs=Chains("gone", "last"), snapshots=Stored({"last": THREE}))
    assert await last_answer(parts, WEEKLY.report[0], WEEKLY) is THREE
    assert await last_answer(parts, WEEKLY.report[0], None) is None


async def test_the_services_own_count_of_a_list_goes_before_the_rows_that_were_read() -> None:
    listed = THREE.tables[0]
    assert (await asked(WEEKLY, replace(THREE, tables=(replace(listed, total=40),)), "last")).lengths == {"deals": 40}
    cut = replace(listed, total=40, sliced=True)
    assert (await asked(WEEKLY, replace(THREE, tables=(cut,)), "last")).lengths == {"deals": 3}


async def test_a_query_without_pages_has_no_length() -> None:
    assert (await asked(WEEKLY, COUNTED, "last", price=Price(requests=1))).lengths == {}
