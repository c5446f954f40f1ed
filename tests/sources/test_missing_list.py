"""A list that could not be read is missing and says so, whichever service it is a list of."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app
from worker.sandbox.server import SandboxThread

CLOSE = """
  - {id: totals, source: crm, query: funnel_totals, window: last-week, params: {pipeline: PIPE, type: created-cohort}}
  - {id: open, source: crm, query: opportunities, follow: closed, params: {pipeline: PIPE, status_type: active}}
""".replace("PIPE", "pipe_4vukv2FUlFh9FDiVYAop1U")
PIPEDRIVE = """
  - {id: totals, source: crm, query: movements, window: last-week, params: {id: 1, user_id: all}}
  - {id: open, source: crm, query: deals, follow: closed, params: {pipeline_id: 1, status: open}}
"""
SERVICES = {
    "close": ("sandbox", CLOSE, "GET /close/api/v1/opportunity/*"),
    "pipedrive": ("sandbox-pipedrive", PIPEDRIVE, "GET *api/v2/deals*"),
}


@pytest.fixture
def box(empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxThread]:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    with SandboxThread() as running:
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", running.describe_json())
        yield running


def write(place: Path, kind: str, report: str, digest: str = "{}") -> None:
    (place / "schedules").mkdir()
    connections = f"connections: {{crm: {{type: {kind}}}}}"
    (place / "funnelbeat.yaml").write_text(
        f"project: acme\n{connections}\nchannels: {{mail: {{type: sandbox}}}}\n", "utf-8"
    )
    reader = "{channel: mail, address: a@acme.example}"
    week = f"name: Week\nwhen: {{every: 1h}}\nreport:{report}digest: {digest}\nto: [{reader}]\n"
    (place / "schedules" / "week.yaml").write_text(week, "utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_a_first_run_without_its_list_is_incomplete_and_no_first_digest(
    box: SandboxThread, tmp_path: Path, service: str
) -> None:
    """No bridge names the list, and no earlier answer shows that it is one."""
    kind, report, endpoint = SERVICES[service]
    write(tmp_path, kind, report)
    box.call(lambda running: running.faults.arm(endpoint, "status", status=403, times=99))
    dry_run = ["--project", str(tmp_path), "run", "week", "--dry-run", "--json"]
    (made,) = json.loads(CliRunner().invoke(app, dry_run, catch_exceptions=False).stdout)
    assert [gap["query"] for gap in made["gaps"]] == ["open"]
    assert made["subject"] == "Incomplete: deal list missing · Week"


def test_a_list_that_is_missing_beside_the_key_one_is_said_to_change_nothing(
    box: SandboxThread, tmp_path: Path
) -> None:
    away = "  - {id: away, source: crm, query: deals, follow: closed, params: {pipeline_id: 1, archived: true}}\n"
    write(tmp_path, "sandbox-pipedrive", PIPEDRIVE + away, "{bridge: open}")
    box.call(lambda running: running.faults.arm("GET *deals/archived*", "status", status=403, times=99))
    page = tmp_path / "page.html"
    shown = ["--project", str(tmp_path), "preview", "week", "--out", str(page)]
    assert CliRunner().invoke(app, shown, catch_exceptions=False).exit_code == 1
    text = page.read_text("utf-8")
    assert "Incomplete: 1 of 3 parts missing" in text
    assert "No deal counts as new, stalled or gone because of it." in text
