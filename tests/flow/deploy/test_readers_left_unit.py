"""What becomes of readers whom a new definition does not name."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import TEAM, WEEKLY
from worker.domain.delivery import Reader
from worker.domain.schedule import Schedule, Subscription
from worker.flow.deploy.readers_left import carried, dropped

BOSS = replace(TEAM, id="boss", address="boss@acme.example")
SEVERAL = replace(TEAM, id=f"team:{TEAM.address}")


def reader(entry: Subscription, schedule: str = "weekly") -> Reader:
    return Reader(schedule, entry.id, str(entry.address))


def left(
    old: Sequence[Subscription], new: Sequence[Subscription], name: str = "weekly"
) -> tuple[tuple[Reader, ...], dict[Reader, Reader]]:
    before: dict[str, Schedule] = {"weekly": replace(WEEKLY, to=tuple(old))}
    after = {name: replace(WEEKLY, id=name, to=tuple(new))}
    origins = {name: "weekly"}
    return dropped(before, after, origins), carried(before, after, origins)


def test_who_has_another_entry_id_is_carried_on_and_not_dropped() -> None:
    assert left([TEAM], [SEVERAL, BOSS]) == ((), {reader(TEAM): reader(SEVERAL)})
    assert left([SEVERAL, BOSS], [TEAM]) == ((reader(BOSS),), {reader(SEVERAL): reader(TEAM)})
    assert left([TEAM], [TEAM, BOSS]) == ((), {})


def test_so_is_who_has_another_entry_id_in_a_schedule_that_was_renamed() -> None:
    assert left([TEAM], [SEVERAL], "sales") == ((), {reader(TEAM, "sales"): reader(SEVERAL, "sales")})


def test_an_address_in_other_letters_is_the_same_one() -> None:
    again = replace(SEVERAL, address=str(TEAM.address).upper())
    assert left([TEAM], [again]) == ((), {reader(TEAM): reader(again)})


@pytest.mark.parametrize(
    "new",
    [
        [replace(TEAM, id="other", channel="another")],
        [replace(TEAM, id="other", address="else@acme.example")],
        [replace(TEAM, id="one"), replace(TEAM, id="two")],
        [],
    ],
    ids=["another channel", "another address", "two came", "nobody came"],
)
def test_another_way_another_address_and_one_of_two_begin_anew(new: list[Subscription]) -> None:
    assert left([TEAM], new) == ((reader(TEAM),), {})
