"""deployments and rollback, as a person calls them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app


@pytest.fixture
def call(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.chdir(tmp_path)

    def called(*words: str) -> Result:
        return CliRunner().invoke(app, list(words), catch_exceptions=False)

    assert called("init", ".").exit_code == 0
    return called


def test_a_rollback_puts_the_deployment_before_in_force_and_shows_what_changes(call: Callable[..., Result]) -> None:
    assert call("rollback", "--yes").exit_code == 2
    first = json.loads(call("deploy", "--yes", "--json").stdout)["bundle"]
    Path("schedules/umami-week.yaml").unlink()
    second = json.loads(call("deploy", "--yes", "--json").stdout)["bundle"]
    refused = call("rollback")
    assert (refused.exit_code, "not rolled back" in refused.stderr) == (2, True)
    seen = call("rollback", "--yes")
    assert seen.exit_code == 0, seen.output
    assert "umami-week" in seen.output
    assert seen.stdout.splitlines()[-2:] == [
        f"Rolled back to {first[:12]}.",
        "Your files are not changed. The next `funnelbeat deploy`, or a save while `up` runs, deploys them again.",
    ]
    newest, before_it = json.loads(call("audit", "--json").stdout)[:2]
    assert (newest["act"], newest["before"], newest["after"]) == (
        "rollback",
        {"bundle": second[:12]},
        {"bundle": first[:12], "schedules": "1 added"},
    )
    assert (before_it["act"], before_it["after"]["schedules"]) == ("deploy", "1 removed")
    shown = call("audit").stdout
    assert f"bundle: {second[:12]} → {first[:12]}, schedules: 1 added" in shown
    assert "schedules: 1 removed" in shown
    listed = json.loads(call("deployments", "--json").stdout)
    assert [(row["bundle"], row["in_force"]) for row in listed] == [(first, True), (second, False), (first, False)]
    shown = call("deployments").stdout
    assert shown.count("current") == 1
    assert call("rollback", second[:12], "--yes", "--json").exit_code == 0
    assert json.loads(call("deployments", "--json").stdout)[0]["bundle"] == second


def test_a_rollback_to_what_there_is_not_is_one_sentence(call: Callable[..., Result]) -> None:
    assert call("deployments").stdout == "Nothing is deployed yet: `funnelbeat deploy` first.\n"
    call("deploy", "--yes")
    seen = call("rollback", "ffff", "--yes")
    assert (seen.exit_code, seen.stderr.count("\n")) == (2, 1)
