"""What a reader sees and does by the links in a message."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    READER,
    TEAM,
    WEEKLY,
    Chosen,
    Deployed,
    FixedClock,
    KnownDeliveries,
    Reads,
    Said,
    bundle_with,
    uses,
)
from worker.domain.choices import Choices
from worker.domain.delivery import Delivery, DeliveryState, Reader
from worker.domain.links import Link, Purpose
from worker.domain.quiet import EVERY_DAY, WEEK, QuietHours
from worker.domain.reader_page import PAUSES, Act, PreferencesForm, ReaderPage
from worker.domain.schedule import Bundle, Defaults, Schedule, Send
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.errors import RequestError
from worker.flow.operate.reader_page import act, bundle_in_force, reader_page, save, sent_rows
from worker.ports import CheckedEntry

LINK = Link(Purpose.PREFERENCES, READER)
STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW, NOW + HOUR)
EVE = SubscriptionRecord("weekly", replace(TEAM, id="eve", address="eve@acme.example"), Origin.CLI, "ops", NOW)
BUNDLE = bundle_with(WEEKLY)


class Keeps(Chosen):
    async def choose(self, schedule: str, reader: str, choices: Choices) -> None:
        self.made[reader] = choices

    async def stop_all(self, readers: Sequence[tuple[str, str]], preference: Preference) -> None:
        self.said |= {reader: preference for _, reader in readers}


def parts(said: Said, link: Link | None = LINK, bundle: Bundle | None = BUNDLE, *rows: Delivery) -> Any:
    given = {"clock": FixedClock(), "connectors": uses(mailbox=lambda *_: True), "deployments": Deployed(bundle)}
    lookups = KnownDeliveries(*rows)
    return uses(**given, lookups=lookups, links=Reads(link), subscriptions=said, check_entry=checked)


def checked(_bundle: Bundle, _schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
    """As far as this page writes an entry."""
    if written.get("rows") == "wrong":
        raise RequestError("`rows` with wrong; write another one")
    hours = written["quiet_hours"]
    quiet = None if hours == "none" else QuietHours(time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"]))
    days = tuple(WEEK.index(day) for day in written["days"])
    send = Send(written.get("send", "always"))
    made = replace(
        TEAM, locale=written["locale"], days=days, quiet_hours=quiet, rows=written.get("rows", ""), send=send
    )
    return CheckedEntry(replace(made, address=written["address"]))


async def opened(said: Said, link: Link | None = LINK, bundle: Bundle | None = BUNDLE) -> ReaderPage | None:
    return await reader_page(parts(said, link, bundle), "token", Purpose.PREFERENCES)


async def test_a_link_shows_its_readers_subscription_and_what_stops_it() -> None:
    assert await opened(Said()) == ReaderPage(LINK, NOW, Defaults(), WEEKLY, TEAM, locales=("en_GB", "de_DE"))
    for said, stopped, paused in ((STOP, True, False), (PAUSE, False, True)):
        page = await opened(Said(team=said))
        assert page is not None
        assert (page.preference, page.stopped, page.paused) == (said, stopped, paused)
    over = await opened(Said(team=replace(PAUSE, until=NOW)))
    assert over is not None
    assert over.preference is None


async def last_sent(
    *rows: Delivery, said: Said | None = None, purpose: Purpose = Purpose.PREFERENCES
) -> datetime | None:
    page = await reader_page(parts(said or Said(), replace(LINK, purpose=purpose), BUNDLE, *rows), "token", purpose)
    assert page is not None
    return page.last_sent


SENT = Delivery(KEY, DeliveryState.SENT, settled_at=NOW - HOUR)


async def test_the_page_tells_when_a_digest_was_last_sent_but_not_by_a_link_that_works_for_ever() -> None:
    assert await last_sent(SENT) == NOW - HOUR
    assert await last_sent(SENT, purpose=Purpose.UNSUBSCRIBE) is None


async def test_what_was_not_sent_and_what_others_were_sent_is_not_told() -> None:
    others = replace(SENT, key=replace(KEY, reader="boss|boss@acme.example"))
    assert await last_sent(others) is None
    for state in set(DeliveryState) - {DeliveryState.SENT}:
        assert await last_sent(replace(SENT, state=state)) is None


async def test_the_deliveries_that_fit_are_those_to_this_reader() -> None:
    others = replace(SENT, key=replace(KEY, reader="boss|boss@acme.example"))
    given = parts(Said(), LINK, BUNDLE, SENT, others)
    page = ReaderPage(LINK, NOW, Defaults(), WEEKLY, TEAM)
    assert await sent_rows(given, page, lambda _: True, 1) == [SENT]
    assert await sent_rows(given, page, lambda row: row.state is DeliveryState.FAILED, 1) == []


async def test_the_bundle_in_force_is_none_before_the_first_deployment() -> None:
    assert await bundle_in_force(parts(Said())) == BUNDLE
    assert await bundle_in_force(parts(Said(), bundle=None)) is None


async def test_what_was_sent_under_an_earlier_id_of_the_reader_counts() -> None:
    class Continued(Said):
        async def continued(self, schedule: str) -> Mapping[str, str]:
            return {"first|team@acme.example": READER.id, "x|team@acme.example": "y|team@acme.example"}

    def under(name: str) -> Delivery:
        return replace(SENT, key=replace(KEY, reader=f"{name}|team@acme.example"))

    assert await last_sent(under("first"), said=Continued()) == NOW - HOUR
    assert await last_sent(under("x"), said=Continued()) is None


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


AS_IT_IS = PreferencesForm("save", "always", TEAM.locale, days=tuple("0123456"))


async def chosen(form: PreferencesForm, link: Link = LINK, said: Keeps | None = None) -> tuple[ReaderPage, Keeps]:
    kept = said or Keeps()
    given = parts(kept, link)
    page = await reader_page(given, "token", link.purpose)
    assert page is not None
    return await save(given, page, form), kept


async def test_only_what_differs_from_the_entry_is_kept_with_who_and_when() -> None:
    _, kept = await chosen(AS_IT_IS)
    assert kept.made == {READER.id: Choices(Origin.LINK, "the reader", NOW)}
    form = PreferencesForm("save", "on_change", "de_DE", "19:00", "08:00", ("0", "4"), " row.value > 5 ")
    page, kept = await chosen(form)
    quiet = QuietHours(time(19), time(8))
    made = Choices(Origin.LINK, "the reader", NOW, "de_DE", Send.ON_CHANGE, (0, 4), quiet, "row.value > 5")
    assert (page.choices, page.saved, kept.made) == (made, True, {READER.id: made})
    assert page.in_force == made.chosen(TEAM)
    assert (page.days, replace(page, choices=None).days) == ((0, 4), EVERY_DAY)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (replace(AS_IT_IS, rows="wrong"), "`rows` with wrong; write another one"),
        (replace(AS_IT_IS, days=()), "`days` without a day; leave a day on which it may be sent"),
        (replace(AS_IT_IS, days=("9", "x", "")), "`days` without a day; leave a day on which it may be sent"),
    ],
)
async def test_what_cannot_be_chosen_is_said_and_nothing_is_kept(form: PreferencesForm, said: str) -> None:
    page, kept = await chosen(form)
    assert (page.problem, page.saved, kept.made) == (said, False, {})


async def test_a_choice_of_when_to_send_ends_a_pause_and_a_pause_leaves_the_choice() -> None:
    _, kept = await chosen(replace(AS_IT_IS, send="pause-28"))
    assert kept.said[READER.id].until == NOW + timedelta(days=28)
    _, kept = await chosen(replace(AS_IT_IS, send=""), said=kept)
    assert READER.id in kept.said
    _, kept = await chosen(replace(AS_IT_IS, send="on_change"), said=kept)
    assert kept.said == {}
    assert kept.made[READER.id].send is Send.ON_CHANGE
    _, kept = await chosen(replace(AS_IT_IS, send="pause-7"), said=kept)
    assert kept.made[READER.id].send is Send.ON_CHANGE


async def test_a_link_to_unsubscribe_chooses_nothing_and_leads_nowhere() -> None:
    page, kept = await chosen(AS_IT_IS, replace(LINK, purpose=Purpose.UNSUBSCRIBE))
    assert (page.saved, page.others, kept.made) == (False, (), {})


async def test_the_page_names_what_else_comes_to_the_address_and_stops_all_of_it() -> None:
    second = replace(EVE, entry=replace(TEAM, id="again"))
    given = parts(Keeps(EVE, second))
    page = await reader_page(given, "token", Purpose.PREFERENCES)
    assert page is not None
    assert [(one.reader.id, one.name, one.token) for one in page.others] == [
        ("again|team@acme.example", WEEKLY.name, "p again|team@acme.example")
    ]
    assert await act(given, page, Act.STOP_ALL)
    assert set(given.subscriptions.said) == {READER.id, "again|team@acme.example"}
    rest = await reader_page(given, "token", Purpose.PREFERENCES)
    assert rest is not None
    assert rest.others == ()
