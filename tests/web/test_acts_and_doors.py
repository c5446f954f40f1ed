"""Every act through every door that offers it: what it leaves in the ledger, its audit record, and its refusal."""

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import uvicorn

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.documents.acts import ACTS
from worker.documents.baselines import baselines_document
from worker.documents.subscriptions import subscriptions_document
from worker.domain.access import Door
from worker.domain.delivery import DeliveryKey
from worker.domain.outcome import Unknown
from worker.entry.draft import checked_draft
from worker.entry.local_queue import LocalQueue
from worker.flow.operate.reset_baselines import Selection, held
from worker.flow.operate.subscriptions import listed
from worker.flow.services import Services
from worker.web.server import server_config
from worker.web.site import SiteUses, site

ANN = "ann@acme.example"


@dataclass(frozen=True)
class Way:
    """How to do an act, and how to ask for it so that it is refused. Braces name what `prepared` made."""

    cli: tuple[str, ...]
    api: tuple[str, str, Any]
    wrong_cli: tuple[str, ...] = ()
    wrong_api: tuple[str, str, Any] = ("", "", None)


def on_schedule(word: str, body: Any = None) -> tuple[tuple[str, str, Any], tuple[str, str, Any]]:
    return ("POST", f"/schedules/asked/{word}", body or {}), ("POST", f"/schedules/nobody/{word}", body or {})


MAKE = {"entry": {"channel": "mail", "address": ANN}}
OF_ANN = f"subscriptions/{ANN}"
SUBSCRIBE = ("subscriptions", "add", "--channel", "mail", "--address", ANN)

WAYS: Mapping[str, Way] = {
    "trigger": Way(("trigger", "asked"), on_schedule("trigger")[0], ("trigger", "nobody"), on_schedule("trigger")[1]),
    "pause": Way(("pause", "asked"), on_schedule("pause")[0], ("pause", "nobody"), on_schedule("pause")[1]),
    "resume": Way(("resume", "asked"), on_schedule("resume")[0], ("resume", "nobody"), on_schedule("resume")[1]),
    "cancel": Way(
        ("cancel", "{waiting}"),
        ("POST", "/runs/{waiting}/cancel", {}),
        ("cancel", "{run}"),
        ("POST", "/runs/{run}/cancel", {}),
    ),
    "retry": Way(
        ("retry", "{run}"), ("POST", "/runs/{run}/retry", {}), ("retry", "none"), ("POST", "/runs/none/retry", {})
    ),
    "deliveries settle": Way(
        ("deliveries", "settle", "{unknown}", "sent"),
        ("POST", "/deliveries/{unknown}/settle", {"arrived": True}),
        ("deliveries", "settle", "{sent}", "sent"),
        ("POST", "/deliveries/{sent}/settle", {"arrived": True}),
    ),
    "subscriptions add": Way(
        (*SUBSCRIBE, "asked"),
        on_schedule("subscriptions", MAKE)[0],
        (*SUBSCRIBE, "nobody"),
        on_schedule("subscriptions", MAKE)[1],
    ),
    "subscriptions pause": Way(
        ("subscriptions", "pause", "asked", ANN),
        on_schedule(f"{OF_ANN}/pause")[0],
        ("subscriptions", "pause", "asked", "eve"),
        ("POST", "/schedules/asked/subscriptions/eve/pause", {}),
    ),
    "subscriptions resume": Way(
        ("subscriptions", "resume", "asked", ANN),
        on_schedule(f"{OF_ANN}/resume")[0],
        ("subscriptions", "resume", "asked", "eve"),
        ("POST", "/schedules/asked/subscriptions/eve/resume", {}),
    ),
    "subscriptions remove": Way(
        ("subscriptions", "remove", "asked", ANN),
        ("DELETE", f"/schedules/asked/{OF_ANN}", None),
        ("subscriptions", "remove", "asked", "team"),
        ("DELETE", "/schedules/asked/subscriptions/team", None),
    ),
    "baselines reset": Way(
        ("baselines", "reset", "asked", "--yes"),
        ("POST", "/schedules/asked/baselines/reset", {}),
        ("baselines", "reset", "asked", "--query", "none", "--yes"),
        ("POST", "/schedules/asked/baselines/reset", {"query": "none"}),
    ),
    "forget": Way(("forget", "held@acme.example", "--yes"), ("POST", "/forget", {"what": "held@acme.example"})),
    "deploy": Way(("deploy", "--yes"), ("POST", "/deployments", {"files": "{files}"})),
    "tokens add": Way(
        ("tokens", "add", "ci", "--scope", "read"),
        ("POST", "/tokens", {"name": "ci", "scopes": ["read"]}),
        ("tokens", "add", "ci", "--scope", "subscribe"),
        ("POST", "/tokens", {"name": "ci", "scopes": ["subscribe"]}),
    ),
    "tokens revoke": Way(
        ("tokens", "revoke", "ci"),
        ("DELETE", "/tokens/ci", None),
        ("tokens", "revoke", "nobody"),
        ("DELETE", "/tokens/nobody", None),
    ),
}
"""In an order in which each finds what it needs."""


@dataclass
class Outcome:
    """By act: what stands in the ledger afterwards, and the sentence of its refusal."""

    ledger: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)


def prepared(here: CommandLine) -> dict[str, str]:
    """A run that was sent to one reader, and may have arrived at another; and one that no worker has begun."""
    assert here.box is not None
    here.box.call(lambda box: box.mail.faults.drop(to="held@acme.example"))
    run = here.run()
    unknown, sent = str(here.row(run, "held").key), str(here.row(run, "team").key)

    async def wait_is_over(services: Services) -> None:
        row = await services.lookups.delivery(DeliveryKey.parse(unknown))
        assert row is not None
        await services.deliveries.settle(row.key, row.attempt, Unknown())

    here.ask(wait_is_over)
    waiting = here.document_of("trigger", "asked")["key"]
    return {"run": run, "unknown": unknown, "sent": sent, "waiting": waiting}


async def ledger(services: Services) -> dict[str, Any]:
    """Without what differs between two moments and two doors: instants, random parts of keys, who it was."""
    runs = await services.lookups.runs(None, 100)
    rows = [row for run in runs for row in await services.lookups.deliveries(run.key)]
    deployed = await services.deployments.deployed()
    found = {
        "runs": sorted((run.trigger, str(run.state), str(run.reason)) for run in runs),
        "deliveries": sorted((row.key.reader, str(row.state), str(row.reason)) for row in rows),
        "paused": sorted(await services.clock.pauses()),
        "subscriptions": [
            {name: row[name] for name in ("reader", "state", "stopped") if name != "stopped" or row[name]}
            for row in subscriptions_document(await listed(services))
        ],
        "baselines": baselines_document("asked", await held(services, Selection("asked"))),
        "deployed": deployed and deployed.bundle,
        "tokens": [(token.name, sorted(token.scopes)) for token in await services.access.all()],
        "audit": [(one.act, one.subject, dict(one.before), dict(one.after)) for one in await services.audit.newest(1)],
    }
    return dict(_plain(found))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "" if name in {"source", "by"} else _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "AT", value) if isinstance(value, str) else value
    return re.sub(r"\(?\b[0-9a-f]{8}\b\)?", "RANDOM", text) if isinstance(text, str) else text


@contextmanager
def api_of(here: CommandLine) -> Iterator[str]:
    """Where the API of this project listens, served by another thread."""
    ports: list[int] = []
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_services(here.settings, "acme", queue=LocalQueue(), directory=here.place) as services:
            server = uvicorn.Server(server_config(site(SiteUses(services, "acme", checked_draft)), "127.0.0.1", 0))
            going = asyncio.create_task(server.serve())
            while not stop.is_set():  # the other thread has no event loop
                await asyncio.sleep(0.02)
                if server.started and not ports:
                    ports.append(server.servers[0].sockets[0].getsockname()[1])
                    started.set()
            server.should_exit = True
            await going

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield f"http://127.0.0.1:{ports[0]}/api/v1"
    finally:
        stop.set()
        thread.join(60)


def outcome(here: CommandLine, door: Door) -> Outcome:
    token, made, found = (
        here.document_of("tokens", "add", "ops", "--scope", "manage")["token"],
        prepared(here),
        Outcome(),
    )
    paths = ["funnelbeat.yaml", "schedules/asked.yaml"]
    files = {path: (here.place / path).read_text("utf-8") for path in paths}
    with api_of(here) as url, httpx.Client(trust_env=False, timeout=60) as client:

        def by_api(method: str, path: str, body: Any) -> httpx.Response:
            sent = {"files": files} if body == {"files": "{files}"} else body
            asked: dict[str, Any] = {} if sent is None else {"json": sent}
            headers = {"Authorization": f"Bearer {token}"}
            return client.request(method, url + path.format(**made), headers=headers, **asked)

        for act, way in WAYS.items():
            if door is Door.API:
                if way.wrong_cli:
                    found.refusals[act] = by_api(*way.wrong_api).json()["detail"]
                answer = by_api(*way.api)
                assert answer.is_success, answer.text
            else:
                if way.wrong_cli:
                    refused = here.call(*(word.format(**made) for word in way.wrong_cli))
                    assert refused.exit_code == 2, (act, refused.output)
                    found.refusals[act] = refused.stderr.strip()
                seen = here.call(*(word.format(**made) for word in way.cli))
                assert seen.exit_code == 0, (act, seen.output)
            found.ledger[act] = here.ask(ledger)
    return found


@pytest.fixture(scope="module")
def outcomes(embedded_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> dict[Door, Outcome]:
    found = {}
    for door in (Door.CLI, Door.API):
        with redis.Redis.from_url(embedded_redis.url) as client:
            client.flushall()
        place: Path = tmp_path_factory.mktemp(door) / "project"
        with command_line(embedded_redis, place, MAIL) as here:
            found[door] = outcome(here, door)
    return found


def test_every_act_that_a_program_may_do_has_a_way_here() -> None:
    assert set(WAYS) == {name for name, act in ACTS.items() if Door.API in act.doors}


@pytest.mark.parametrize("act", WAYS)
def test_the_ledger_is_the_same_whatever_door_an_act_came_through(outcomes: dict[Door, Outcome], act: str) -> None:
    by_cli, by_api = outcomes[Door.CLI].ledger[act], outcomes[Door.API].ledger[act]
    assert by_cli == by_api
    assert by_cli["audit"][0][0] == act


@pytest.mark.parametrize("act", [name for name, way in WAYS.items() if way.wrong_cli])
def test_the_refusal_has_the_same_words_whatever_door_it_comes_through(outcomes: dict[Door, Outcome], act: str) -> None:
    said = [_plain(" ".join(outcomes[door].refusals[act].split())) for door in (Door.CLI, Door.API)]
    assert said[0].endswith(said[1]), said
