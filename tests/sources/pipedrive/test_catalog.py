"""What an account holds, and the pipelines that people may make, change and delete."""

import pytest

from tests.sources.pipedrive.account import Account, pipedrive
from tests.support.scripted_http import Said, Scripted
from worker.errors import RequestError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.sources.pipedrive import PipedriveSource
from worker.sources.pipedrive.catalog import KINDS, create_pipeline, delete_pipeline, holds, update_pipeline

MADE = {"id": 9, "name": "Partners", "order_nr": 3, "is_deleted": False, "is_deal_probability_enabled": True}


def writing(status: int = 200, body: object = MADE) -> Account:
    account = Account()
    said = Said({"success": True, "data": body} if status == 200 else body, status)
    account.instead = {"/api/v2/pipelines": lambda _: said, "/api/v2/pipelines/9": lambda _: said}
    return account


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_is_a_table_by_id(kind: str) -> None:
    account = Account()
    account.v1 = {
        "/api/v1/currencies": {"data": [{"id": 1, "code": "EUR", "name": "Euro", "decimal_points": 2}]},
        "/api/v1/filters": {"data": [{"id": 1, "name": "Large\u202e", "type": "deals"}]},
        "/api/v1/webhooks": {"data": None},
    }
    async with pipedrive(account) as (source, _):
        found = await holds(source.client, kind)
    assert found.id == kind
    assert [column.name for column in found.columns] == list(KINDS[kind][1])
    assert len(found.rows) == {"pipelines": 2, "stages": 3, "users": 3, "webhooks": 0}.get(kind, 1)


async def test_a_kind_that_is_none_is_refused_with_those_that_are() -> None:
    async with pipedrive(Account()) as (source, _):
        with pytest.raises(RequestError, match=r"pipedrive has no list 'secrets'; .*pipelines"):
            await holds(source.client, "secrets")


async def test_a_pipeline_is_made_changed_and_deleted() -> None:
    async with pipedrive(writing()) as (source, server):
        made = await create_pipeline(source.client, "Partners", is_deal_probability_enabled=True)
        await create_pipeline(source.client, "Plain")
        await update_pipeline(source.client, "9", name="Allies")
        await update_pipeline(source.client, "9", is_deal_probability_enabled=False)
        server.script = lambda _: Said({"success": True, "data": {"id": 9}})
        await delete_pipeline(source.client, "9")
        asked = [(a.method, a.path, a.json if a.body else None) for a in server.asked]
    assert [row.key for row in made.rows] == ["9"]
    assert asked == [
        ("POST", "/api/v2/pipelines", {"name": "Partners", "is_deal_probability_enabled": True}),
        ("POST", "/api/v2/pipelines", {"name": "Plain"}),
        ("PATCH", "/api/v2/pipelines/9", {"name": "Allies"}),
        ("PATCH", "/api/v2/pipelines/9", {"is_deal_probability_enabled": False}),
        ("DELETE", "/api/v2/pipelines/9", None),
    ]


async def attempted(source: PipedriveSource, server: Scripted) -> int:
    with pytest.raises(SourceUnavailable):
        await create_pipeline(source.client, "Partners")
    return len(server.asked)


async def test_a_write_whose_answer_was_lost_is_not_repeated() -> None:
    async with pipedrive(writing(500, b"")) as (source, server):
        assert await attempted(source, server) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "two\nlines"])
async def test_a_name_that_cannot_be_is_refused_before_it_is_sent(name: str) -> None:
    async with pipedrive(writing()) as (source, server):
        with pytest.raises(RequestError, match="a pipeline's name"):
            await create_pipeline(source.client, name)
        with pytest.raises(RequestError, match="a pipeline's name"):
            await update_pipeline(source.client, "9", name=name)
        assert server.asked == []


async def test_nothing_to_change_and_an_id_that_is_none_are_refused() -> None:
    async with pipedrive(writing()) as (source, _):
        with pytest.raises(RequestError, match="nothing to change"):
            await update_pipeline(source.client, "9")
        for wrong in ("", "../users", "9/..", "٩"):
            with pytest.raises(RequestError, match="a pipeline's id: expected digits"):
                await delete_pipeline(source.client, wrong)


async def test_a_token_without_the_right_is_told_so() -> None:
    async with pipedrive(writing(403, {"success": False, "error": "Scope and URL mismatch"})) as (source, _):
        with pytest.raises(SourceRefused, match="no right to this"):
            await delete_pipeline(source.client, "9")


async def test_another_pipelines_end_is_not_taken_for_this_ones() -> None:
    async with pipedrive(writing(200, {"id": 8})) as (source, _):
        with pytest.raises(SourceShapeChanged, match=r"data\.id: expected 9, found 8"):
            await delete_pipeline(source.client, "9")


async def test_currencies_say_which_are_made_up_and_by_what_they_are_called() -> None:
    account = Account()
    made_up = {"id": 5, "code": "6_2", "name": "Seats", "decimal_points": 0, "symbol": "seats", "is_custom_flag": True}
    account.v1["/api/v1/currencies"] = {"data": [made_up]}
    async with pipedrive(account) as (source, _):
        (row,) = (found := await source.holds("currencies")).rows
    assert found.record(row) == {
        "code": "6_2",
        "name": "Seats",
        "symbol": "seats",
        "decimal_points": 0,
        "is_custom_flag": True,
        "active_flag": None,
    }


async def test_a_name_of_digits_is_said_to_want_quotes() -> None:
    async with pipedrive(Account()) as (source, _):
        with pytest.raises(RequestError, match="""name: expected text; write name='"2026"' for a text of digits"""):
            await source.apply("pipelines", "create", "", {"name": 2026})
