"""The list protocol alone: read, judge, read once more, look up, complete."""

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.opportunity import COLUMNS, TABLE
from worker.domain.snapshot.scope import Scope, one_of
from worker.domain.snapshot.snapshot import Row, Snapshot, table
from worker.errors import SourceIncomplete, SourceUnavailable
from worker.ports import Question
from worker.sources.common.listing import LookedUp, Reading, WholeList, tolerated
from worker.sources.common.page_checks import ListShifted, overlapping, repeated

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def row(key: str, **cells: str | bool | int) -> Row:
    filled: dict[str, str | bool | int] = {"status": "open", **cells}
    return Row(key, tuple(filled.get(column.name) for column in COLUMNS))


class FakeList:
    """Gives `readings` in turn: keys, or a failure. `kept`: what a look-up finds of the rest."""

    endpoint, carries, forgotten = "GET /rows", True, 0
    scope = Scope(selected=(one_of("status", "status", frozenset({"open"})),))

    def __init__(self, *readings: str | Exception, kept: dict[str, Row] | None = None, due: int | None = None) -> None:
        self.readings, self.kept, self.due, self.asked = list(readings), kept or {}, due, list[Collection[str]]()

    async def read(self, now: int) -> Reading[int]:
        if isinstance(step := self.readings.pop(0), Exception):
            raise step
        return Reading(step.split(), tuple(row(key) for key in dict.fromkeys(step.split())), now, self.due)

    async def look_up(self, keys: Collection[str], _listed: Collection[str], _now: int) -> LookedUp:
        self.asked.append(keys)
        return LookedUp(tuple(self.kept[key] for key in sorted(keys) if key in self.kept), (Note("looked"),))

    def forget(self) -> None:
        self.forgotten += 1


def asked(formerly: str = "", follow: Follow = Follow.CLOSED, previous: Snapshot | None = None) -> Question:
    item = Query("q", "acme", "rows", params={"status_type": "active"}, follow=follow)
    return Question(item, NOW, "UTC", None, None, frozenset(formerly.split()), NOW - timedelta(days=7), previous)


def whole(service: FakeList, question: Question, *, cut: bool = False) -> WholeList[int]:
    return WholeList(service, question, lambda: NOW, cut)


async def keys_of(service: FakeList, question: Question) -> str:
    return " ".join(sorted(row.key for row in (await whole(service, question).read()).rows))


async def test_a_reading_that_holds_together_is_the_list_and_is_done_once() -> None:
    service = FakeList("a b c", due=3)
    assert await keys_of(service, asked("a b c")) == "a b c"
    assert (service.readings, service.asked, service.forgotten) == ([], [], 0)


@pytest.mark.parametrize(
    ("first", "due"),
    [(ListShifted("GET /rows", "moved"), None), ("a b b", None), ("a b", 3), ("a b c d", 3)],
)
async def test_a_reading_that_does_not_hold_together_is_done_once_more_with_new_names(
    first: str | Exception, due: int | None
) -> None:
    service = FakeList(first, "a b c", due=due)
    assert await keys_of(service, asked()) == "a b c"
    assert service.forgotten == 1


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (ListShifted("GET /rows", "a page moved"), "twice: a page moved"),
        ("a b b", "twice: b came twice"),
        ("a b", "twice: 2 rows came of 3"),
    ],
)
async def test_two_readings_that_do_not_hold_together_are_an_incomplete_list(
    second: str | Exception, sentence: str
) -> None:
    with pytest.raises(SourceIncomplete, match=sentence) as error:
        await keys_of(FakeList("a", second, due=3), asked())
    assert not isinstance(error.value, ListShifted)


async def test_a_service_that_fails_is_not_asked_a_second_time_here() -> None:
    service = FakeList(SourceUnavailable("GET /rows", "down"), "a")
    with pytest.raises(SourceUnavailable):
        await keys_of(service, asked())


async def test_who_left_is_looked_up_and_told_beside_the_members() -> None:
    service = FakeList("a", kept={"w": row("w", status="won")})
    found = await whole(service, asked("a w x")).read()
    assert found.followed is not None
    assert [row.key for row in found.followed] == ["w"]
    assert found.unexplained == {"x"}
    assert found.notes == ("looked",)


async def test_a_row_that_a_look_up_finds_in_the_first_reading_alone_makes_no_difference_to_the_second() -> None:
    service = FakeList("a", "a b", kept={"b": row("b")})
    assert await keys_of(service, asked("a b")) == "a b"


async def test_a_row_that_both_readings_lack_and_that_still_matches_is_a_member_and_is_told() -> None:
    service = FakeList("a", "a", kept={"b": row("b"), "w": row("w", status="won")})
    found = await whole(service, asked("a b w")).read()
    assert [row.key for row in found.rows] == ["a", "b"]
    assert found.followed is not None
    assert [row.key for row in found.followed] == ["w"]
    assert any("b matches the filters, yet the list does not hold it" in note for note in found.notes)


@pytest.mark.parametrize(("listed", "missing"), [(1, 1), (98, 2), (147, 3)])
async def test_at_most_two_rows_in_a_hundred_may_be_missing_from_a_list(listed: int, missing: int) -> None:
    keys, kept = [f"k{n}" for n in range(listed)], {f"m{n}": row(f"m{n}") for n in range(missing + 1)}
    one_more = FakeList(*[" ".join(keys)] * 2, kept=kept)
    kept_few = {key: row for key, row in kept.items() if key != "m0"}
    few = FakeList(*[" ".join(keys)] * 2, kept=kept_few)
    assert len((await keys_of(few, asked(" ".join([*keys, *kept_few])))).split()) == listed + missing
    with pytest.raises(SourceIncomplete, match=f"{missing + 1} that match it did not come"):
        await keys_of(one_more, asked(" ".join([*keys, *kept])))


def test_the_tolerance_is_two_per_cent_and_at_least_one() -> None:
    assert [tolerated(rows) for rows in (1, 60, 99, 100, 1000)] == [1, 1, 1, 2, 20]


async def test_a_missing_row_beside_one_that_could_not_be_looked_up_is_an_incomplete_list() -> None:
    with pytest.raises(SourceIncomplete, match="b matches it and did not come, and x could not be looked up"):
        await keys_of(FakeList("a", "a", kept={"b": row("b")}), asked("a b x"))


async def test_other_rows_missing_the_second_time_mean_that_the_list_will_not_stand_still() -> None:
    with pytest.raises(SourceIncomplete, match="twice: c matches it and did not come"):
        await keys_of(FakeList("a c", "a b", kept={"b": row("b"), "c": row("c")}), asked("a b c"))


@pytest.mark.parametrize(("follow", "cut"), [(Follow.NONE, False), (Follow.CLOSED, True)])
async def test_nobody_is_looked_up_for_a_cut_list_or_where_it_is_not_wanted(follow: Follow, cut: bool) -> None:
    service = FakeList("a")
    found = await whole(service, asked("a b", follow), cut=cut).read()
    assert (found.followed, service.asked) == (None, [])


def shared(*keys: str, sliced: bool = False) -> Snapshot:
    tables = (table(TABLE, COLUMNS, [row(key, stalled=True, stalled_since=5) for key in keys], sliced=sliced),)
    return Snapshot("q", "f", None, NOW, (NOW, NOW), tables=tables, members=frozenset(keys), main=TABLE)


async def test_a_shared_list_gets_what_one_past_adds() -> None:
    old = shared("a")
    service = FakeList(kept={"w": row("w", status="won")})
    found = await whole(service, asked("a w x", previous=old)).complete(shared("a", "b"))
    assert found is not None
    assert found.followed is not None
    assert [row.key for row in found.followed.rows] == ["w"]
    assert found.rows is not None
    since = {key: found.rows.record(row)["stalled_since"] for key, row in found.rows.by_key().items()}
    assert since == {"a": 5, "b": NOW.timestamp() * 1000}
    assert found.notes == ("looked",)


async def test_a_shared_list_that_a_row_is_missing_from_has_to_be_read_anew() -> None:
    assert await whole(FakeList(kept={"b": row("b")}), asked("a b")).complete(shared("a")) is None


async def test_a_shared_part_of_a_list_has_no_past() -> None:
    part = shared("a", sliced=True)
    assert await whole(FakeList(), asked("a b")).complete(part) is part


def test_a_key_that_comes_twice_at_the_end_of_a_long_list_is_found_in_one_pass() -> None:
    keys = [str(n) for n in range(300_000)]
    began = time.monotonic()
    assert repeated([*keys, keys[-1]]) == keys[-1]
    assert repeated(keys) is None
    assert time.monotonic() - began < 10, "comparing each with each would take hours"


@pytest.mark.parametrize(("last", "first"), [("a", "b"), ("a", None), (None, "a"), (None, None)])
def test_two_pages_that_do_not_share_a_row_have_shifted(last: str | None, first: str | None) -> None:
    overlapping("GET /rows", "a", "a")
    with pytest.raises(ListShifted, match=f"a page ends with {last}"):
        overlapping("GET /rows", last, first)
