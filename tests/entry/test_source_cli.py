"""What a connection holds, and what a person may change in it: every service's stand-in, a real Redis."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app
from worker.sandbox.cast import MAIN, SAVED_SEARCH
from worker.sandbox.server import SandboxThread
from worker.sources.common import calls

PROJECT = """
project: held
connections:
  crm: {type: sandbox}
  pd: {type: sandbox-pipedrive}
  site: {type: sandbox-umami}
channels: {mail: {type: sandbox}}
"""
WEBSITE = "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"


@pytest.fixture
def box(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxThread]:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.chdir(tmp_path)
    with SandboxThread() as running:
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", running.describe_json())
        yield running


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["source", *words], catch_exceptions=False)


def document_of(*words: str) -> Any:
    seen = call(*words, "--json")
    assert seen.exit_code == 0, seen.output
    return json.loads(seen.stdout)


@pytest.mark.parametrize(
    ("connection", "kinds"),
    [
        ("crm", {"pipelines", "statuses", "users", "saved_searches", "webhooks"}),
        ("pd", {"pipelines", "stages", "users", "currencies", "filters", "webhooks"}),
        ("site", {"websites", "reports", "segments", "cohorts"}),
    ],
)
def test_every_kind_that_a_connection_names_can_be_listed(box: SandboxThread, connection: str, kinds: set[str]) -> None:
    assert set(document_of(connection)["kinds"]) == kinds
    for kind in kinds:
        assert set(document_of(connection, kind)) == {kind}
        assert call(connection, kind).exit_code == 0


def test_what_close_holds_is_what_its_stand_in_has(box: SandboxThread) -> None:
    pipelines = {row["id"]: row for row in document_of("crm", "pipelines")["pipelines"]}
    statuses = document_of("crm", "statuses")["statuses"]
    assert {s["pipeline_id"] for s in statuses} == set(pipelines)
    ours = [s["label"] for s in sorted(statuses, key=lambda s: s["position"]) if s["pipeline_id"] == MAIN]
    assert pipelines[MAIN]["statuses"] == ", ".join(ours)
    assert document_of("crm", "saved_searches")["saved_searches"][0]["id"] == SAVED_SEARCH
    assert document_of("crm", "webhooks") == {"webhooks": []}
    assert "no webhooks" in call("crm", "webhooks").stdout
    assert MAIN in call("crm", "pipelines").stdout


def test_a_pipeline_is_made_changed_and_deleted_once_it_is_confirmed(box: SandboxThread) -> None:
    before = {row["id"] for row in document_of("pd", "pipelines")["pipelines"]}
    made = document_of("pd", "pipelines", "create", "--set", "name=Partners", "--yes")["pipelines"][0]
    assert (made["name"], made["id"] in before) == ("Partners", False)
    changed = document_of("pd", "pipelines", "update", made["id"], "--set", "is_deal_probability_enabled=true", "--yes")
    assert changed["pipelines"][0]["is_deal_probability_enabled"] is True
    assert made["id"] in {row["id"] for row in document_of("pd", "pipelines")["pipelines"]}
    assert document_of("pd", "pipelines", "delete", made["id"], "--yes") == {"deleted": True}
    left = [row["id"] for row in document_of("pd", "pipelines")["pipelines"] if not row["is_deleted"]]
    assert set(left) == before


def test_a_saved_report_is_made_read_changed_and_deleted(box: SandboxThread) -> None:
    goal = json.dumps({"type": "path", "value": "/pricing"})
    values = (f"websiteId={WEBSITE}", "type=goal", "name=Prices seen", f"parameters={goal}")
    sets = [word for value in values for word in ("--set", value)]
    made = document_of("site", "reports", "create", *sets, "--yes")["reports"][0]
    assert made["parameters"] == {"type": "path", "value": "/pricing"}, "an object and no text of one"
    assert datetime.fromisoformat(made["updated_at"]).tzinfo is UTC
    document_of("site", "reports", "update", made["id"], "--set", "name=Prices", "--yes")
    read = document_of("site", "reports", "read", made["id"])["reports"][0]
    assert (read["name"], read["type"], read["website_id"]) == ("Prices", "goal", WEBSITE)
    assert made["id"] in {row["id"] for row in document_of("site", "reports")["reports"]}
    assert document_of("site", "reports", "delete", made["id"], "--yes") == {"deleted": True}
    assert made["id"] not in {row["id"] for row in document_of("site", "reports")["reports"]}


def test_off_a_terminal_nothing_is_changed_without_yes(box: SandboxThread) -> None:
    before = document_of("pd", "pipelines")
    refused = call("pd", "pipelines", "create", "--set", "name=Partners")
    assert (refused.exit_code, "add --yes" in refused.stderr) == (2, True)
    assert document_of("pd", "pipelines") == before


@pytest.mark.parametrize(
    ("service", "options", "kind"),
    [
        ("umami", "username: me, password: p", "websites"),
        ("close", "api_key: k", "users"),
        ("pipedrive", "api_token: t", "users"),
    ],
)
def test_somebody_at_a_terminal_does_not_wait_for_minutes(
    box: SandboxThread, monkeypatch: pytest.MonkeyPatch, service: str, options: str, kind: str
) -> None:
    """A host that takes a connection and then says nothing. A run would try three or four times."""
    monkeypatch.setattr(calls, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        text = f'project: held\nconnections: {{it: {{type: {service}, base_url: "{address}", {options}}}}}\n'
        Path("funnelbeat.yaml").write_text(text, encoding="utf-8")
        began = monotonic()
        seen = call("it", kind)
        doctor = CliRunner().invoke(app, ["doctor"], catch_exceptions=False)
        assert monotonic() - began < 15
    assert (seen.exit_code, "no answer came in time" in seen.stderr) == (3, True), seen.output
    assert "no answer came in time" in doctor.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nobody",), "there is no connection 'nobody'; there are: crm, pd, site"),
        (("crm", "leads"), "close has no list 'leads'; there are: "),
        (("crm", "users", "read", "u1"), "found 'read', expected nothing after users, which can only be listed"),
        (("pd", "users", "delete", "1", "--yes"), "users can be listed and not changed"),
        (("pd", "pipelines", "burn", "1"), "found 'burn', expected one of create, update, delete"),
        (("pd", "pipelines", "delete", "--yes"), "pipelines delete: write the id"),
        (("pd", "pipelines", "create", "9", "--set", "name=x", "--yes"), "write no id; it gets one"),
        (("pd", "pipelines", "create", "--yes"), "write name="),
        (("pd", "pipelines", "create", "--set", "name", "--yes"), "expected NAME=VALUE"),
        (("pd", "pipelines", "create", "--set", "colour=red", "--yes"), "takes no 'colour'"),
        (("pd", "pipelines", "update", "1", "--set", "is_deal_probability_enabled=maybe", "--yes"), "true or false"),
        (("pd", "pipelines", "update", "1", "2", "--yes"), "found '2' after the id"),
        (("site", "reports", "create", "--set", f"websiteId={WEBSITE}", "--yes"), "write type="),
        (("site", "reports", "update", "r", "--set", "parameters=[]", "--yes"), "expected a JSON object"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_nothing_is_sent(
    box: SandboxThread, words: tuple[str, ...], says: str
) -> None:
    seen = call(*words)
    assert (seen.exit_code, says in seen.stderr) == (2, True), seen.output
    writes = box.call(lambda running: [s for s in running.log if s.route.split()[0] in {"PATCH", "DELETE"}])
    assert not writes


def test_a_service_that_refuses_is_said_and_the_status_is_three(box: SandboxThread) -> None:
    seen = call("pd", "pipelines", "delete", "999", "--yes")
    assert seen.exit_code == 3
    assert len(seen.stderr.strip().splitlines()) == 1


def test_no_run_can_reach_a_write() -> None:
    """Flow knows neither protocol: what changes an account is only ever asked for by a command."""
    here = Path(__file__).parents[2] / "worker"
    asking = [path for path in here.rglob("*.py") if "Editable" in path.read_text("utf-8")]
    modules = {path.relative_to(here).as_posix() for path in asking}
    assert modules == {"ports/__init__.py", "ports/catalog.py", "entry/source_commands.py"}
