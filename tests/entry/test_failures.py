"""What the commands say when queries or deliveries fail."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.entry.test_ops_commands import TEAM, faults, here
from tests.support.command_line import CommandLine
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console
from worker.entry.cli import app

__all__ = ["here"]
PROJECT = """\
project: acme
connections:
  away: {type: umami, base_url: "http://127.0.0.1:9", username: digest, password: "${UMAMI_PASSWORD}"}
  here: {type: sandbox-umami}
channels:
  post: {type: sandbox}
"""
SITE = "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"
SCHEDULE = f"""\
name: Site
when: {{cron: "0 9 * * MON", timezone: UTC}}
report:
  - {{id: visits, source: away, query: stats, window: last-week, params: {{websiteId: {SITE}}}}}
  - {{id: views, source: %s, query: stats, window: last-week, params: {{websiteId: {SITE}}}}}
to: [{{id: team, channel: post, address: sales@acme.example}}]
"""


@pytest.mark.parametrize(("second", "status"), [("away", console.NOTHING), ("here", console.TROUBLE)])
@pytest.mark.parametrize("command", [["preview", "site", "--out", "page.html"], ["run", "site", "--dry-run"]])
def test_a_look_at_a_digest_tells_nothing_that_came_from_some_of_it(
    tmp_path: Path,
    empty_redis: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
    second: str,
    status: int,
    command: list[str],
) -> None:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    monkeypatch.setenv("UMAMI_PASSWORD", "x")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "schedules" / "site.yaml").write_text(SCHEDULE % second, "utf-8")
    seen = CliRunner().invoke(app, command, catch_exceptions=False)
    assert seen.exit_code == status, seen.output


def test_show_says_why_a_delivery_was_refused(here: CommandLine) -> None:
    faults(here).refuse(TEAM, 550)
    run = here.run()
    shown = here.call("show", run).stdout
    assert here.row(run, "team").sentence in shown
    assert "550" in shown
