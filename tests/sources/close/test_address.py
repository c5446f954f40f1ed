"""Where the API is: on Close's own host below /api/v1. What holds of every address is tested with the definitions."""

from pathlib import Path

import pytest

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.plugins import CHANNEL_TYPES
from worker.sources.close import CLOSE

PROJECT = 'project: acme\nconnections: {{close: {{type: close, base_url: "{url}", api_key: "${{KEY}}"}}}}\n'


def loading(place: Path, url: str) -> Loaded:
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT.format(url=url), "utf-8")
    return load(place, Registry({"close": CLOSE}, CHANNEL_TYPES, CelExpressions(), PublicHolidays()), {"KEY": "z"})


@pytest.mark.parametrize("url", ["https://api.close.com", "https://API.close.com/", "https://app.close.com/api/v2"])
def test_closes_own_host_without_the_path_of_its_api_is_refused(tmp_path: Path, url: str) -> None:
    (complaint,) = loading(tmp_path, url).complaints
    assert "`base_url` without /api/v1; write https://api.close.com/api/v1, or leave it out" in str(complaint)


@pytest.mark.parametrize(
    "url", ["https://api.close.com/api/v1", "https://api.close.com/api/v1/", "https://close.com.acme.example"]
)
def test_the_api_itself_and_a_proxy_of_ones_own_are_taken(tmp_path: Path, url: str) -> None:
    assert loading(tmp_path, url).complaints == ()
