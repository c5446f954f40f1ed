"""How many readers an entry with `each` has, and whom it does not reach, by the last answers."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.domain.builders import answer, deal
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, Stored, bundle_with, uses
from worker.domain.schedule import Each, Schedule
from worker.flow.deploy.owners_reached import OwnersReached, owners_reached

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
EACH = replace(WEEKLY, to=(TEAM, OWNERS))
ROWS = [deal("a", owner_id="ann"), deal("b", owner_id="bo", owner="Bo Field"), deal("c", owner_id=None)]
LAST = replace(answer(ROWS), addresses=(("ann", "ann@acme.example"),))


class Newest:
    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ("last",)


async def reached(schedule: Schedule, was: Schedule | None = EACH) -> tuple[OwnersReached, ...]:
    connectors: Any = AnyAddress()
    parts = uses(connectors=connectors, runs=Newest(), snapshots=Stored({"last": LAST}))
    return await owners_reached(parts, bundle_with(schedule), schedule, was)


async def test_owners_with_and_without_address_are_those_of_the_last_answer() -> None:
    [one] = await reached(EACH)
    assert (one.answered, one.addresses, one.nobodys) == (True, ("ann@acme.example",), True)
    assert one.without_address == ("Bo Field (bo)",)


async def test_whoever_gets_the_rest_is_a_reader_too() -> None:
    [one] = await reached(replace(EACH, to=(replace(OWNERS, unassigned="ops@acme.example"),)))
    assert one.addresses == ("ann@acme.example", "ops@acme.example")
    assert one.without_address == ("Bo Field (bo)",)


async def test_in_a_roll_up_those_are_missing_whom_no_manager_sees() -> None:
    [one] = await reached(replace(EACH, to=(replace(OWNERS, each=Each.MANAGER),)))
    assert one.addresses == ()
    assert one.without_address == ("Ann Lindqvist (ann)", "Bo Field (bo)")


async def test_nothing_is_known_before_the_first_run_or_where_every_reader_is_named() -> None:
    [one] = await reached(EACH, None)
    assert one == OwnersReached(OWNERS)
    assert await reached(WEEKLY) == ()
