"""What becomes of readers whom a new definition does not name."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import TEAM, WEEKLY
from worker.domain.delivery import Reader
from worker.domain.schedule import Each, Schedule, Subscription
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


COPIED = replace(TEAM, cc=("boss@acme.example", "chief@acme.example"))


def copy(entry: Subscription, address: str) -> Reader:
    return Reader("weekly", f"cc:{entry.id}", address)


def test_a_copy_is_carried_on_with_its_entry_and_dropped_with_its_place() -> None:
    other = replace(COPIED, id="other")
    same = {copy(COPIED, one): copy(other, one) for one in COPIED.cc}
    assert left([COPIED], [other]) == (
        (),
        {reader(TEAM): reader(other), **same, **{before(one): new for one, new in same.items()}},
    )
    chief = copy(COPIED, "chief@acme.example")
    assert left([COPIED], [replace(TEAM, cc=("boss@acme.example",))]) == ((chief, before(chief)), {})


def test_who_gets_copies_no_more_and_reads_instead_is_carried_on_and_back() -> None:
    boss, one = copy(COPIED, "boss@acme.example"), replace(TEAM, cc=("boss@acme.example",))
    assert left([one], [TEAM, BOSS]) == ((), {boss: reader(BOSS), before(boss): reader(BOSS)})
    assert left([TEAM, BOSS], [one]) == ((), {reader(BOSS): boss})


def test_a_copy_and_a_reader_of_one_address_are_each_carried_on_by_themselves() -> None:
    old, new = replace(TEAM, cc=("boss@acme.example",)), replace(TEAM, id="new", cc=("boss@acme.example",))
    again = replace(BOSS, id="again")
    assert left([old, BOSS], [new, again])[1] == {
        reader(TEAM): reader(new),
        reader(BOSS): reader(again),
        copy(old, "boss@acme.example"): copy(new, "boss@acme.example"),
        before(copy(old, "boss@acme.example")): copy(new, "boss@acme.example"),
    }


def test_what_an_older_version_kept_of_a_copy_stays_with_an_owner_who_has_that_id() -> None:
    """Of an entry with `each` nobody knows whether the address reads it too."""
    owners = replace(TEAM, id="owners", address=None, each=Each.OWNER, cc=("boss@acme.example",))
    assert left([owners], [replace(owners, cc=())]) == ((copy(owners, "boss@acme.example"),), {})


def before(one: Reader) -> Reader:
    """As an older version named it."""
    return replace(one, entry=one.entry.removeprefix("cc:"))
