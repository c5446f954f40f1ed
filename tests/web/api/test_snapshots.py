"""Stored answers through the API, and what moved between two runs: JSON and CSV, in pages."""

import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope

READ, TRIGGER, SUBSCRIBE, MANAGE = TokenScope
DEALS = "/runs/week@latest/snapshots/deals/opportunities"


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        await made.project.run()
        made.project.step()
        await made.project.run()
        yield made


def lines_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_the_answers_of_a_run_are_listed_with_their_tables(served: ServedApi) -> None:
    found = (await served.get("/runs/week@latest/snapshots", scope=READ)).json()
    assert [one["query"] for one in found["answers"]] == ["deals", "stalled"]
    deals = found["answers"][0]
    table = next(one for one in deals["tables"] if one["table"] == "opportunities")
    assert table["rows"] == table["total"]
    assert {"name": "value", "kind": "money"} in table["columns"]
    assert deals["window"] is None


async def test_rows_are_read_in_pages_and_each_comes_once(served: ServedApi) -> None:
    whole = (await served.get(DEALS, scope=READ)).json()
    assert whole["next"] is None
    seen: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        answer = await served.get(DEALS, params={"limit": 15, "cursor": page["next"]})
        page = answer.json()
        seen += page["items"]
        assert ("link" in answer.headers) == (page["next"] is not None)
    assert seen == whole["items"]
    row = next(one for one in seen if one["cells"]["value"])
    assert set(row["cells"]["value"]) == {"amount", "currency"}
    assert Decimal(row["cells"]["value"]["amount"]).as_tuple().exponent == -2
    gone = await served.get(DEALS, params={"limit": 15, "cursor": f"{seen[14]['key']}~"})
    assert gone.json()["items"] == seen[15:30], "a cursor whose row is gone goes on where it was"


async def test_rows_as_csv_are_the_same_and_nothing_of_them_runs_in_a_spreadsheet(served: ServedApi) -> None:
    rows = (await served.get(DEALS)).json()["items"]
    first = await served.get(DEALS, params={"format": "csv", "limit": 15}, scope=READ)
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    rest = await served.get(f"{DEALS}{following.replace('limit=15', 'limit=1000')}")
    found = [*lines_of(first), *lines_of(rest)]
    assert [row["id"] for row in found] == [row["key"] for row in rows]
    assert [row["value"] for row in found] == [
        row["cells"]["value"]["amount"] if row["cells"]["value"] else "" for row in rows
    ]
    assert not any(cell.startswith(("=", "+", "@", "-")) for row in found for cell in (row["title"], row["lead"]))


async def test_what_moved_between_two_runs_is_the_bridge_of_the_newer_one(served: ServedApi) -> None:
    run = (await served.get("/runs/week@latest")).json()
    found = (await served.get("/runs/week@latest/diff?against=week@-1", scope=READ)).json()
    backwards = (await served.get("/runs/week@-1/diff?against=week@latest")).json()
    assert found == backwards
    deals = found["queries"][0]
    assert (deals["query"], deals["not_compared"], deals["more"]) == ("deals", None, 0)
    assert deals["bridge"]["EUR"] == run["bridge"]["EUR"]
    few = (await served.get("/runs/week@latest/diff?against=week@-1&limit=1")).json()["queries"][0]
    assert few["changes"] == deals["changes"][:1]
    assert few["more"] == len(deals["changes"]) - 1
    rows = lines_of(await served.get("/runs/week@latest/diff?against=week@-1&format=csv&limit=1"))
    assert len([row for row in rows if row["query"] == "deals"]) == len(deals["changes"])


async def test_bridges_add_up_as_json_and_as_csv(served: ServedApi) -> None:
    found = (await served.get("/runs/week@latest/bridges?against=week@-1", scope=READ)).json()
    assert [one["query"] for one in found["queries"]] == ["deals", "stalled"]
    for query in found["queries"]:
        rows = lines_of(await served.get("/runs/week@latest/bridges?against=week@-1&format=csv"))
        for currency, terms in query["bridge"].items():
            mine = [row for row in rows if (row["query"], row["currency"]) == (query["query"], currency)]
            assert {row["class"]: row["amount"] for row in mine} == {k: v["amount"] for k, v in terms.items()}
            total = sum(int(row["sign"]) * Decimal(row["amount"]) for row in mine)
            assert total == Decimal(terms["closing"]["amount"])


async def test_what_is_not_there_is_said(served: ServedApi) -> None:
    for path, words in (
        ("/runs/week@latest/snapshots/none/opportunities", "it has answers to: deals, stalled"),
        ("/runs/week@latest/snapshots/deals/none", "has no table 'none'; it has"),
        ("/runs/week@latest/snapshots/deals:compared/opportunities", "it has deals"),
        ("/runs/week@latest/diff?against=none@latest", "no schedule 'none' is deployed; deployed are: "),
    ):
        answer = await served.get(path)
        assert (answer.status_code, words in answer.json()["detail"]) == (404, True), answer.text
    twice = await served.get("/runs/week@latest/diff?against=week@latest")
    assert (twice.status_code, "given twice" in twice.json()["detail"]) == (422, True)
    for scope in (TRIGGER, SUBSCRIBE):
        assert (await served.get(DEALS, scope=scope)).status_code == 403


async def test_a_forgotten_row_is_in_no_answer_any_more(served: ServedApi) -> None:
    rows = (await served.get(DEALS)).json()["items"]
    assert (await served.post("/forget", {"what": rows[0]["key"]})).status_code == 200
    assert (await served.get(DEALS)).json()["items"] == rows[1:]
