"""What a reader sees and does by the links in a message."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    NOW,
    READER,
    TEAM,
    WEEKLY,
    Chosen,
    Deployed,
    FixedClock,
    Reads,
    Said,
    bundle_with,
    uses,
)
from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.domain.reader_page import PAUSES, Act, ReaderPage
from worker.domain.schedule import Bundle, Defaults
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.flow.operate.reader_page import act, reader_page

LINK = Link(Purpose.PREFERENCES, READER)
STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW, NOW + HOUR)
EVE = SubscriptionRecord("weekly", replace(TEAM, id="eve", address="eve@acme.example"), Origin.CLI, "ops", NOW)
BUNDLE = bundle_with(WEEKLY)


def parts(said: Said, link: Link | None = LINK, bundle: Bundle | None = BUNDLE) -> Any:
    given = {"clock": FixedClock(), "connectors": uses(), "deployments": Deployed(bundle)}
    return uses(**given, links=Reads(link), subscriptions=said)


async def opened(said: Said, link: Link | None = LINK, bundle: Bundle | None = BUNDLE) -> ReaderPage | None:
    return await reader_page(parts(said, link, bundle), "token", Purpose.PREFERENCES)


async def test_a_link_shows_its_readers_subscription_and_what_stops_it() -> None:
    assert await opened(Said()) == ReaderPage(LINK, NOW, Defaults(), WEEKLY, TEAM)
    for said, stopped, paused in ((STOP, True, False), (PAUSE, False, True)):
        page = await opened(Said(team=said))
        assert page is not None
        assert (page.preference, page.stopped, page.paused) == (said, stopped, paused)
    over = await opened(Said(team=replace(PAUSE, until=NOW)))
    assert over is not None
    assert over.preference is None


async def test_a_link_from_before_a_rename_and_one_of_a_record_find_their_reader() -> None:
    for link in (replace(LINK, reader=replace(READER, schedule="old")), replace(LINK, reader=EVE.reader)):
        page = await opened(Said(EVE), link)
        assert page is not None
        assert page.entry in {TEAM, EVE.entry}


@pytest.mark.parametrize(
    "page",
    [
        parts(Said(), None),
        parts(Said(), replace(LINK, purpose=Purpose.UNSUBSCRIBE)),
        parts(Said(), replace(LINK, expires=NOW)),
        parts(Said(), bundle=None),
        parts(Said(), bundle=replace(BUNDLE, shared_addresses=(READER.address,))),
        parts(Said(), replace(LINK, reader=Reader("weekly", "operator", "ops@acme.example"))),
    ],
    ids=["not signed", "for another purpose", "expired", "nothing deployed", "a shared address", "the operator"],
)
async def test_a_link_that_works_no_more_shows_nothing(page: Any) -> None:
    assert await reader_page(page, "token", Purpose.PREFERENCES) is None


@pytest.mark.parametrize(
    "reader",
    [EVE.reader, replace(READER, entry="gone"), replace(READER, schedule="gone")],
    ids=["the record has ended", "the entry is gone", "the schedule is gone"],
)
async def test_who_is_no_reader_any_more_is_told_so_and_can_do_nothing(reader: Reader) -> None:
    given = parts(Chosen(replace(EVE, expires=NOW)), replace(LINK, reader=reader))
    page = await reader_page(given, "token", Purpose.PREFERENCES)
    assert page is not None
    assert page.entry is None
    assert not await act(given, page, Act.STOP)
    assert given.subscriptions.said == {}


async def test_what_a_reader_asks_for_is_done() -> None:
    given = parts(Chosen())
    page = await reader_page(given, "token", Purpose.PREFERENCES)
    assert page is not None
    assert await act(given, page, Act.PAUSE, PAUSES[1])
    pause = Preference(Choice.PAUSED, Origin.LINK, "the reader", NOW, NOW + timedelta(days=28))
    assert given.subscriptions.said == {READER.id: pause}
    assert await act(given, page, Act.RESUME)
    assert await act(given, page, Act.STOP)
    assert given.subscriptions.said == {READER.id: STOP}
    assert not await act(given, page, Act.PAUSE)
    assert given.subscriptions.said == {READER.id: STOP}
    assert await act(given, page, Act.START)
    assert given.subscriptions.said == {}


async def test_a_link_to_unsubscribe_does_no_more_than_that_and_its_opposite() -> None:
    given = parts(Chosen(), replace(LINK, purpose=Purpose.UNSUBSCRIBE))
    page = await reader_page(given, "token", Purpose.UNSUBSCRIBE)
    assert page is not None
    assert not await act(given, page, Act.PAUSE)
    assert await act(given, page, Act.STOP)
    assert await act(given, page, Act.START)
