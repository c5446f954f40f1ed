"""A hundred thousand deals of Pipedrive, read by cursor as they only can be: page after page."""

import json
import time
from collections.abc import Callable

import pytest

from tests.sources.pipedrive.account import DEALS, NOW, Account, asking, deal
from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.http import Http
from worker.sources.pipedrive import PipedriveTuning, open_source

ROWS, PAGE, ANSWERS_IN = 100_000, 500, 0.1
PAGES = ROWS // PAGE


def pages() -> list[bytes]:
    """Made once, so that both readings wait for the same server."""
    made = []
    for page in range(PAGES):
        rows = [deal(page * PAGE + n + 1) for n in range(PAGE)]
        more = str(page + 1) if page + 1 < PAGES else None
        made.append(json.dumps({"success": True, "data": rows, "additional_data": {"next_cursor": more}}).encode())
    return made


def serving(made: list[bytes], account: Account) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        if asked.path != DEALS:
            return account.answer(asked)
        return Said(made[int(asked.params.get("cursor", "0"))], after=ANSWERS_IN)

    return answer


async def bare(url: str) -> int:
    """What nobody can be faster than: ask, parse, ask for the next."""
    http = Http(url)
    rows = 0
    cursor: str | None = "0"
    try:
        while cursor is not None:
            answer = await http.send("GET", DEALS, params={"cursor": cursor})
            told = json.loads(answer.body)
            rows += len(told["data"])
            cursor = told["additional_data"]["next_cursor"]
    finally:
        await http.aclose()
    return rows


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_hundred_thousand_deals_take_hardly_longer_than_their_pages_and_say_how_far_they_are() -> None:
    made, said = pages(), list[int]()
    async with scripted(serving(made, Account())) as server:
        began = time.monotonic()
        assert await bare(server.url) == ROWS
        least = time.monotonic() - began
        source = open_source(
            {"base_url": server.url, "api_token": "t"},
            clock=lambda: NOW,
            tuning=PipedriveTuning(page=PAGE, progress=said.append),
        )
        try:
            began = time.monotonic()
            found = (await source.fetch(asking("deals", pipeline_id="1", status=["open"]))).snapshot
            took = time.monotonic() - began
        finally:
            await source.aclose()
    assert len(found.members) == ROWS
    assert said == sorted(said)
    assert said[-1] == ROWS
    assert len(said) >= PAGES
    assert took <= 1.1 * least, f"{took:.1f} s beside {least:.1f} s"
