"""Who reads an entry with `each`: owners of rows now and of rows in what they were last sent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import LAST_WEEK, answer, deal
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, Stored, bundle_with, uses
from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Each, Person, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.owners import OwnerAddresses, emails, owner_readers, owners, past_of_each

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
EACH = replace(WEEKLY, to=(TEAM, OWNERS))
MAIL = {"ann": "Ann@acme.example", "bo": "bo@acme.example"}


def listed(*owned: str | None, mail: Mapping[str, str] = MAIL) -> Snapshot:
    rows = [deal(f"deal{n}", owner_id=owner) for n, owner in enumerate(owned)]
    return replace(answer(rows), addresses=tuple(sorted(mail.items())))


def addresses(entry: Subscription = OWNERS, people: Mapping[str, Person] | None = None) -> OwnerAddresses:
    connectors: Any = AnyAddress()
    return OwnerAddresses(connectors, replace(bundle_with(EACH), people=people or {}), entry, MAIL)


def test_an_owner_is_reached_where_the_service_says_unless_the_project_says_otherwise() -> None:
    known = addresses(people={"bo": Person({"chat": "U0123", "email": "bob@acme.example"})})
    assert known.address("ann") == "ann@acme.example"
    assert known.address("bo") == "bob@acme.example"
    assert (known.address("cleo"), known.address(None)) == (None, None)


def test_the_channels_own_name_goes_before_other_words() -> None:
    known = addresses(people={"bo": Person({"email": "bob@acme.example", "mail": "b.o@acme.example"})})
    assert known.address("bo") == "b.o@acme.example"


@pytest.mark.parametrize(("unassigned", "expected"), [(None, set()), ("ops@acme.example", {"ops@acme.example"})])
def test_rows_of_nobody_and_of_owners_without_address_go_to_unassigned(
    unassigned: str | None, expected: set[str]
) -> None:
    known = addresses(replace(OWNERS, unassigned=unassigned))
    assert known.of(None) == known.of("cleo") == expected
    assert known.of("ann") == {"ann@acme.example"}


def test_a_manager_sees_the_rows_of_all_below_and_a_circle_ends() -> None:
    people = {"ann": Person({}, "bo"), "bo": Person({}, "cleo"), "cleo": Person({"email": "c@acme.example"}, "ann")}
    known = addresses(replace(OWNERS, each=Each.MANAGER, unassigned="ops@acme.example"), people)
    assert known.of("ann") == {"bo@acme.example", "c@acme.example", "ann@acme.example"}
    straight = addresses(replace(OWNERS, each=Each.MANAGER, unassigned="ops@acme.example"), {"ann": Person({}, "bo")})
    assert straight.of("ann") == straight.of("bo") == {"bo@acme.example"}
    assert straight.of("dan") == {"ops@acme.example"}


def test_owners_and_what_answers_say_of_them() -> None:
    assert owners([listed("ann", "ann", None), listed("bo")]) == {"ann", "bo", None}
    assert emails([listed(mail={"ann": "old@acme.example"}), listed(mail={"ann": "new@acme.example"})]) == {
        "ann": "new@acme.example"
    }
    assert owners([replace(answer([]), main=None)]) == frozenset()


class PastOf:
    def __init__(self, past: Mapping[Reader, Mapping[str, Baseline]]) -> None:
        self.past = past

    async def baselines_of(self, schedule: str, entry: str) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {reader: b for reader, b in self.past.items() if (reader.schedule, reader.entry) == (schedule, entry)}


def reader(address: str) -> Reader:
    return Reader("weekly", "owners", address)


def baseline(snapshot: str) -> Mapping[str, Baseline]:
    return {"deals": Baseline(snapshot, LAST_WEEK, LAST_WEEK)}


async def readers_of(
    now: Sequence[Snapshot], past: Mapping[str, str], stored: Mapping[str, Snapshot], entry: Subscription = OWNERS
) -> list[str]:
    schedule = replace(EACH, to=(TEAM, entry))
    parts = uses(connectors=AnyAddress(), snapshots=Stored(dict(stored)))
    known = {reader(address): baseline(snapshot) for address, snapshot in past.items()}
    runs: Any = PastOf(known)
    found = await owner_readers(parts, bundle_with(schedule), schedule, now, await past_of_each(runs, schedule))
    assert {one.entry for one in found} <= {"owners"}
    return [one.address for one in found]


async def test_owners_of_now_read_and_one_without_address_is_named_by_id() -> None:
    assert await readers_of([listed("ann", "cleo", None)], {}, {}) == ["ann@acme.example", "cleo"]


async def test_an_owner_who_gave_all_rows_away_reads_once_more() -> None:
    past = {"bo@acme.example": "before", "gone@acme.example": "older", "dan@acme.example": "lost"}
    stored = {"before": listed("bo"), "older": listed("ann")}
    assert await readers_of([listed("ann")], past, stored) == ["ann@acme.example", "bo@acme.example"]


async def test_rows_of_nobody_have_a_reader_where_one_is_named() -> None:
    entry = replace(OWNERS, unassigned="ops@acme.example")
    assert await readers_of([listed("cleo", None)], {}, {}, entry) == ["cleo", "ops@acme.example"]


async def test_a_roll_up_by_manager_names_nobody_who_has_no_manager() -> None:
    assert await readers_of([listed("ann")], {}, {}, replace(OWNERS, each=Each.MANAGER)) == []
