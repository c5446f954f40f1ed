"""When a schedule is due: in words on every page, with what its file says beside it."""

from html import unescape

import pytest

from tests.web.console.served import ServedConsole

EVENT = "event: close.opportunity.updated"
PLACES = ("", "schedules", "schedule/week")


async def shown(served: ServedConsole, place: str, language: str = "en") -> str:
    client = await served.signed_in()
    answer = await client.get(f"/console/{place}", headers={"accept-language": language})
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ")


async def deployed(served: ServedConsole, when: str) -> None:
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    await served.project.deploy(week.replace('cron: "0 9 * * MON"', when))


@pytest.mark.parametrize("place", PLACES)
async def test_words_stand_first_and_the_expression_beside_them(served: ServedConsole, place: str) -> None:
    """Before and after the first run, which have two first pages."""
    for _ in range(2):
        page = await shown(served, place)
        assert "Mondays 09:00 CE" in page
        assert "<code><bdi>0 9 * * MON</bdi></code>" in page
        assert "Montags um 09:00 ME" in await shown(served, place, "de")
        await served.project.run()


@pytest.mark.parametrize("place", PLACES)
async def test_a_schedule_that_only_events_fire_waits_for_one(served: ServedConsole, place: str) -> None:
    await deployed(served, EVENT)
    page = await shown(served, place)
    assert "When something happens in the service" in page
    assert "<code><bdi>close.opportunity.updated</bdi></code>" in page
    assert "With the next event" in page
    assert "0 seconds" not in page
    assert "No next run" not in page


async def test_a_schedule_that_events_fire_besides_says_both(served: ServedConsole) -> None:
    await deployed(served, f'cron: "0 9 * * MON", {EVENT}')
    page = await shown(served, "schedules")
    assert "Mondays 09:00 CE" in page
    assert "and when something happens in the service" in page
    assert "0 9 * * MON · close.opportunity.updated" in page


async def test_a_slot_that_is_far_away_stands_on_the_page_of_its_schedule(served: ServedConsole) -> None:
    await deployed(served, 'cron: "0 9 1 JAN *"')
    page = await shown(served, "schedule/week")
    assert "1 Jan" in page.partition("Next slots")[2].partition("As deployed")[0]
    assert "No next run" not in page


async def test_readers_are_counted_by_their_channel(served: ServedConsole) -> None:
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    room = "  - {id: room, channel: chat, address: C0123456789}\n  - {id: each, channel: mail, each: owner}\n"
    await served.project.deploy(f"{week}{room}")
    page = await shown(served, "schedules")
    assert "every owner, 1 mail, 1 chat" in page
    head, _, _ = week.partition("to:")
    alerts = """
alerts:
  - {id: big, for_each: deals, if: row.value >= 1000, notify: [{id: team, channel: mail, address: a@acme.example}]}
"""
    await served.project.deploy(head + alerts)
    assert "1 mail, alerts only" in await shown(served, "schedules")
