"""Subscriptions to alerts through the API: the same words, records and refusals as on the command line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.in_process import SCHEDULE
from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope

RULES = """
alerts:
  - {id: big, for_each: deals, if: row.value >= 50000, labels: {team: north}}
"""
HERE = "/schedules/week/subscriptions"
ANN = {"channel": "mail", "address": "ann@acme.example"}


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        await made.project.deploy(SCHEDULE + RULES)
        yield made


async def test_alerts_are_subscribed_to_by_rule_and_by_label_shown_and_ended(served: ServedApi) -> None:
    asked = {**ANN, "alerts": ["big"], "alert_labels": ["team=north", "owner=~Ann.*"]}
    told = {"rules": ["big"], "labels": ['team="north"', 'owner=~"Ann.*"']}
    made = await served.post(HERE, {"entry": asked}, scope=TokenScope.SUBSCRIBE)
    assert (made.status_code, made.json()["alerts"]) == (201, told), made.text
    [listed] = [row for row in (await served.get("/subscriptions")).json() if row["address"] == ANN["address"]]
    assert (listed["alerts"], listed["source"]) == (told, "api")
    gone = await served.ask("DELETE", f"{HERE}/{listed['id']}", TokenScope.SUBSCRIBE)
    assert gone.json()["removed"] is True
    assert ANN["address"] not in [row["address"] for row in (await served.get("/subscriptions")).json()]


async def test_one_that_gets_digests_has_no_alerts(served: ServedApi) -> None:
    made = await served.post(HERE, {"entry": ANN})
    assert made.json()["alerts"] is None


@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"alerts": ["bgi"]}, 404, "alerts: week has no alert rule 'bgi'; it has big"),
        ({"alerts": "big"}, 422, "alerts: found 'big', expected a list of texts"),
        ({"alert_labels": ["team~north"]}, 422, "'team~north' is not a matcher; write NAME=VALUE"),
        ({"alert_labels": ["team=~("]}, 422, "the regular expression cannot be read"),
    ],
)
async def test_what_names_no_rule_and_no_label_is_refused(
    served: ServedApi, wrong: dict[str, object], status: int, sentence: str
) -> None:
    refused = await served.post(HERE, {"entry": {**ANN, **wrong}})
    assert refused.status_code == status
    assert sentence in refused.json()["detail"]
