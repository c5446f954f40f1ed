"""Two hundred schedules due at once on three accounts with the services' real limits, and four worker processes."""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.installation import SHORT, Installation, installation
from worker.domain.run import CLOSED, Run, RunState
from worker.flow.operate.on_demand import request, run_here
from worker.flow.services import Services
from worker.sandbox.cast import MAIN, USERS
from worker.sandbox.limits import Dialect
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import API_KEY, WEBSITE
from worker.settings import Settings

pytestmark = pytest.mark.alone

SCHEDULES = 200
DEALS = 450
WITHIN = 300
"""Seconds. An idle machine of two processors needs about 24."""
WINDOWS = ("yesterday", "last-week", "this-week", "last-month", "this-month", "last-quarter", "last-year")
TIMES = Settings(tick=SHORT.tick, retry_fetch=1.0)
PROJECT = """
project: acme
connections:
  close: {{type: close, base_url: "{close}", api_key: api_sandbox}}
  pipedrive: {{type: sandbox-pipedrive}}
  umami: {{type: umami, base_url: "{umami}/v1", api_key: "{key}"}}
channels:
  mail: {{type: sandbox}}
  chat: {{type: sandbox}}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
"""
Item = dict[str, Any]


def _close() -> list[Item]:
    lists: list[Item] = [
        {"pipeline": MAIN, "status_type": "active"},
        {"pipeline": MAIN, "status_type": "active", "is_stalled": True},
        *({"pipeline": MAIN, "status_type": "active", "user_id": user.id} for user in USERS[:4]),
    ]
    funnels: list[Item] = [
        {"query": query, "window": window, "params": {"pipeline": MAIN, "type": "active-stage-cohort"}}
        for query in ("funnel_totals", "funnel_stages")
        for window in WINDOWS
    ]
    compared = [{**funnel, "compare": "previous"} for funnel in funnels if funnel["window"].startswith("last-")]
    return [{"query": "opportunities", "params": params} for params in lists] + funnels + compared


def _pipedrive() -> list[Item]:
    statistics = [
        {"query": query, "window": window, "params": {"id": 1}}
        for query in ("conversion", "movements")
        for window in WINDOWS
    ]
    lists = [{"query": "deals", "params": {"pipeline_id": 1, "status": status}} for status in ("open", "won", "lost")]
    sums = [{"query": "deals_summary", "params": {"status": status}} for status in ("open", "won", "lost")]
    return statistics + lists + sums


def _umami() -> list[Item]:
    steps = ["path:/pricing", "event:signup", "event:purchase"]
    funnels = [
        {"query": "funnel", "params": {"websiteId": WEBSITE, "window": f"{minutes}m", "steps": steps}}
        for minutes in (10, 20, 30, 45, 60, 90)
    ]
    plain = [{"query": "stats", "params": {"websiteId": WEBSITE}}]
    return [{**item, "window": window} for item in plain + funnels for window in WINDOWS]


POOLS = {"close": _close(), "pipedrive": _pipedrive(), "umami": _umami()}


def reports() -> list[list[Item]]:
    """Two or three queries each, dealt out so that every query is asked for more than once."""
    made = []
    for number in range(SCHEDULES):
        source = list(POOLS)[number % 3]
        pool = POOLS[source]
        turn = number // 3
        chosen = {(turn * 2 + extra * 7) % len(pool) for extra in range(2 + number % 2)}
        made.append([{"id": f"q{at}", "source": source, **pool[at]} for at in sorted(chosen)])
    return made


def distinct(all_reports: list[list[Item]]) -> set[tuple[str, str, str, str]]:
    """(connection, query, parameters, window), from the definitions alone: zone and slot are the same for all, so that
    a window is its name. A comparison is a window of its own.
    """
    found = set()
    for item in (item for report in all_reports for item in report):
        key = (item["source"], item["query"], json.dumps(item["params"], sort_keys=True))
        found.add((*key, item.get("window", "")))
        if "compare" in item:
            found.add((*key, f"before {item['window']}"))
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    pipeline = PipelineSimulation.big(DEALS, now=datetime.now(UTC))
    with installation(tmp_path_factory.mktemp("nine"), pipeline, workers=2, times=TIMES) as everything:
        everything.box.call(_limited)
        yield everything


def _limited(box: Sandbox) -> None:
    """What the services allow the smallest plans: https://developer.close.com/topics/rate-limits/ names 20 a second as
    an example, Pipedrive's Lite has 20 in two seconds and 30,000 tokens a day, Umami Cloud 50 in 15 seconds.
    """
    box.front.latency = 0.05
    box.close.limit.set(20, 1, Dialect.DOCUMENTED)
    box.pipedrive.limit.set(20, 2.0, 30_000)


def deploy(here: Installation, all_reports: list[list[Item]], at: datetime) -> None:
    close, umami = here.box.call(lambda box: (box.close_url, box.umami_url))
    (here.place / "funnelbeat.yaml").write_text(PROJECT.format(close=close, umami=umami, key=API_KEY))
    for number, report in enumerate(all_reports):
        items = [{**item, "share_for": "30m"} for item in report]
        definition = {
            "when": {"every": "23h"},
            "start": at.isoformat(),
            "within": f"{WITHIN}s",
            "report": items,
            "digest": {"send": "always"},
            "to": [{"id": "team", "channel": "mail", "address": f"team-{number}@acme.example"}],
        }
        here.write(f"n{number:03}", json.dumps(definition))  # JSON is YAML
    here.deploy()


def ask_in_between(here: Installation) -> tuple[Run, int, float]:
    """As `funnelbeat run` does, in a process of its own kind: this one. Also how many of the scheduled runs were closed
    by then, and the seconds that it took.
    """

    async def asked(services: Services) -> tuple[Run, int, float]:
        began = time.monotonic()
        key = await request(services, "asked", None, None)
        await run_here(services, key)
        run = await services.lookups.run(key)
        assert run is not None
        others = await services.lookups.runs(None, SCHEDULES + 10)
        closed = sum(one.trigger == "every" and one.state in CLOSED for one in others)
        return run, closed, time.monotonic() - began

    return here.ask(asked)


def all_closed(here: Installation, at: datetime) -> list[Run] | None:
    async def look(services: Services) -> list[Run]:
        return [run for run in await services.lookups.runs(None, SCHEDULES + 10) if run.trigger == "every"]

    runs = [run for run in here.ask(look) if run.key.slot >= at]
    return runs if len(runs) == SCHEDULES and all(run.state in CLOSED for run in runs) else None


def served(here: Installation) -> list[tuple[str, int]]:
    return here.box.call(lambda box: [(s.route, s.status) for s in box.log if not s.route.startswith("POST /slack")])


def pages(here: Installation, params: Item) -> int:
    """Pages of a hundred of one of Close's lists, by what the pipeline holds."""
    deals = here.box.call(lambda box: box.pipeline.open_deals())
    kept = [
        d for d in deals if params.get("user_id") in (None, d.owner) and d.stalled >= params.get("is_stalled", False)
    ]
    return max(1, math.ceil(len(kept) / 100))


@pytest.mark.slow
def test_two_hundred_schedules_at_nine(here: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    all_reports = reports()
    at = (datetime.now(UTC) + timedelta(seconds=6)).replace(microsecond=0)
    deploy(here, all_reports, at)
    here.box.call(lambda box: box.log.clear())
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds() + 1.0))
    wanted, before_it, waited = ask_in_between(here)
    own = 5  # the pages of the list that was asked for in between; nobody else may be served by it, nor it by them
    runs = here.until(lambda: all_closed(here, at), seconds=WITHIN + 20)

    states = Counter(run.state for run in runs)
    assert states == {RunState.DELIVERED: SCHEDULES}, [run.sentence for run in runs if run.state != RunState.DELIVERED]
    assert [run.key for run in runs if run.gaps] == []
    latest = max(run.closed_at for run in runs if run.closed_at is not None)
    assert latest <= at + timedelta(seconds=WITHIN)

    requests = served(here)
    assert [route for route, status in requests if status == 429] == []
    asked = distinct(all_reports)
    lists = sum(pages(here, json.loads(params)) for _, query, params, _ in asked if query == "opportunities")
    counted = Counter(route for route, _ in requests)
    by_kind = {
        "opportunities": (lists + own, "GET /close/api/v1/opportunity/"),
        "funnel_totals": (None, "POST /close/api/v1/report/funnel/opportunity/totals/"),
        "funnel_stages": (None, "POST /close/api/v1/report/funnel/opportunity/stages/"),
        "conversion": (None, "conversion_statistics"),
        "movements": (None, "movement_statistics"),
        "deals": (None, "GET /pipedrive/api/v2/deals"),
        "deals_summary": (None, "/deals/summary"),
        "stats": (None, "/stats"),
        "funnel": (None, "/reports/funnel"),
    }
    for query, (most, route) in by_kind.items():
        allowed = most or len([one for one in asked if one[1] == query])
        sent = sum(count for name, count in counted.items() if name.endswith(route))
        assert 0 < sent <= allowed, f"{query}: {sent} fetches of {allowed} distinct"

    assert wanted.state is RunState.DELIVERED
    assert before_it < SCHEDULES / 2, "somebody who asks in the middle of it waited behind the others"
    with capsys.disabled():
        told: dict[str, float] = {
            "distinct": len(asked),
            "items": sum(map(len, all_reports)),
            "requests": len(requests),
        }
        told |= {
            "seconds": round((latest - at).total_seconds(), 1),
            "on_demand": round(waited, 1),
            "before_it": before_it,
        }
        sys.stdout.write(f" {json.dumps(told)} ")
