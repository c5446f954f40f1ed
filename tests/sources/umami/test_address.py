"""Where Umami is and with which key it is asked: its cloud, a server of one's own with an account, or with a key."""

from pathlib import Path

import pytest

from tests.sources.umami.account import KEY, QUICK, SITE, Account, Clock, question
from tests.sources.umami.test_rules import loading
from tests.support.scripted_http import Asked, scripted
from worker.domain.time.window import Window
from worker.sources.umami import UmamiSource, open_source


async def asked_with(ending: str) -> tuple[UmamiSource, list[Asked]]:
    async with scripted(Account().answer) as server:
        source = open_source({"base_url": f"{server.url}{ending}", "api_key": KEY}, clock=Clock(), tuning=QUICK)
        await source.fetch(question("goal"))
        await source.aclose()
    return source, server.asked


@pytest.mark.parametrize(
    ("ending", "path"),
    [
        ("", "/api/reports/goal"),
        ("/", "/api/reports/goal"),
        ("/api", "/api/reports/goal"),
        ("/v1", "/v1/reports/goal"),
        ("/v1/", "/v1/reports/goal"),
        ("/v1/eu", "/v1/eu/reports/goal"),
    ],
)
async def test_a_key_is_used_below_api_unless_the_address_is_that_of_the_cloud(ending: str, path: str) -> None:
    _, asked = await asked_with(ending)
    assert asked[-1].path == path


@pytest.mark.parametrize("ending", ["", "/v1"])
async def test_a_key_travels_in_both_headers(ending: str) -> None:
    """The cloud reads one, a server of one's own the other."""
    _, asked = await asked_with(ending)
    assert {(each.headers["authorization"], each.headers["x-umami-api-key"]) for each in asked} == {
        (f"Bearer {KEY}", KEY)
    }


async def test_a_server_of_ones_own_has_neither_the_clouds_limit_nor_its_six_months(long_ago: Window) -> None:
    async with scripted(Account().answer) as server:
        own = open_source({"base_url": server.url, "api_key": KEY}, clock=Clock())
        cloud = open_source({"base_url": f"{server.url}/v1", "api_key": KEY}, clock=Clock())
        notes = [(await source.fetch(question("goal", over=long_ago))).snapshot.notes for source in (own, cloud)]
        limits = [source._client._pace._window for source in (own, cloud)]
        for source in (own, cloud):
            await source.aclose()
    assert notes == [(), ("without a subscription Umami Cloud counts the last six months only",)]
    assert limits == [(0, 15.0), (45, 15.0)]


@pytest.fixture
def long_ago() -> Window:
    week = question("goal").window
    assert week is not None
    return Window(week.start.replace(year=2025), week.end, week.zone, "x")


@pytest.mark.parametrize(
    "base_url",
    [
        "stats.acme.example",
        "ftp://stats.acme.example",
        "file:///etc/passwd",
        "https://me:secret@stats.acme.example",
        "https://stats.acme.example?site=1",
        "https://stats.acme.example/#top",
    ],
)
def test_check_refuses_an_address_that_cannot_be_used_without_repeating_it(tmp_path: Path, base_url: str) -> None:
    options = f'base_url: "{base_url}", username: digest, password: "${{UMAMI}}"'
    (found,) = loading(tmp_path, "utm", f"{{websiteId: {SITE}}}", options=options).complaints
    assert str(found).startswith("funnelbeat.yaml:")
    assert "`base_url` with " in str(found)
    assert "secret" not in str(found)
