"""The page of one run: what went wrong, what can be done about it, and since when it is compared."""

import re
from html import unescape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from tests.web.console.served import ServedConsole, forms
from worker.domain.access import TokenScope

FAILING = "* /close/*"
BERLIN = ZoneInfo("Europe/Berlin")


async def newest_page(served: ServedConsole, client: httpx.AsyncClient) -> str:
    run = (await served.project.services.lookups.runs(None, 1))[0]
    answer = await client.get(f"/console/run/{quote(str(run.key))}")
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ")


def band_of(page: str) -> str:
    return page.partition('<div class="band">')[2].partition("</div>")[0]


async def test_what_a_person_has_to_do_stands_above_everything_else(troubled: ServedConsole) -> None:
    page = await newest_page(troubled, await troubled.signed_in())
    band = band_of(page)
    assert "1 message may or may not have arrived: say which." in band
    assert 'href="#deliveries"' in band
    assert 'id="deliveries"' in page
    assert "boss@acme.example" in band
    assert page.index("/console/acts/cancel") < page.index(">Stages<") < page.index("/console/acts/settle")


async def test_the_band_says_whose_address_is_suspended_until_it_is_sent_to_again(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()
    assert "Suspended: nothing more goes there" in band_of(await newest_page(troubled, client))
    await troubled.project.services.deliveries.lift(["address mail boss@acme.example"])
    page = await newest_page(troubled, client)
    assert "boss@acme.example" in band_of(page)
    assert "Suspended" not in page


async def test_deliveries_say_what_they_are_where_they_are_no_digest(troubled: ServedConsole) -> None:
    page = await newest_page(troubled, await troubled.signed_in())
    assert "team, alerts · mail" in page
    assert "<bdi>room · chat</bdi>" in page
    assert "alert:" not in re.sub(r'(?:href|value|src)="[^"]*"', "", page)


async def test_what_moved_says_since_when(troubled: ServedConsole) -> None:
    first = (await troubled.project.services.lookups.runs("week", 2))[1]
    page = await newest_page(troubled, await troubled.signed_in())
    assert f"What moved <span>since {first.key.slot.astimezone(BERLIN):%a %-d %b, %H:%M}" in page


async def test_a_run_that_waits_says_that_no_worker_is_there(served: ServedConsole) -> None:
    client = await served.signed_in()
    asked = forms((await client.get("/console/schedule/week")).text)["/console/acts/trigger"]
    path = (await client.post("/console/acts/trigger", data=asked)).headers["location"]
    waiting = (await client.get(path)).text
    assert "workers: none is running: nothing will be fetched or sent" in waiting
    assert "Nobody was to be told" not in waiting
    await served.project.services.heartbeats.say_alive("worker", "ops-1", 1)
    await served.project.services.heartbeats.say_alive("clock", "ops-1", 2)
    assert "none is running" not in (await client.get(path)).text


async def test_a_run_that_failed_can_be_run_anew_by_whoever_may(served: ServedConsole) -> None:
    served.project.box.faults.arm(FAILING, "status", times=1000, status=403)
    await served.project.run()
    page = await newest_page(served, await served.signed_in(TokenScope.READ))
    assert "Failed" in page
    assert "Missing: <bdi>deals</bdi>" in band_of(page)
    assert band_of(page).count("(403)") == band_of(page).count("Missing: ") == 2
    assert "1 delivered" not in page
    assert "/console/acts/trigger" not in page
    client = await served.signed_in()
    form = forms(await newest_page(served, client))["/console/acts/trigger"]
    served.project.box.faults.clear()
    answer = await client.post("/console/acts/trigger", data=form)
    assert answer.headers["location"].startswith("/console/run/week@")
    assert len(await served.project.services.lookups.runs("week", 5)) == 2
