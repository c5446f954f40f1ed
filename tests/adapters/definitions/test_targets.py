"""`targets` of funnelbeat.yaml: the same schedules for somebody who tries them."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.redis_server import EmbeddedRedis
from worker.app import registry
from worker.entry.cli import app
from worker.entry.project_name import project_name
from worker.errors import RequestError
from worker.settings import Settings

PROJECT = """\
project: acme
connections: {close: {type: close, api_key: "${CLOSE_KEY}"}, pd: {type: sandbox-pipedrive}}
channels:
  mail: {type: email, url: "smtp://reports@smtp.acme.example:587", password: "${SMTP_PASSWORD}", from: r@acme.example}
  slack: {type: slack, token: "${SLACK}"}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
targets:
  prod: {}
  dev:
    project: acme-dev
    connections: {close: {type: sandbox}}
    channels: {mail: {from: dev@acme.example}}
    defaults: {locale: de_DE}
    readers: {channel: mail, address: Me@acme.example}
"""
SCHEDULE = """\
when: {cron: "0 9 * * MON"}
report: [{id: deals, source: close, query: opportunities, follow: closed, params: {status_type: active}}]
alerts: [{id: big, for_each: deals, if: row.stalled, notify: [room]}]
to:
  - {id: team, channel: mail, address: team@acme.example}
  - {id: room, channel: slack, address: C0123456789}
  - {id: owners, channel: mail, each: owner, unassigned: ops@acme.example}
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "schedules" / "week.yaml").write_text(SCHEDULE, "utf-8")
    with patch.dict(os.environ):
        os.environ.pop("FUNNELBEAT_TARGET", None)
        yield tmp_path


def as_target(place: Path, name: str, edit: tuple[str, str] = ("", "")) -> Loaded:
    path = place / "funnelbeat.yaml"
    assert edit[0] in PROJECT
    path.write_text(PROJECT.replace(*edit) if edit[0] else PROJECT, "utf-8")
    return load(place, registry(), {"FUNNELBEAT_TARGET": name})


def test_a_target_has_its_own_keys_and_one_reader(place: Path) -> None:
    bundle = as_target(place, "dev").bundle
    assert bundle is not None
    assert (bundle.project, bundle.defaults.locale, bundle.defaults.timezone) == ("acme-dev", "de_DE", "Europe/Berlin")
    assert (bundle.connections["close"].type, dict(bundle.connections["close"].options)) == ("sandbox", {})
    assert bundle.connections["pd"].type == "sandbox-pipedrive"
    mail = bundle.channels["mail"].options
    assert (mail["from"], mail["password"]) == ("dev@acme.example", "${SMTP_PASSWORD}")
    week = bundle.schedules["week"]
    assert [(one.id, one.channel, one.address, one.each) for one in week.to] == [
        (name, "mail", "Me@acme.example", None) for name in ("team", "room", "owners")
    ]
    assert week.alerts[0].notify == ("room",)
    assert [(one.address, one.channel) for one in bundle.defaults.operators] == [("Me@acme.example", "mail")]


def test_a_target_with_readers_calls_nobody_else(place: Path) -> None:
    called = ("targets:", 'heartbeat_url: "${PING}"\ntargets:')
    assert [
        one is not None and one.heartbeat is not None
        for one in (as_target(place, name, called).bundle for name in ("", "prod", "dev"))
    ] == [True, True, False]


COMES_IN = {
    "mail": "bounces: {mailbox: 'imaps://bounces@imap.acme.example/INBOX', password: '${BOUNCES}', every: 1m},"
    " unsubscribe_mailbox: stop@acme.example",
    "slack": 'answers: {signing_secret: "${SIGNING}", app_token: "${APP}"}',
}


def comes_in(place: Path, target: str, own: str = "") -> Loaded:
    """The project with a mailbox of bounces and requests of a chat. `own`: channels that the target writes itself."""
    text = PROJECT.replace("from: r@acme.example", f"from: r@acme.example, {COMES_IN['mail']}")
    text = text.replace('token: "${SLACK}"', f'token: "${{SLACK}}", {COMES_IN["slack"]}')
    text = text.replace(
        "channels: {mail: {from: dev@acme.example}}", own or "channels: {mail: {from: dev@acme.example}}"
    )
    (place / "funnelbeat.yaml").write_text(text, "utf-8")
    return load(place, registry(), {"FUNNELBEAT_TARGET": target})


@pytest.mark.parametrize(("target", "reads"), [("", True), ("prod", True), ("dev", False)])
def test_a_target_with_readers_reads_neither_the_mailbox_nor_the_chat_of_everybody(
    place: Path, target: str, reads: bool
) -> None:
    """A test took bounces of real readers away, and answered the clicks of real people."""
    found = comes_in(place, target)
    assert found.bundle is not None, found.complaints
    mail, slack = found.bundle.channels["mail"], found.bundle.channels["slack"]
    assert (mail.look_every == 60) is reads
    kept = [name for one in (mail, slack) for name in one.options if name.startswith(("bounces", "unsub", "answers"))]
    assert bool(kept) is reads
    needed = {one.name for one in found.secrets}
    assert ({"BOUNCES", "SIGNING", "APP"} <= needed) is reads, "nor does it need their secrets"


def test_what_comes_in_to_the_test_is_written_in_the_target(place: Path) -> None:
    own = "channels: {mail: {bounces: {mailbox: 'imaps://dev@imap.acme.example/INBOX'}}}"
    found = comes_in(place, "dev", own).bundle
    assert found is not None
    kept = {name: value for name, value in found.channels["mail"].options.items() if name.startswith("bounces")}
    assert kept == {"bounces.mailbox": "imaps://dev@imap.acme.example/INBOX"}


@pytest.mark.parametrize("name", ["", "prod"])
def test_without_a_target_and_with_an_empty_one_the_file_is_as_it_stands(place: Path, name: str) -> None:
    bundle = as_target(place, name).bundle
    assert bundle is not None
    assert (bundle.project, bundle.connections["close"].type) == ("acme", "close")
    assert [one.address for one in bundle.schedules["week"].to] == ["team@acme.example", "C0123456789", None]


@pytest.mark.parametrize(
    ("name", "edit", "expected"),
    [
        ("dve", ("", ""), "no target `dve`, which FUNNELBEAT_TARGET or --target names; did you mean `dev`?"),
        ("dev", ("    project: acme-dev\n", ""), "`readers` of a target that has no `project` of its own"),
        ("dev", ("project: acme-dev", "project: acme"), "`readers` of a target that has no `project` of its own"),
        ("dev", ("address: Me@acme.example", "address: me"), "funnelbeat.yaml:14:39: `address` with "),
        ("dev", ("readers: {channel: mail", "readers: {channel: mial"), "funnelbeat.yaml:14:24: `channel` with "),
        ("dev", ("locale: de_DE", "locale: xx_XX"), "funnelbeat.yaml:13:24: "),
        ("", ("  prod: {}", "  prod: {schedules: {}}"), "funnelbeat.yaml:8:10: `schedules`, which a target does not"),
        ("", ("  prod: {}", "  prod: no"), "funnelbeat.yaml:8:9: "),
        ("", ("  prod: {}", "  'pr od': {}"), "funnelbeat.yaml:8:3: the name "),
    ],
)
def test_what_is_wrong_with_a_target_has_its_place(
    place: Path, name: str, edit: tuple[str, str], expected: str
) -> None:
    complaints = [str(one) for one in as_target(place, name, edit).complaints]
    assert any(expected in one for one in complaints), complaints


def test_the_ledger_is_that_of_the_target(place: Path) -> None:
    assert project_name(place, Settings()) == "acme"
    os.environ["FUNNELBEAT_TARGET"] = "dev"
    assert project_name(place, Settings()) == "acme-dev"
    os.environ["FUNNELBEAT_TARGET"] = "none"
    with pytest.raises(RequestError, match=r"no target 'none' in funnelbeat\.yaml; it has: prod, dev"):
        project_name(place, Settings())


def test_the_option_chooses_and_every_command_says_which(place: Path) -> None:
    words = ["--project", str(place), "--target", "dev", "check", "--json"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "Target: dev\n")
    assert os.environ["FUNNELBEAT_TARGET"] == "dev"


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def test_a_target_is_planned_deployed_and_run_beside_the_project(here: CommandLine) -> None:
    path = here.place / "funnelbeat.yaml"
    dev = "targets: {dev: {project: acme-dev, readers: {channel: mail, address: me@acme.example}}}\n"
    path.write_text(path.read_text("utf-8") + dev, "utf-8")
    first = here.call("--target", "dev", "plan", "--format", "markdown")
    assert "Target: dev, project acme-dev." in first.stdout
    assert here.document_of("plan")["target"] == "dev"
    here.call("deploy", "--yes")
    assert here.document_of("plan")["changes"]["definitions"] == []
    del os.environ["FUNNELBEAT_TARGET"]
    assert here.document_of("plan")["target"] is None
    assert here.document_of("schedules")[0]["schedule"] == "asked"
