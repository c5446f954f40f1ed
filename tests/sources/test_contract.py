"""What every source owes when its service fails: one clear sentence, a named gap, and a baseline that stays.

Each trouble goes through a whole run: real Redis, a real socket, and a second connection that works meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from tests.sources.close import account as close_account
from tests.sources.pipedrive import account as pipedrive_account
from tests.sources.umami import account as umami_account
from tests.support.in_process import InProcessRun, in_process_run
from tests.support.scripted_http import Asked, Said, Script, scripted
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState
from worker.domain.run import Run
from worker.domain.schedule import Bundle
from worker.domain.snapshot.snapshot import GapReason
from worker.flow.run.readers import is_notice
from worker.plugins import CONNECTIONS, wants_sandbox
from worker.ports import Connectors, Source
from worker.sandbox.close_api import API_KEY, ROOT, CloseApi
from worker.sandbox.close_dialect import CloseDialect
from worker.sandbox.events import Created
from worker.sandbox.pipeline import PipelineSimulation
from worker.sources import close, pipedrive, umami
from worker.sources.common.calls import Retries

RETRIES = Retries(tries=2, pause=0.001, cap=0.01)
HTML = {"content-type": "text/html"}
PAGE = b"<!doctype html><title>Oops</title><h1>Something is not right</h1>"


@dataclass(frozen=True)
class Case:
    """`path`: the request that is troubled; the others work. `secret` must show nowhere."""

    answer: Script
    open: Callable[[str], Source]
    path: str
    query: str
    secret: str


def utc_now() -> datetime:
    return datetime.now(UTC)


def close_case() -> Case:
    def opened(url: str) -> Source:
        tuning = close.CloseTuning(timeout=0.25, retries=RETRIES)
        return close.open_source({"base_url": url, "api_key": close_account.KEY}, clock=utc_now, tuning=tuning)

    account = close_account.Account([close_account.deal("oppo_1")])
    query = "{id: troubled, source: held, query: opportunities, params: {status_type: active}}"
    return Case(account.answer, opened, "/opportunity/", query, close_account.KEY)


def stand_in_case(dialect: CloseDialect) -> Case:
    """The simulated account of Close, in one of the two ways to treat what a client gets wrong."""
    api = CloseApi(PipelineSimulation(1, utc_now(), history=False), utc_now)
    api.dialect = dialect
    api.pipeline.apply(Created(at=utc_now(), deal="oppo_1", start=replace(api.pipeline.draft(utc_now()), id="oppo_1")))
    transport = ASGITransport(Starlette(routes=api.routes()))

    async def answer(asked: Asked) -> Said:
        async with AsyncClient(transport=transport, base_url=f"http://stand-in{ROOT}", auth=(API_KEY, "")) as client:
            said = await client.request(asked.method, asked.path, params=dict(asked.params), content=asked.body)
        return Said(said.content, said.status_code)

    return replace(close_case(), answer=answer)


def pipedrive_case() -> Case:
    def opened(url: str) -> Source:
        tuning = pipedrive.PipedriveTuning(timeout=0.25, retries=RETRIES)
        options = {"base_url": url, "api_token": pipedrive_account.TOKEN}
        return pipedrive.open_source(options, clock=utc_now, tuning=tuning)

    account = pipedrive_account.Account([pipedrive_account.deal(1)])
    query = "{id: troubled, source: held, query: deals, params: {pipeline_id: 1, status: open}}"
    return Case(account.answer, opened, pipedrive_account.DEALS, query, pipedrive_account.TOKEN)


def odd_case() -> Case:
    """Pipedrive with what live accounts hold: a currency of the company's own, a deleted stage, zeros and nulls."""
    deals = [
        pipedrive_account.deal(1, currency="6_2", owner_id=0, probability=12.5),
        pipedrive_account.deal(2, stage_id=9, update_time="0000-00-00 00:00:00", custom_fields=None, is_archived=None),
        pipedrive_account.deal(3, currency="9_9"),
    ]
    account = pipedrive_account.Account(deals)
    made_up = {"id": 5, "code": "6_2", "name": "Seats", "decimal_points": 0, "symbol": "seats", "is_custom_flag": True}
    gone = {**pipedrive_account.stage(9, "Dropped", 0, 1), "is_deleted": True}
    account.v1 = {
        "/api/v1/currencies": {"data": [made_up]},
        "/api/v2/stages": {"data": [gone, *pipedrive_account.STAGES], "additional_data": {"next_cursor": None}},
    }
    return replace(pipedrive_case(), answer=account.answer)


def moved_case() -> Case:
    """Umami as it may be one day: its reports are below their website alone, and /reports is no path any more."""
    account = umami_account.Account()
    account.instead["/reports/goal"] = lambda _: Said(PAGE, 404, HTML)
    path = f"/websites/{umami_account.SITE}/goals/stats"
    account.instead[path] = lambda _: Said(umami_account.ANSWERS["goal"])
    return replace(umami_case(), answer=account.answer, path=f"/api{path}")


def umami_case() -> Case:
    def opened(url: str) -> Source:
        tuning = umami.UmamiTuning(timeout=0.25, retries=RETRIES)
        options = {"base_url": url, "username": "digest", "password": umami_account.PASSWORD}
        return umami.open_source(options, clock=utc_now, tuning=tuning)

    params = f"{{websiteId: {umami_account.SITE}, type: path, value: /pricing}}"
    query = f"{{id: troubled, source: held, query: goal, window: last-week, params: {params}}}"
    return Case(umami_account.Account().answer, opened, "/api/reports/goal", query, umami_account.PASSWORD)


CASES: Mapping[str, Callable[[], Case]] = {"close": close_case, "pipedrive": pipedrive_case, "umami": umami_case}
VARIANTS: Mapping[str, Callable[[], Case]] = {
    **CASES,
    "pipedrive with odd cells": odd_case,
    **{f"close {dialect}": partial(stand_in_case, dialect) for dialect in CloseDialect},
    "umami below its website": moved_case,
}
"""Kinds, and other forms that the service of one may have."""
KINDS = sorted(kind for kind in CONNECTIONS if not wants_sandbox(kind))
LIMITED, REFUSED = {GapReason.RATE_LIMITED}, {GapReason.REFUSED}
MALFORMED, UNAVAILABLE = {GapReason.MALFORMED}, {GapReason.UNAVAILABLE}
TROUBLES: Mapping[str, tuple[Said, set[GapReason]]] = {
    "401": (Said({"error": "not you"}, 401), REFUSED),
    "403 as a page": (Said(PAGE, 403, HTML), REFUSED | LIMITED),
    "404": (Said({"error": "not found"}, 404), REFUSED),
    "404 as a page": (Said(PAGE, 404, HTML), REFUSED),
    "429, retry-after": (Said({}, 429, {"retry-after": "30"}), LIMITED),
    "429, retry-after as a date": (Said({}, 429, {"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}), LIMITED),
    "429, ratelimit with commas": (Said({}, 429, {"ratelimit": "limit=40, remaining=0, reset=30.5"}), LIMITED),
    "429, RateLimit with semicolons": (Said({}, 429, {"RateLimit": "limit=40; remaining=0; reset=30"}), LIMITED),
    "429, ratelimit-reset": (Said({}, 429, {"ratelimit-reset": "30"}), LIMITED),
    "429, x-ratelimit-reset": (Said({}, 429, {"X-RateLimit-Reset": "30"}), LIMITED),
    "429, x-rate-limit-reset": (Said({}, 429, {"x-rate-limit-reset": "30"}), LIMITED),
    "429 that says nothing": (Said(b"", 429), LIMITED),
    "500 without a body": (Said(b"", 500), UNAVAILABLE | REFUSED),
    "truncated JSON": (Said(b'{"data": [{"id": "oppo'), MALFORMED),
    "200 with a page": (Said(PAGE, 200, HTML), MALFORMED),
    "200 with null": (Said(None), MALFORMED),
    "200 with an empty object": (Said({}), MALFORMED),
    "200 with an empty body": (Said(b""), MALFORMED),
    "slow": (Said({}, after=2.0), UNAVAILABLE),
    "a redirect": (Said(b"", 302, {"location": "https://elsewhere.example/"}), REFUSED),
    "cut in the middle": (Said({"data": [1, 2, 3]}, cut=5), UNAVAILABLE),
}


@dataclass
class Held:
    """Means in which the connection `held` is the source under test, opened anew for each run."""

    connectors: Connectors
    opened: Callable[[], Source]
    current: Source | None = None
    used: list[Source] = field(default_factory=list)

    def source(self, bundle: Bundle, connection: str) -> Source:
        if connection != "held":
            return self.connectors.source(bundle, connection)
        if self.current is None:
            self.current = self.opened()
            self.used.append(self.current)
        return self.current

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connectors, name)


@dataclass
class Trial:
    case: Case
    story: InProcessRun
    held: Held
    said: Said | None = None

    def answer(self, asked: Asked) -> Said | Awaitable[Said]:
        troubled = self.said is not None and asked.path == self.case.path
        return self.said if troubled and self.said is not None else self.case.answer(asked)

    async def run(self, said: Said | None) -> Run:
        self.said, self.held.current = said, None
        run, deliveries = await self.story.run()
        digests = [delivery for delivery in deliveries if not is_notice(delivery.key.reader)]
        assert [delivery.state for delivery in digests] == [DeliveryState.SENT]
        return run


@asynccontextmanager
async def trial(kind: str, redis: EmbeddedRedis, place: Path) -> AsyncIterator[Trial]:
    case, kind = VARIANTS[kind](), kind.split(maxsplit=1)[0]
    schedule = f"""
name: Contract
when: {{every: 23h}}
report:
  - {case.query}
  - {{id: works, source: close, query: opportunities, params: {{status_type: active}}}}
to: [{{id: team, channel: mail, address: sales@acme.example}}]
"""
    async with scripted(lambda _asked: Said(None)) as server, in_process_run(redis.url, place) as story:
        given = "connections: {held: {type: %s, %s}, close: {type: sandbox}}"
        keys = {
            "close": f"base_url: '{server.url}', api_key: '${{KEY}}'",
            "pipedrive": f"base_url: '{server.url}', api_token: '${{KEY}}'",
            "umami": f"base_url: '{server.url}', username: digest, password: '${{KEY}}'",
        }
        file = place / "funnelbeat.yaml"
        before = "connections:\n  close: {type: sandbox}"
        file.write_text(file.read_text("utf-8").replace(before, given % (kind, keys[kind])), "utf-8")
        await story.deploy(schedule)
        held = Held(story.services.connectors, lambda: case.open(server.url))
        digests = replace(story.services.digests, connectors=held)
        story.services = replace(story.services, connectors=held, digests=digests)
        made = Trial(case, story, held)
        server.script = made.answer
        try:
            yield made
        finally:
            await asyncio.gather(*(source.aclose() for source in held.used))


def test_every_kind_of_connection_is_under_this_contract() -> None:
    assert sorted(CASES) == KINDS


@pytest.mark.parametrize("kind", sorted(VARIANTS))
async def test_a_trouble_is_one_sentence_a_named_gap_and_no_baseline_moves(
    kind: str, empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", VARIANTS[kind]().secret)
    async with trial(kind, empty_redis, tmp_path / "project") as ground:
        first = await ground.run(None)
        assert first.gaps == ()
        baseline = (await ground.story.baselines())["troubled"]
        for name, (said, reasons) in TROUBLES.items():
            run = await ground.run(said)
            assert len(run.gaps) == 1, name
            query, reason, sentence = run.gaps[0]
            assert (query, reason in reasons) == ("troubled", True), (name, reason, sentence)
            assert_clear(name, sentence, ground.case.secret)
            held = await ground.story.baselines()
            assert held["troubled"] == baseline, name
            assert held["works"].snapshot != "", name
        assert (await ground.run(None)).gaps == (), "it works again as soon as the service does"
        assert (await ground.story.baselines())["troubled"].slot > baseline.slot


def assert_clear(name: str, sentence: str, secret: str) -> None:
    assert 20 <= len(sentence) <= 300, (name, sentence)
    assert "\n" not in sentence, (name, sentence)
    for leak in (secret, "<", "Traceback", "httpx", "Error("):
        assert leak not in sentence, (name, sentence)
