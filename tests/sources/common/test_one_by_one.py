"""Rows that are asked for alone: read, surely deleted, or openly not known."""

import asyncio

from tests.sources.common.test_listing import row
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Row
from worker.errors import SourceRefused, SourceUnavailable
from worker.sources.common.one_by_one import GIVE_UP, OneByOne


class Service:
    """Has `rows`; everything else is `missing` (an error)."""

    def __init__(self, *rows: str, missing: Exception) -> None:
        self.rows, self.missing, self.asked = rows, missing, list[str]()

    async def ask(self, key: str) -> Row:
        self.asked.append(key)
        await asyncio.sleep(0)
        if key in self.rows:
            return row(key)
        raise self.missing


def no_such(status: int = 404) -> SourceRefused:
    return SourceRefused("GET /rows/{id}", "not found", status=status)


async def test_a_row_is_deleted_where_another_look_up_at_the_same_address_finds_one() -> None:
    service = Service("a", missing=no_such())
    rows = await OneByOne(service.ask, ["listed"], None, []).rows(["a", "d"])
    assert rows["a"] == row("a")
    assert rows["d"] == row("d", status="deleted")
    assert service.asked == ["a", "d"], "nothing else has to be asked"


async def test_a_listed_row_is_asked_for_where_nothing_was_found() -> None:
    service = Service("listed", missing=no_such(410))
    rows = await OneByOne(service.ask, ["listed", "other"], None, []).rows(["d"])
    assert rows == {"d": row("d", status="deleted")}
    assert service.asked == ["d", "listed"]


async def test_where_a_listed_row_is_not_found_either_nothing_is_deleted() -> None:
    notes = list[Note]()
    rows = await OneByOne(Service(missing=no_such()).ask, ["listed"], None, notes).rows(["d", "e"])
    assert rows == {}
    assert notes == ["d, e could not be looked up: the service finds no row alone, not even a listed one"]


async def test_a_row_that_may_be_elsewhere_is_not_deleted() -> None:
    notes = list[Note]()
    rows = await OneByOne(Service("a", missing=no_such()).ask, [], None, notes, unsure=["e"]).rows(["a", "d", "e"])
    assert set(rows) == {"a", "d"}
    assert notes == ["e could not be looked up: it may be in a list that could not be read"]


async def test_a_service_that_is_down_is_given_up_after_a_few_of_hundreds() -> None:
    service, notes = Service(missing=SourceUnavailable("GET /rows/{id}", "down")), list[Note]()
    keys = [str(n) for n in range(200)]
    assert await OneByOne(service.ask, [], None, notes).rows(keys) == {}
    assert len(service.asked) < GIVE_UP + 16
    assert len(notes) < GIVE_UP + 17
    assert notes[-1].endswith("could not be looked up: the service failed before")
