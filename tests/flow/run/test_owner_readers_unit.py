"""Who reads an entry with `each`: owners of rows now and of rows in what they were last sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.domain.builders import LAST_WEEK, answer, deal
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, Least, Stored, bundle_with, uses
from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Each, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.owner_readers import compared, holds_of_entry, in_use, owner_readers, past_of_each

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
OPS = replace(OWNERS, unassigned="ops@acme.example")
MAIL = {"ann": "ann@acme.example", "bo": "bo@acme.example"}


def listed(*owned: str | None, mail: Mapping[str, str] = MAIL, value: int = 100_000) -> Snapshot:
    rows = [deal(f"deal{n}", value, owner_id=owner) for n, owner in enumerate(owned)]
    return replace(answer(rows), addresses=tuple(sorted(mail.items())))


class PastOf:
    def __init__(self, past: Mapping[Reader, Mapping[str, Baseline]], newest: str | None = None) -> None:
        self.past, self.newest = past, newest

    async def baselines_of(self, schedule: str, entry: str) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {reader: b for reader, b in self.past.items() if (reader.schedule, reader.entry) == (schedule, entry)}

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return () if self.newest is None else (self.newest,)


def reader(address: str) -> Reader:
    return Reader("weekly", "owners", address)


def baseline(snapshot: str) -> Mapping[str, Baseline]:
    return {"deals": Baseline(snapshot, LAST_WEEK, LAST_WEEK)}


def parts(stored: Mapping[str, Snapshot], runs: PastOf) -> Any:
    return uses(connectors=AnyAddress(), digests=uses(expressions=Least()), snapshots=Stored(stored), runs=runs)


async def readers_of(
    now: Snapshot, past: Mapping[str, str], stored: Mapping[str, Snapshot], entry: Subscription = OWNERS
) -> list[str]:
    schedule = replace(WEEKLY, to=(TEAM, entry))
    runs: Any = PastOf({reader(address): baseline(snapshot) for address, snapshot in past.items()})
    known = await past_of_each(runs, schedule)
    found = await owner_readers(parts(stored, runs), bundle_with(schedule), schedule, {"deals": now}, known)
    assert {one.entry for one in found} <= {"owners"}
    return [one.address for one in found]


async def explained(
    past: Mapping[str, str], stored: Mapping[str, Snapshot], newest: str | None, entry: Subscription = OWNERS
) -> set[str]:
    schedule = replace(WEEKLY, to=(TEAM, entry))
    runs = PastOf({}, newest)
    known = {reader(address): baseline(snapshot) for address, snapshot in past.items()}
    return {one.address for one in await in_use(parts(stored, runs), bundle_with(schedule), schedule, known)}


async def test_owners_of_now_read_and_one_without_address_is_named_by_id() -> None:
    assert await readers_of(listed("ann", "cleo", None), {}, {}) == ["ann@acme.example", "cleo"]


async def test_an_owner_who_gave_all_rows_away_reads_once_more() -> None:
    past = {"bo@acme.example": "before", "gone@acme.example": "older", "dan@acme.example": "lost"}
    stored = {"before": listed("bo"), "older": listed("ann")}
    assert await readers_of(listed("ann"), past, stored) == ["ann@acme.example", "bo@acme.example"]


async def test_an_owner_whose_rows_the_list_was_no_longer_asked_for_does_not_read() -> None:
    before = replace(listed("bo"), fingerprint="another question")
    assert await readers_of(listed("ann"), {"bo@acme.example": "before"}, {"before": before}) == ["ann@acme.example"]


async def test_an_owner_whose_address_the_service_took_away_is_sent_nothing_at_the_old_one() -> None:
    now, past = listed("ann", "bo", mail={"ann": "ann@acme.example"}), {"bo@acme.example": "before"}
    stored = {"before": listed("ann", "bo")}
    assert await readers_of(now, past, stored, OPS) == ["ann@acme.example", "bo", "ops@acme.example"]


async def test_an_owner_none_of_whose_rows_fits_the_condition_does_not_read() -> None:
    rows = [deal("a", 100_000, owner_id="ann"), deal("b", 900, owner_id="bo"), deal("c", None, owner_id="cleo")]
    now = replace(answer(rows), addresses=tuple(MAIL.items()))
    large = replace(OWNERS, rows="1000")
    assert await readers_of(now, {}, {}, large) == ["ann@acme.example"]
    assert await readers_of(now, {"bo@acme.example": "b"}, {"b": listed("bo", value=900)}, large) == [
        "ann@acme.example"
    ]
    both = ["ann@acme.example", "bo@acme.example"]
    assert await readers_of(now, {"bo@acme.example": "b"}, {"b": listed("bo")}, large) == both


async def test_rows_of_nobody_have_a_reader_where_one_is_named() -> None:
    assert await readers_of(listed("cleo", None), {}, {}, OPS) == ["cleo", "ops@acme.example"]


async def test_a_roll_up_by_manager_names_nobody_who_has_no_manager() -> None:
    assert await readers_of(listed("ann"), {}, {}, replace(OWNERS, each=Each.MANAGER)) == []


async def test_the_past_of_a_reader_who_had_no_rows_is_not_explained() -> None:
    past = {"ann@acme.example": "last", "bo@acme.example": "farewell", "cleo@acme.example": "lost"}
    stored = {"last": listed("ann"), "farewell": listed("ann")}
    assert await explained(past, stored, "last") == {"ann@acme.example"}
    assert await explained({}, stored, "last") == set()


async def test_the_past_of_an_address_that_its_owner_left_is_not_explained() -> None:
    moved = {"last": listed("ann", mail={"ann": "new@acme.example"}), "older": listed("ann")}
    past = {"ann@acme.example": "older", "new@acme.example": "last"}
    assert await explained(past, moved, "last") == {"new@acme.example"}
    assert await explained(past, moved, None) == {"ann@acme.example", "new@acme.example"}


async def test_only_answers_to_what_is_still_asked_in_the_same_way_are_compared_with() -> None:
    before, other = listed("ann"), replace(listed("ann"), fingerprint="another question")
    given = uses(snapshots=Stored({"before": before, "other": other}))
    assert await compared(given, WEEKLY, {"deals": listed("bo")}, {"deals": "before"}) == {"deals": before}
    assert await compared(given, WEEKLY, {"deals": listed("bo")}, {"deals": "other"}) == {}
    assert await compared(given, WEEKLY, {}, {"deals": "other"}) == {"deals": other}


def test_an_entry_without_a_condition_holds_of_every_row() -> None:
    given: Any = uses(digests=uses(expressions=Least()))
    assert holds_of_entry(given, OWNERS) is None
    assert holds_of_entry(given, replace(OWNERS, rows="1000")) is not None
