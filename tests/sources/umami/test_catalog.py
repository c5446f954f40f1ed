"""What an account holds: every page, every team, each website once."""

from typing import Any

import pytest

from tests.sources.umami.account import SITE, WEBSITE, Account, umami
from tests.support.scripted_http import Asked, Said
from worker.errors import RequestError, SourceIncomplete, SourceShapeChanged
from worker.sources.umami import UmamiSource, lists
from worker.sources.umami.catalog import KINDS

TEAM = "e0b5d1a4-0000-4000-8000-00000000000a"


def paged(rows: list[Any], size: int = 100) -> Any:
    def page(asked: Asked) -> Said:
        number = int(asked.params["page"])
        found = rows[(number - 1) * size : number * size]
        return Said({"data": found, "count": len(rows), "page": number, "pageSize": size})

    return page


def site(number: int) -> dict[str, Any]:
    return {**WEBSITE, "id": f"site-{number:03}", "name": f"Site {999 - number}"}


def holding(count: int = 3, size: int = 100) -> Account:
    account = Account()
    account.instead["/websites"] = paged([site(n) for n in range(count)], size)
    account.instead["/teams"] = paged([{"id": TEAM, "name": "Growth"}])
    account.instead[f"/teams/{TEAM}/websites"] = paged([site(0), {**WEBSITE, "id": "team-site", "name": "a team's"}])
    account.instead["/reports"] = lambda asked: paged(
        [
            {"id": f"r-{n}-{asked.params['websiteId']}", "websiteId": asked.params["websiteId"], "type": "goal"}
            | {"name": f"n{n}", "description": None, "parameters": {}, "updatedAt": None}
            for n in range(2)
        ]
    )(asked)
    for website in ("site-000", "site-001", "site-002", "team-site"):
        account.instead[f"/websites/{website}/segments"] = segments(website)
    return account


def segments(website: str) -> Any:
    return lambda asked: paged([{"id": f"{asked.params['type']}-{website}", "name": "Germany"}])(asked)


async def test_websites_are_own_ones_and_teams_ones_each_once() -> None:
    async with umami(holding()) as (source, server):
        table = await source.holds("websites")
        assert [row.key for row in table.rows] == ["site-000", "site-001", "site-002", "team-site"]
        assert table.record(table.rows[0]) == {"name": "Site 999", "domain": "shop.acme.example"}
        by_name = [website.name for website in await source.catalog.websites()]
    assert by_name == ["a team's", "Site 997", "Site 998", "Site 999"]
    assert server.to("/api/websites")[0].params["includeTeams"] == "true"


async def test_every_page_is_read_even_if_the_service_gives_shorter_ones() -> None:
    async with umami(holding(250, size=40)) as (source, server):
        assert len(await source.catalog.websites()) == 251
    assert [asked.params["page"] for asked in server.to("/api/websites")] == [str(n) for n in range(1, 8)]


async def test_a_count_that_promises_more_than_comes_is_no_shorter_list() -> None:
    account = holding()
    account.instead["/websites"] = lambda asked: Said(
        {"data": [site(1)] if asked.params["page"] == "1" else [], "count": 900, "page": 1, "pageSize": 100}
    )
    async with umami(account) as (source, server):
        with pytest.raises(SourceIncomplete, match=r"GET /websites: .* twice: 1 rows came of 900"):
            await source.catalog.websites()
        assert len(server.to("/api/websites")) == 4, "the empty page ends it, and it is read once more"


async def test_a_website_that_is_made_while_the_list_is_read_has_it_read_once_more() -> None:
    account, rows = holding(), [site(n) for n in range(90)]

    def page(asked: Asked) -> Said:
        if asked.params["page"] == "2" and len(rows) == 90:
            rows.insert(0, site(200))
        found: Said = paged(rows, 40)(asked)
        return found

    account.instead["/websites"] = page
    async with umami(account) as (source, _):
        assert len(await source.catalog.websites()) == 92, "with the team's own"


async def test_a_website_that_is_deleted_while_the_list_is_read_hides_no_other_one() -> None:
    account, rows = holding(), [site(n) for n in range(90)]

    def page(asked: Asked) -> Said:
        if asked.params["page"] == "2" and len(rows) == 90:
            rows.pop(3)
        found: Said = paged(rows, 40)(asked)
        return found

    account.instead["/websites"] = page
    async with umami(account) as (source, _):
        assert "site-040" in {website.id for website in await source.catalog.websites()}


async def test_reports_and_segments_name_their_website() -> None:
    async with umami(holding()) as (source, _):
        reports = await source.holds("reports")
        assert len(reports.rows) == 8
        assert reports.record(reports.by_key()["r-1-site-002"]) == {
            "type": "goal",
            "name": "n1",
            "website_id": "site-002",
            "website": "Site 997",
            "updated_at": None,
        }
        assert (await source.holds("segments")).rows[0].key == "segment-site-000"
        assert (await source.holds("cohorts")).rows[-1].key == "cohort-team-site"


async def test_a_word_for_nothing_that_is_held_lists_the_words_that_are() -> None:
    async with umami(Account()) as (source, _):
        with pytest.raises(RequestError, match="umami has no list 'pages'; there are: "):
            await source.holds("pages")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_of_another_shape_is_refused(kind: str) -> None:
    async def read(source: UmamiSource) -> None:
        await source.holds(kind)

    account = holding()
    account.instead["/websites"] = lambda _: Said([{"id": SITE}])
    async with umami(account) as (source, _):
        with pytest.raises(SourceShapeChanged, match=r"GET /websites: body: expected an object, found a list"):
            await read(source)


async def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_PAGES", 5)
    account = holding()
    account.instead["/websites"] = lambda asked: Said(
        {"data": [site(int(asked.params["page"]))], "count": 10**9, "page": 1, "pageSize": 1}
    )
    async with umami(account) as (source, _):
        with pytest.raises(SourceIncomplete, match="a list of more than 5 pages is too long to read"):
            await source.holds("websites")


async def test_a_list_that_ends_with_a_full_page_is_not_asked_for_another() -> None:
    async with umami(holding(80, size=40)) as (source, server):
        assert len(await source.catalog.websites()) == 81
    assert [asked.params["page"] for asked in server.to("/api/websites")] == ["1", "2"]


async def test_reports_of_one_type_can_be_asked_for() -> None:
    async with umami(holding()) as (source, server):
        found = await source.catalog.reports("site-000", "goal")
    assert [report.type for report in found] == ["goal", "goal"]
    assert [asked.params.get("type") for asked in server.to("/api/reports")] == ["goal"]
