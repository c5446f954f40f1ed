"""Every command with --json, in a project that ran: what it prints, by the command's name."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import redis

from tests.support.command_line import MAIL, PROJECT, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.documents.journal import journal_document
from worker.documents.runs import demo_run_document
from worker.flow.operate.preview import bridge_of
from worker.flow.services import Services
from worker.ports.event_webhooks import FailedTry
from worker.sandbox.journal import bridge
from worker.sandbox.server import Sandbox

HELD = "held@acme.example"
BESIDE = "connections: {pd: {type: sandbox-pipedrive}, close"
UNSET = '{type: email, url: "smtp://127.0.0.1:1", password: "${NO_MAIL}", from: me@acme.example}, chat'
A_DAY = 86_400_000
"""Milliseconds."""


@dataclass(frozen=True)
class Here:
    """A project that ran twice: the keys of its first run, and of its second, which has something to compare with."""

    line: CommandLine
    first: str
    second: str


Command = Callable[[Here], Any]


def drop_one(here: Here) -> str:
    """A run with one delivery that may or may not have arrived; that delivery's key."""
    assert here.line.box is not None
    here.line.box.call(lambda box: box.mail.faults.drop(to=HELD))
    return str(here.line.row(here.line.run(), "held").key)


def refuse_one(here: Here) -> str:
    """A run with one delivery that was refused; the run's key."""
    assert here.line.box is not None
    here.line.box.call(lambda box: box.mail.faults.refuse(HELD, 550))
    return here.line.run()


def miss_a_slot(here: Here) -> Any:
    """A slot that came during a pause, as the ledger notes it when the pause ends."""
    with redis.Redis.from_url(here.line.redis.url) as client:
        client.zadd("acme:due", {"asked": int(time.time() * 1000) - A_DAY})
    here.line.call("pause", "asked")
    here.line.call("resume", "asked")
    return here.line.document_of("runs")["missed"][0]


def explain_missed(here: Here) -> Any:
    return here.line.document_of("explain", f"asked@{miss_a_slot(here)['first']}")


def with_gaps(here: Here) -> Any:
    """A slot of yesterday, for which a list that tells the state of the moment has no answer any more."""
    return here.line.document_of("run", "asked", "--for-slot", miss_a_slot(here)["first"])


def dry_with_gaps(here: Here) -> Any:
    return here.line.document_of("run", "asked", "--dry-run", "--at", miss_a_slot(here)["first"])


def explain_gaps(here: Here) -> Any:
    return here.line.document_of("explain", with_gaps(here)["key"])


def settled(here: Here) -> Any:
    return here.line.document_of("deliveries", "settle", drop_one(here), "sent")


def reset(here: Here, *more: str) -> Any:
    """Beside a delivery that may have arrived, and so was decided before; `more`: the run to set back to."""
    drop_one(here)
    return here.line.document_of("baselines", "reset", "asked", *more, "--yes")


def broken(here: Here, command: str) -> Any:
    with edited(here.line.place / "schedules" / "asked.yaml", "query: opportunities", "query: oportunities"):
        return here.line.document_of(command)


def unset(here: Here) -> Any:
    with edited(here.line.place / "funnelbeat.yaml", "{type: sandbox}, chat", UNSET):
        return here.line.document_of("check")


ALERTS = """\
alerts:
  - {id: all, for_each: deals, if: row.stalled, severity: {critical: row.stalled}, labels: {a: b}, for: 2h}
  - {id: few, on: deals, rule: change, of: rows, by: 5, after: 5, notify: held}
"""


WATCHED = """\
alerts:
  - {id: every-deal, for_each: deals, if: row.value >= 100, repeat: 1d}
"""


def written_out(here: Here) -> Any:
    with edited(here.line.place / "schedules" / "asked.yaml", "digest:", f"{ALERTS}digest:"):
        return here.line.document_of("check", "--explain", "asked")


def expanded(here: Here) -> Any:
    (here.line.place / "pieces").mkdir()
    (here.line.place / "pieces" / "base.yaml").write_text("grace: 5m\n", encoding="utf-8")
    with edited(here.line.place / "schedules" / "asked.yaml", "name:", "extends: base.yaml\nname:"):
        return here.line.document_of("check", "--explain", "asked")


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    good = path.read_text(encoding="utf-8")
    assert old in good
    path.write_text(good.replace(old, new), encoding="utf-8")
    yield
    path.write_text(good, encoding="utf-8")


def changed(here: Here) -> Any:
    """The plan of files that differ from what is deployed in every way that a plan tells of."""
    folder = here.line.place / "schedules"
    good = (folder / "asked.yaml").read_text(encoding="utf-8")
    nine, ten = (good.replace("every: 23h", f'cron: "0 {hour} * * *"') for hour in (9, 10))
    (folder / "gone.yaml").write_text(good, encoding="utf-8")
    (folder / "other.yaml").write_text(nine, encoding="utf-8")
    here.line.call("deploy", "--yes")
    (folder / "gone.yaml").unlink()
    (folder / "asked.yaml").rename(folder / "renamed.yaml").write_text(f"previously: asked\n{good}", encoding="utf-8")
    (folder / "other.yaml").write_text(ten.replace(HELD, "new@acme.example"), encoding="utf-8")
    (folder / "later.yaml").write_text(good.replace("every: 23h", "every: 11h"), encoding="utf-8")
    return here.line.document_of("plan", "--days", "3")


def previewed(here: Here) -> Any:
    return here.line.document_of("preview", "asked", "--out", str(here.line.place / "preview.html"))


def runs_file(here: Here) -> Any:
    """runs.json of `demo`."""

    async def look(services: Services) -> Any:
        return [
            demo_run_document(run, await bridge_of(services, run, await services.lookups.deliveries(run.key)))
            for run in await services.lookups.runs("asked", 2)
        ]

    return here.line.ask(look)


def journal_file(here: Here) -> Any:
    """journal.json of `demo`."""
    assert here.line.box is not None

    def look(box: Sandbox) -> Any:
        began = box.now()
        box.pipeline.step(began)
        return journal_document(began, box.now(), bridge(box.pipeline.log, began, box.now()))

    return here.line.box.call(look)


def deleted(here: Here) -> Any:
    made = here.line.document_of("source", "pd", "pipelines", "create", "--set", "name=Partners", "--yes")["pipelines"][
        0
    ]
    return here.line.document_of("source", "pd", "pipelines", "delete", made["id"], "--yes")


def templates_checked(here: Here) -> Any:
    """With a fault, a warning and a language of the project's own, and without them afterwards."""
    own = here.line.place / "templates"
    (own / "words").mkdir(parents=True)
    (own / "words" / "fr.yaml").write_text("act: x\n", encoding="utf-8")
    (own / "pipeline").mkdir()
    (own / "pipeline" / "email.txt.j2").write_text("{{ nobody }}", encoding="utf-8")
    document = here.line.document_of("templates", "check")
    shutil.rmtree(own)
    return document


def templates_begun(here: Here) -> Any:
    document = here.line.document_of("templates", "init", "pipeline")
    shutil.rmtree(here.line.place / "templates")
    return document


def subscription(here: Here, act: str, *words: str) -> Any:
    return here.line.document_of("subscriptions", act, "asked", *words)


def watched(here: Here) -> str:
    """A run of a schedule with rules, deployed in place of what is deployed; the run's key."""
    path = here.line.place / "schedules" / "renamed.yaml"
    for other in path.parent.iterdir():
        other.unlink()
    path.write_text(MAIL.replace("digest:", f"{WATCHED}digest:"), encoding="utf-8")
    path.rename(path.with_name("asked.yaml"))
    here.line.deploy()
    return here.line.run()


def one_alert(here: Here) -> str:
    found: str = here.line.document_of("alerts", "list")[0]["fingerprint"]
    return found


def told_of(here: Here) -> Any:
    here.line.run()
    return here.line.document_of("explain", watched(here))


def raised(here: Here) -> Any:
    with edited(here.line.place / "schedules" / "asked.yaml", "row.value >= 100", "row.value >= 200"):
        return here.line.document_of("plan")


def silenced(here: Here, *more: str) -> Any:
    words = ("silence", "rule=every-deal", "--for", "1h", "--comment", "fair", *more)
    return here.line.document_of("alerts", *words)


ALERT_COMMANDS: dict[str, Command] = {
    "explain, alerts": told_of,
    "alerts list": lambda here: here.line.document_of("alerts", "list"),
    "alerts ack": lambda here: here.line.document_of("alerts", "ack", one_alert(here), "--comment", "I call"),
    "alerts show": lambda here: here.line.document_of("alerts", "show", one_alert(here)),
    "alerts unack": lambda here: here.line.document_of("alerts", "unack", one_alert(here)),
    "alerts snooze": lambda here: here.line.document_of("alerts", "snooze", one_alert(here), "--for", "1h"),
    "alerts silence --dry-run": lambda here: silenced(here, "--dry-run"),
    "alerts silence": lambda here: silenced(here, "--yes"),
    "alerts silences": lambda here: here.line.document_of("alerts", "silences"),
    "alerts expire": lambda here: here.line.document_of("alerts", "expire", silenced(here, "--yes")["id"]),
    "alerts explain": lambda here: here.line.document_of("alerts", "explain", "every-deal"),
    "alerts backtest": lambda here: here.line.document_of("alerts", "backtest", "every-deal"),
    "plan, alerts": raised,
}


def rolled_back(here: Here) -> Any:
    """Something else is deployed first."""
    with edited(here.line.place / "schedules" / "asked.yaml", "name: ", "name: Not "):
        here.line.document_of("deploy", "--yes")
    return here.line.document_of("rollback", "--yes")


HOOK = 'webhooks: {ops: {url: "${HOOK}", secret: "${KEY}", events: ["*"]}}\n'


def with_webhook(here: Here, *words: str) -> Any:
    """A webhook is deployed, and an event of it was given up."""
    with edited(here.line.place / "funnelbeat.yaml", "defaults:", f"{HOOK}defaults:"):
        here.line.deploy()

    async def give_up(services: Services) -> None:
        held = services.event_webhooks
        await held.take("ops", "me")
        await held.add("ops", "me", "2-0", [("1-0", b'{"type": "run_begun"}')])
        for event in await held.waiting("ops", 1):
            await held.failed("ops", "me", event, FailedTry("HTTP 404", 1, given_up=True))

    here.line.ask(give_up)
    return here.line.document_of("webhooks", *words)


COMMANDS: dict[str, Command] = {
    "init": lambda here: here.line.document_of("init", str(here.line.place.parent / "begun")),
    "check": unset,
    "check, alerts": written_out,
    "check, expanded": expanded,
    "check, broken": lambda here: broken(here, "check"),
    "plan, broken": lambda here: broken(here, "plan"),
    "plan": lambda here: here.line.document_of("plan"),
    "deploy": lambda here: here.line.document_of("deploy", "--yes"),
    "rollback": rolled_back,
    "preview": previewed,
    "run": lambda here: here.line.document_of("run", "asked"),
    "run --dry-run": lambda here: here.line.document_of("run", "asked", "--dry-run"),
    "run, gaps": with_gaps,
    "run --dry-run, gaps": dry_with_gaps,
    "run --to": lambda here: here.line.document_of("run", "asked", "--to", "mail:me@acme.example"),
    "trigger": lambda here: here.line.document_of("trigger", "asked"),
    "schedules": lambda here: here.line.document_of("schedules"),
    "send-test": lambda here: here.line.document_of("send-test", "mail", "me@acme.example"),
    "tokens add": lambda here: here.line.document_of("tokens", "add", "ci", "--scope", "read"),
    "tokens list": lambda here: here.line.document_of("tokens", "list"),
    "tokens revoke": lambda here: here.line.document_of("tokens", "revoke", "ci"),
    "deployments": lambda here: here.line.document_of("deployments"),
    "settings": lambda here: here.line.document_of("settings"),
    "audit": lambda here: here.line.document_of("audit"),
    "runs": lambda here: [miss_a_slot(here), here.line.document_of("runs")][1],
    "show, first": lambda here: here.line.document_of("show", here.first),
    "show": lambda here: here.line.document_of("show", here.second),
    "show, nothing": lambda here: here.line.document_of("show", "nonsense"),
    "explain, first": lambda here: here.line.document_of("explain", here.first),
    "explain": lambda here: here.line.document_of("explain", here.second),
    "explain, missed": explain_missed,
    "explain, gaps": explain_gaps,
    "logs": lambda here: here.line.document_of("logs", here.second),
    "cancel": lambda here: here.line.document_of("cancel", here.line.document_of("trigger", "asked")["key"]),
    "diff": lambda here: here.line.document_of("diff", here.first, here.second),
    "export": lambda here: here.line.document_of("export", here.second),
    "export --out": lambda here: here.line.document_of(
        "export", here.second, "--out", str(here.line.place.parent / "exported")
    ),
    "deliveries": lambda here: here.line.document_of("deliveries"),
    "deliveries settle": settled,
    "replay": lambda here: here.line.document_of("replay", here.second),
    "retry": lambda here: here.line.document_of("retry", refuse_one(here)),
    "forget": lambda here: here.line.document_of("forget", "sales@acme.example", "--yes"),
    "baselines list": lambda here: here.line.document_of("baselines", "list", "asked"),
    "baselines reset, back": lambda here: reset(here, "--to", here.first),
    "baselines reset": reset,
    "pause": lambda here: here.line.document_of("pause", "asked", "--until", "2099-01-01T09:00"),
    "resume": lambda here: here.line.document_of("resume", "asked"),
    "subscriptions add": lambda here: subscription(here, "add", "--channel", "mail", "--address", "eve@acme.example"),
    "subscriptions pause": lambda here: subscription(here, "pause", "mail:eve@acme.example", "--until", "2099-01-01"),
    "subscriptions list": lambda here: here.line.document_of("subscriptions", "list"),
    "subscriptions resume": lambda here: subscription(here, "resume", "mail:eve@acme.example"),
    "subscriptions remove": lambda here: subscription(here, "remove", "mail:eve@acme.example"),
    "doctor": lambda here: here.line.document_of("doctor"),
    "source": lambda here: here.line.document_of("source", "close"),
    "source, one kind": lambda here: here.line.document_of("source", "close", "pipelines"),
    "source, deleted": deleted,
    "templates list": lambda here: here.line.document_of("templates", "list"),
    "templates show": lambda here: here.line.document_of("templates", "show", "pipeline/email.txt.j2"),
    "templates init": templates_begun,
    "templates check": templates_checked,
    "runs.json": runs_file,
    "journal.json": journal_file,
    "plan, changed": changed,
    **ALERT_COMMANDS,
    "webhooks list": lambda here: with_webhook(here, "list"),
    "webhooks dead": lambda here: with_webhook(here, "dead", "ops"),
    "webhooks retry": lambda here: with_webhook(here, "retry", "ops"),
}


def documents(server: EmbeddedRedis, directory: Path) -> Mapping[str, Any]:
    """All of them, in the order above: a command finds what those before it left."""
    with command_line(server, directory / "project", MAIL) as line:
        file = line.place / "funnelbeat.yaml"
        file.write_text(PROJECT.replace("connections: {close", BESIDE), encoding="utf-8")
        here = Here(line, line.run(), line.run())
        with patch.dict("os.environ", {"FUNNELBEAT_SANDBOX": line.settings.sandbox}):
            return {name: command(here) for name, command in COMMANDS.items()}
