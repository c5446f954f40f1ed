"""Alerts through the API: what fires and why, what keeps it quiet, and what a rule would have told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import SCHEDULE
from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.documents.major_units import in_major_units
from worker.domain.access import TokenScope

READ, TRIGGER, SUBSCRIBE, MANAGE = TokenScope
WATCHED = f"""{SCHEDULE}
alerts:
  - {{id: big, for_each: deals, if: row.value >= 20000, notify: [team]}}
"""
WEEK = (datetime.now(UTC) + timedelta(days=7)).isoformat(timespec="seconds")


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        await made.project.deploy(WATCHED)
        await made.project.run()
        yield made


async def first(served: ServedApi) -> str:
    return str((await served.get("/alerts?limit=1", scope=READ)).json()["items"][0]["fingerprint"])


async def test_alerts_are_read_in_pages_with_amounts_in_major_units(served: ServedApi) -> None:
    whole = (await served.get("/alerts?limit=200", scope=READ)).json()
    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await served.get("/alerts", params={"limit": 2, "cursor": cursor})).json()
        seen, cursor = [*seen, *page["items"]], page["next"]
    assert seen == whole["items"]
    assert len(seen) > 2
    assert all(Decimal(one["subject"]["amount"]["money"]["amount"]) >= 20000 for one in seen)
    one = (await served.get(f"/alerts/{seen[0]['fingerprint'][:8]}")).json()
    assert one == seen[0]
    owner = seen[0]["labels"]["owner"]
    mine = await served.get("/alerts", params={"match": [f'owner="{owner}"', "rule=big"]})
    assert {row["labels"]["owner"] for row in mine.json()["items"]} == {owner}
    assert (await served.get("/alerts?match=nonsense")).status_code == 422
    lost = await served.get("/alerts?cursor=gone")
    assert (lost.status_code, lost.json()["reason"]) == (404, "not_found")
    assert (await served.get("/alerts/none-such")).status_code == 404


def test_amounts_have_the_decimals_of_their_currency() -> None:
    given = [{"a": {"amount": -5, "currency": "EUR", "digits": 2}}, {"amount": 7, "currency": "JPY", "digits": 0}]
    assert in_major_units(given) == [
        {"a": {"amount": "-0.05", "currency": "EUR"}},
        {"amount": "7", "currency": "JPY"},
    ]


async def test_an_alert_is_acknowledged_and_the_acknowledgement_taken_back(served: ServedApi) -> None:
    name = await first(served)
    done = (await served.post(f"/alerts/{name}/ack", {"comment": "known"})).json()
    assert (done["acknowledged"]["by"], done["acknowledged"]["comment"]) == ("manage", "known")
    back = (await served.post(f"/alerts/{name}/unack")).json()
    assert (back["acknowledged"], back["was_acknowledged"]) == (None, True)
    assert (await served.post(f"/alerts/{name}/unack")).json()["was_acknowledged"] is False
    for scope in (READ, TRIGGER, SUBSCRIBE):
        assert (await served.post(f"/alerts/{name}/ack", scope=scope)).status_code == 403


async def test_an_alert_that_ends_while_it_is_acknowledged(served: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is answered as done; after that, it is not there."""
    name, alerts = await first(served), served.project.services.alerts
    done, memory = alerts.acknowledge, alerts.memory

    async def none(schedule: str) -> Any:
        return replace(await memory(schedule), states={})

    async def then_it_ends(*given: Any) -> None:
        await done(*given)
        monkeypatch.setattr(alerts, "memory", none)

    monkeypatch.setattr(alerts, "acknowledge", then_it_ends)
    answer = await served.post(f"/alerts/{name}/ack", {"comment": "known"})
    assert (answer.status_code, answer.json()["acknowledged"]["comment"]) == (200, "known")
    over = await served.post(f"/alerts/{name}/ack", {"comment": "known"})
    assert (over.status_code, over.json()["reason"]) == (404, "not_found")


async def test_a_silence_is_seen_before_it_is_made_and_ends_when_somebody_ends_it(served: ServedApi) -> None:
    wanted = {"matchers": ["rule=big"]}
    mutes = (await served.post("/silences/preview", wanted, scope=READ)).json()["mutes"]
    assert (await served.get("/silences", scope=READ)).json() == []
    slip = (await served.post("/silences/preview", {"matchers": ["rule=bigg"]}, scope=READ)).json()
    assert (slip["mutes"], slip["warnings"][0].startswith("no deployed rule is called 'bigg'")) == ([], True)
    made = await served.post("/silences", {**wanted, "until": WEEK, "comment": "a fair"})
    silence = made.json()
    assert made.status_code == 201
    assert [row["fingerprint"] for row in silence["mutes"]] == [row["fingerprint"] for row in mutes]
    assert (await served.get("/alerts")).json()["items"][0]["quiet"]["silence"] == silence["id"]
    [listed] = (await served.get("/silences")).json()
    assert (listed["id"], listed["by"], listed["snooze"]) == (silence["id"], "manage", False)
    over = await served.ask("DELETE", f"/silences/{silence['id']}")
    assert over.json()["id"] == silence["id"]
    assert (await served.get("/silences")).json() == []
    assert [one["id"] for one in (await served.get("/silences?ended=true")).json()] == [silence["id"]]
    assert (await served.ask("DELETE", f"/silences/{silence['id']}")).status_code == 404
    for body in ({**wanted, "until": WEEK}, {"matchers": [], "until": WEEK, "comment": "x"}):
        assert (await served.post("/silences", body)).status_code == 422


async def test_a_snooze_keeps_one_alert_quiet(served: ServedApi) -> None:
    name = await first(served)
    made = await served.post(f"/alerts/{name}/snooze", {"until": WEEK})
    assert (made.status_code, made.json()["snooze"], len(made.json()["mutes"])) == (201, True, 1)
    quiet = [row["quiet"] for row in (await served.get("/alerts?limit=200")).json()["items"]]
    assert sum(one is not None for one in quiet) == 1
    past = await served.post(f"/alerts/{name}/snooze", {"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, "has passed" in past.json()["detail"]) == (422, True)


async def test_a_rule_says_why_each_subject_fires_or_not(served: ServedApi) -> None:
    name = await first(served)
    found = (await served.get("/rules/week/big/explain?limit=2", scope=READ)).json()
    standings = {one["standing"] for one in found["subjects"]}
    assert {"firing", "quiet"} <= standings
    assert (found["judged"], found["more"]) == (40, 40 - len(found["subjects"]))
    [one] = (await served.get(f"/rules/big/explain?subject={name}")).json()["subjects"]
    assert one["alert"]["fingerprint"] == name
    assert one["clauses"][0]["operands"][0]["money"]["currency"]
    assert (await served.get("/rules/none/explain")).status_code == 404
    told = (await served.get("/runs/week@latest/explain", scope=READ)).json()["alerts"]
    assert told["balance"]["even"] is True
    assert [rule["rule"] for rule in told["rules"]] == ["big"]


async def test_a_back_test_finds_what_the_rule_told(served: ServedApi) -> None:
    told = {row["fingerprint"] for row in (await served.get("/alerts?limit=200")).json()["items"]}
    found = (await served.get("/rules/week/big/backtest?days=7", scope=READ)).json()
    assert {one["fingerprint"] for one in found["findings"]} == told
    assert (found["runs"], found["gaps"]) == (1, [])
    assert (await served.get("/rules/week/big/backtest?days=0")).status_code == 422
