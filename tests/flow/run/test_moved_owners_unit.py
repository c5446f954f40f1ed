"""Owners who are reached at another address than when they were last sent something."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import LAST_WEEK, answer, deal
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, Least, Stored, bundle_with, uses
from worker.domain.delivery import Baseline, BaselineMove, Reader
from worker.domain.schedule import Each, Person
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.moved_owners import moved_owners

OLD, NEW = "ann@acme.example", "new@acme.example"
MAIL = {"ann": OLD, "bo": "bo@acme.example"}
SHARED = {"ann": OLD, "bo": OLD}
OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)


def listed(*owned: str, mail: Mapping[str, str] = MAIL) -> Snapshot:
    rows = [deal(f"deal{n}", 100_000, owner_id=owner) for n, owner in enumerate(owned)]
    return replace(answer(rows), addresses=tuple(sorted(mail.items())))


def reader(address: str) -> Reader:
    return Reader("weekly", "owners", address)


async def moves(now: Snapshot, before: Snapshot, *, each: Each = Each.OWNER, **people: str) -> tuple[BaselineMove, ...]:
    schedule = replace(WEEKLY, to=(TEAM, replace(OWNERS, each=each)))
    bundle = replace(bundle_with(schedule), people={name: Person({"mail": at}) for name, at in people.items()})
    digests, past = uses(expressions=Least()), {"deals": Baseline("before", LAST_WEEK, LAST_WEEK)}
    given: Any = uses(connectors=AnyAddress(), digests=digests, snapshots=Stored({"before": before}))
    return await moved_owners(given, bundle, schedule, {"deals": now}, {reader(OLD): past})


def move(new: str = NEW, *, ends: bool = True) -> BaselineMove:
    return BaselineMove(reader(OLD), reader(new), ends)


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (listed("ann"), listed("ann"), ()),
        (listed("ann", mail={"ann": NEW}), listed("ann"), (move(),)),
        (listed("bo", mail={"bo": "bo@acme.example"}), listed("ann"), ()),
        (listed("ann", mail={}), listed("ann"), ()),
        (listed("ann", "bo", mail={"ann": NEW, "bo": OLD}), listed("ann"), (move(ends=False),)),
        (listed("ann", "bo", mail={"ann": NEW, "bo": OLD}), listed("ann", "bo", mail=SHARED), (move(ends=False),)),
        (listed("ann", mail={"ann": NEW}), listed("ann", "bo", mail=SHARED), (move(ends=False),)),
        (
            listed("ann", "bo", mail={"ann": NEW, "bo": "bo@acme.example"}),
            listed("ann", "bo", mail=SHARED),
            (move("bo@acme.example"), move()),
        ),
    ],
    ids=[
        "the same address",
        "another one",
        "without rows now",
        "without an address now",
        "somebody else has the old one now",
        "one of two moved",
        "one of two moved and the other has no rows",
        "both moved apart",
    ],
)
async def test_what_was_sent_goes_with_the_owner(
    now: Snapshot, before: Snapshot, found: tuple[BaselineMove, ...]
) -> None:
    assert await moves(now, before) == found


async def test_an_address_of_people_takes_the_place_of_what_the_service_told() -> None:
    assert await moves(listed("ann"), listed("ann"), ann=NEW) == (move(),)


async def test_a_roll_up_by_manager_is_of_many_owners_and_moves_nothing() -> None:
    assert await moves(listed("ann", mail={"ann": NEW}), listed("ann"), each=Each.MANAGER) == ()
