"""Every act through every door that offers it: what it leaves in the ledger, its audit record, and its refusal."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import uvicorn
from typer.testing import Result

from tests.support.command_line import MAIL, CommandLine, command_line
from tests.support.slack_requests import ANNA, SECRET, SlackUser, signed
from tests.web.console.served import forms
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import open_services
from worker.documents.acts import ACTS
from worker.documents.baselines import baselines_document
from worker.documents.subscriptions import subscriptions_document
from worker.domain.access import Door
from worker.domain.alert.matcher_text import written
from worker.domain.delivery import DeliveryKey, Reader
from worker.domain.links import Link, Purpose
from worker.domain.outcome import Unknown
from worker.domain.schedule import Bundle
from worker.entry.draft import checked_draft
from worker.entry.local_queue import LocalQueue
from worker.flow.alert.current import current
from worker.flow.deployed import bundle_of
from worker.flow.operate.reset_baselines import Selection, held
from worker.flow.operate.subscriptions import listed
from worker.flow.services import Services
from worker.sandbox.slack_api import HOOKS
from worker.web.server import server_config
from worker.web.site import SiteUses, site

ANN = ANNA
"""Whoever asks in the chat. Other doors do the same for this address."""

LATER = (datetime.now(UTC) + timedelta(days=7)).isoformat(timespec="seconds")
PEOPLE = f"people: {{ann: {{slack: {ANN}, may: [manage]}}}}\n"
WATCHED = f"""{MAIL}
alerts:
  - {{id: big, name: A big deal, for_each: deals, if: row.value >= 1000, notify: [team]}}
"""
Form = tuple[str, Mapping[str, str]]
"""An act of the console, and what its form says."""


@dataclass(frozen=True)
class Way:
    """How to do an act, and how to ask for it so that it is refused. Braces name what `prepared` made. `api` is empty,
    `console` None and `chat` empty, where that door does not offer the act. `chat`: a command, or a button's name and
    value. `link`: an act of the page for links in mails about alerts.
    """

    cli: tuple[str, ...]
    api: tuple[str, str, Any] = ("", "", None)
    wrong_cli: tuple[str, ...] = ()
    wrong_api: tuple[str, str, Any] = ("", "", None)
    console: Form | None = None
    chat: tuple[str, ...] = ()
    link: str = ""


def on_schedule(word: str, body: Any = None) -> tuple[tuple[str, str, Any], tuple[str, str, Any]]:
    return ("POST", f"/schedules/asked/{word}", body or {}), ("POST", f"/schedules/nobody/{word}", body or {})


MAKE = {"entry": {"channel": "slack", "address": ANN}}
OF_ANN = f"subscriptions/{ANN}"
SUBSCRIBE = ("subscriptions", "add", "--channel", "slack", "--address", ANN)

WAYS: Mapping[str, Way] = {
    **{
        word: Way((word, "asked"), api, (word, "nobody"), wrong, (word, {"schedule": "asked"}), chat)
        for word, chat in (("trigger", ("run asked",)), ("pause", ()), ("resume", ()))
        for api, wrong in [on_schedule(word)]
    },
    "test": Way(
        ("run", "asked", "--to", f"mail:{ANN}"),
        ("POST", "/schedules/asked/test", {"channel": "mail", "address": ANN}),
    ),
    "cancel": Way(
        ("cancel", "{waiting}"),
        ("POST", "/runs/{waiting}/cancel", {}),
        ("cancel", "{run}"),
        ("POST", "/runs/{run}/cancel", {}),
        ("cancel", {"run": "{waiting}"}),
    ),
    "retry": Way(
        ("retry", "{run}"),
        ("POST", "/runs/{run}/retry", {}),
        ("retry", "none"),
        ("POST", "/runs/none/retry", {}),
        ("retry", {"run": "{run}"}),
    ),
    "deliveries settle": Way(
        ("deliveries", "settle", "{unknown}", "sent"),
        ("POST", "/deliveries/{unknown}/settle", {"arrived": True}),
        ("deliveries", "settle", "{sent}", "sent"),
        ("POST", "/deliveries/{sent}/settle", {"arrived": True}),
        ("settle", {"delivery": "{unknown}", "arrived": "yes"}),
    ),
    "alerts ack": Way(
        ("alerts", "ack", "{alert}"),
        ("POST", "/alerts/{alert}/ack", {}),
        ("alerts", "ack", "nobody"),
        ("POST", "/alerts/nobody/ack", {}),
        console=("acknowledge", {"alert": "{alert}"}),
        chat=("ack", "{alert}"),
        link="ack",
    ),
    "alerts unack": Way(
        ("alerts", "unack", "{alert}"),
        ("POST", "/alerts/{alert}/unack", {}),
        ("alerts", "unack", "nobody"),
        ("POST", "/alerts/nobody/unack", {}),
        console=("unacknowledge", {"alert": "{alert}"}),
    ),
    "alerts snooze": Way(
        ("alerts", "snooze", "{alert}", "--for", "7d"),
        ("POST", "/alerts/{alert}/snooze", {"until": LATER}),
        ("alerts", "snooze", "{alert}", "--until", "2020-01-01T00:00"),
        ("POST", "/alerts/{alert}/snooze", {"until": "2020-01-01T00:00:00Z"}),
        console=("snooze", {"alert": "{alert}"}),
        chat=("snooze", "{alert}"),
        link="snooze",
    ),
    "alerts silence": Way(
        ("alerts", "silence", "rule=big", "--for", "1d", "--comment", "known", "--yes"),
        ("POST", "/silences", {"matchers": ["rule=big"], "until": LATER, "comment": "known"}),
        ("alerts", "silence", "rule=big", "--for", "1d", "--yes"),
        ("POST", "/silences", {"matchers": ["rule=big"], "until": LATER, "comment": " "}),
        console=("silence", {"match": "rule=big", "days": "1", "comment": "known"}),
    ),
    "alerts expire": Way(
        ("alerts", "expire", "{silence}"),
        ("DELETE", "/silences/{silence}", None),
        ("alerts", "expire", "nobody"),
        ("DELETE", "/silences/nobody", None),
        console=("expire", {"silence": "{silence}"}),
    ),
    "subscriptions add": Way(
        (*SUBSCRIBE, "asked"),
        on_schedule("subscriptions", MAKE)[0],
        (*SUBSCRIBE, "nobody"),
        on_schedule("subscriptions", MAKE)[1],
        ("subscribe", {"schedule": "asked", "channel": "slack", "address": ANN}),
        ("subscribe asked",),
    ),
    "subscriptions pause": Way(
        ("subscriptions", "pause", "asked", ANN, "--until", LATER),
        on_schedule(f"{OF_ANN}/pause", {"until": LATER})[0],
        ("subscriptions", "pause", "asked", "eve"),
        ("POST", "/schedules/asked/subscriptions/eve/pause", {}),
        ("pause-reader", {"schedule": "asked", "reader": ANN, "days": "7"}),
        ("mute", f"asked slack:{ANN}|{ANN}"),
    ),
    "subscriptions resume": Way(
        ("subscriptions", "resume", "asked", ANN),
        on_schedule(f"{OF_ANN}/resume")[0],
        ("subscriptions", "resume", "asked", "eve"),
        ("POST", "/schedules/asked/subscriptions/eve/resume", {}),
        ("resume-reader", {"schedule": "asked", "reader": ANN}),
        ("subscribe asked",),
    ),
    "subscriptions remove": Way(
        ("subscriptions", "remove", "asked", ANN),
        ("DELETE", f"/schedules/asked/{OF_ANN}", None),
        ("subscriptions", "remove", "asked", "team"),
        ("DELETE", "/schedules/asked/subscriptions/team", None),
        ("unsubscribe", {"schedule": "asked", "reader": ANN}),
        ("unsubscribe asked",),
    ),
    "baselines reset": Way(
        ("baselines", "reset", "asked", "--yes"),
        ("POST", "/schedules/asked/baselines/reset", {}),
        ("baselines", "reset", "asked", "--query", "none", "--yes"),
        ("POST", "/schedules/asked/baselines/reset", {"query": "none"}),
    ),
    "forget": Way(("forget", "held@acme.example", "--yes"), ("POST", "/forget", {"what": "held@acme.example"})),
    "deploy": Way(
        ("deploy", "--yes"), ("POST", "/deployments", {"files": "{files}"}), console=("deploy", {"draft": "{draft}"})
    ),
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


DOORS = (Door.CLI, Door.API, Door.CONSOLE, Door.CHAT, Door.LINK)
OFFERED = [(act, door) for act in WAYS for door in DOORS if door in ACTS[act].doors and door is not Door.CLI]


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
    alert = here.document_of("alerts", "list")[0]["fingerprint"]
    waiting = here.document_of("trigger", "asked")["key"]
    return {"run": run, "unknown": unknown, "sent": sent, "alert": alert, "waiting": waiting}


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
        "deployed": [stood_in(await bundle_of(services.deployments, deployed.bundle)) if deployed else None],
        "alerts": [
            (row.fingerprint, str(row.state.phase), row.ack is not None, row.quiet and str(row.quiet.why))
            for row in await current(services)
        ],
        "silences": [
            (
                [written(one) for one in silence.matchers],
                silence.comment,
                silence.snooze,
                silence.until > silence.starts,
            )
            for silence in await services.alerts.silences()
        ],
        "tokens": [(token.name, sorted(token.scopes)) for token in await services.access.all()],
        "audit": [(one.act, one.subject, dict(one.before), dict(one.after)) for one in await services.audit.newest(1)],
    }
    return dict(_plain(found))


def stood_in(bundle: Bundle) -> str:
    """The whole bundle, without the port of the stand-in."""
    return re.sub(r"127\.0\.0\.1:\d+", "SANDBOX", repr(bundle))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "" if name in {"source", "by"} else _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "AT", value) if isinstance(value, str) else value
    return re.sub(r"\(?\b([0-9a-f]{8}|[0-9a-f]{12})\b\)?", "RANDOM", text) if isinstance(text, str) else text


@contextmanager
def site_of(here: CommandLine) -> Iterator[str]:
    """Where the site of this project listens, served by another thread."""
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
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        stop.set()
        thread.join(60)


@dataclass(frozen=True)
class Doors:
    """The doors of one project with one token. `words`: what stands for the names in braces."""

    here: CommandLine
    url: str
    client: httpx.Client
    token: str
    words: dict[str, str]
    user: SlackUser

    def by_cli(self, words: tuple[str, ...]) -> Result:
        return self.here.call(*(word.format(**self.words) for word in words))

    def by_api(self, method: str, path: str, body: Any) -> httpx.Response:
        paths = ["funnelbeat.yaml", "schedules/asked.yaml"]
        files = {name: (self.here.place / name).read_text("utf-8") for name in paths}
        sent = {"files": files} if body == {"files": "{files}"} else body
        asked: dict[str, Any] = {} if sent is None else {"json": sent}
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.request(method, f"{self.url}/api/v1{path.format(**self.words)}", headers=headers, **asked)

    def by_console(self, act: str, form: Mapping[str, str]) -> httpx.Response:
        console = f"{self.url}/console"
        if not self.client.cookies:
            self.client.post(f"{console}/sign-in", data={"token": self.token, "next": ""})
        csrf = forms(self.client.get(f"{console}/").text)["/console/sign-out"]["csrf"]
        drafts = {"draft": self._planned(csrf)} if act == "deploy" else {}
        fields = {name: text.format(**self.words, **drafts) for name, text in form.items()}
        return self.client.post(f"{console}/acts/{act}", data={"csrf": csrf, **fields})

    def _planned(self, csrf: str) -> str:
        """The name of a draft of the directory's files, once its plan was shown."""
        draft = "".join(
            f"==> {path} <==\n{(self.here.place / path).read_text('utf-8')}\n"
            for path in ("funnelbeat.yaml", "schedules/asked.yaml")
        )
        given = {"csrf": csrf, "draft": draft}
        plan = self.client.post(f"{self.url}/console/ask/plan", data=given)
        assert plan.status_code == 200, plan.text
        return forms(plan.text)["/console/acts/deploy"]["draft"]

    def by_chat(self, command: str, value: str = "") -> None:
        """A command, or a click on the button with this name and value. Returns when it is answered."""
        box = self.here.box
        assert box is not None
        button = {"action_id": command, "value": value.format(**self.words)}
        message = {"blocks": [{"type": "actions", "block_id": "b", "elements": [button]}]}
        body = self.user.click_body(message, command) if value else self.user.command_body(command)
        answer = self.client.post(f"{self.url}{self.user.path}", content=body, headers=signed(body))
        assert answer.status_code == 200, answer.text
        while value and not box.call(lambda box: box.slack.answered.get(self.user.reply())):
            time.sleep(0.02)  # the other thread has no event loop

    def by_link(self, act: str) -> None:
        async def signed_link(services: Services) -> str:
            reader = Reader("asked", "team", "sales@acme.example")
            return services.links.sign(Link(Purpose.ALERTS, reader), services.links.key_id)

        form = {"alert": self.words["alert"], "act": act}
        answer = self.client.post(f"{self.url}/a/{self.here.ask(signed_link)}", data=form)
        assert answer.status_code == 200, answer.text

    def act(self, door: Door, act: str) -> None:
        """Through the command line where the door does not offer it, so that what comes next finds the same."""
        way = WAYS[act]
        if door is Door.API and door in ACTS[act].doors:
            answer = self.by_api(*way.api)
            assert answer.is_success, answer.text
        elif door is Door.LINK and way.link:
            self.by_link(way.link)
        elif door is Door.CHAT and way.chat:
            self.by_chat(*way.chat)
        elif door is Door.CONSOLE and way.console is not None:
            answer = self.by_console(*way.console)
            assert answer.status_code == 303, answer.text
        else:
            seen = self.by_cli(way.cli)
            assert seen.exit_code == 0, (act, seen.output)


def outcome(here: CommandLine, door: Door) -> Outcome:
    token = here.document_of("tokens", "add", "ops", "--scope", "manage")["token"]
    made, found = prepared(here), Outcome()
    with site_of(here) as url, httpx.Client(trust_env=False, timeout=60) as client:
        assert here.box is not None
        user = SlackUser(httpx.AsyncClient(), here.box.call(lambda box: box.base_url) + HOOKS)
        doors = Doors(here, url, client, token, made, user)
        for act, way in WAYS.items():
            if act == "alerts expire":
                made["silence"] = newest_silence(here)
            if door is Door.API and way.wrong_api[0]:
                found.refusals[act] = doors.by_api(*way.wrong_api).json()["detail"]
            elif door is Door.CLI and way.wrong_cli:
                refused = doors.by_cli(way.wrong_cli)
                assert refused.exit_code == 2, (act, refused.output)
                found.refusals[act] = refused.stderr.strip()
            doors.act(door, act)
            found.ledger[act] = here.ask(ledger)
    return found


def with_chat(here: CommandLine) -> None:
    assert here.box is not None
    file, url = here.place / "funnelbeat.yaml", here.box.call(lambda box: box.slack_url)
    slack = f'slack: {{type: slack, token: xoxb-sandbox, base_url: "{url}", answers: {{signing_secret: {SECRET}}}}}'
    file.write_text(file.read_text("utf-8").replace("channels: {", f"channels: {{{slack}, ") + PEOPLE, encoding="utf-8")
    here.deploy()


def newest_silence(here: CommandLine) -> str:
    return str(here.document_of("alerts", "silences")[-1]["id"])


@pytest.fixture(scope="module")
def outcomes(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> dict[Door, Outcome]:
    found = {}
    for door in DOORS:
        with redis.Redis.from_url(module_redis.url) as client:
            client.flushall()
        place: Path = tmp_path_factory.mktemp(door) / "project"
        with command_line(module_redis, place, WATCHED) as here:
            here.settings = replace(here.settings, link_key="k" * 40)
            with_chat(here)
            found[door] = outcome(here, door)
    return found


def test_every_act_of_a_door_has_a_way_here() -> None:
    assert {act for act, way in WAYS.items() if way.api[0]} == {a for a, of in ACTS.items() if Door.API in of.doors}
    assert {act for act, way in WAYS.items() if way.chat} == {a for a, of in ACTS.items() if Door.CHAT in of.doors}
    assert {act for act, way in WAYS.items() if way.link} == {a for a, of in ACTS.items() if Door.LINK in of.doors}
    assert {act for act, way in WAYS.items() if way.console} == {
        a for a, of in ACTS.items() if Door.CONSOLE in of.doors
    }


@pytest.mark.parametrize(("act", "door"), OFFERED)
def test_the_ledger_is_the_same_whatever_door_an_act_came_through(
    outcomes: dict[Door, Outcome], act: str, door: Door
) -> None:
    by_cli, other = outcomes[Door.CLI].ledger[act], outcomes[door].ledger[act]
    assert by_cli == other
    assert by_cli["audit"][0][0] == act


@pytest.mark.parametrize("act", WAYS)
def test_each_act_changes_the_ledger(outcomes: dict[Door, Outcome], act: str) -> None:
    stages = [{}, *outcomes[Door.CLI].ledger.values()]
    at = list(outcomes[Door.CLI].ledger).index(act) + 1
    assert stages[at] != stages[at - 1]


@pytest.mark.parametrize("act", [name for name, way in WAYS.items() if way.wrong_api[0]])
def test_the_refusal_has_the_same_words_whatever_door_it_comes_through(outcomes: dict[Door, Outcome], act: str) -> None:
    """But for the project, which the command line adds to a command (docs/decisions/140)."""
    said = [_plain(" ".join(outcomes[door].refusals[act].split())) for door in (Door.CLI, Door.API)]
    assert re.sub("`funnelbeat --project [^ ]+ ", "`funnelbeat ", said[0]).endswith(said[1]), said
