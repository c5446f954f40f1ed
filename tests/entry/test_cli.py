"""The command line as a person or a script uses it, on a sandbox project and a real Redis."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app

BROKEN = "schedules/weekly-pipeline.yaml"


@pytest.fixture
def project(tmp_path: Path, empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as `init` writes it, with the one example that is told about here, on a Redis of its own."""
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    monkeypatch.chdir(tmp_path)
    assert call("init", "acme", "--zone", "Europe/Berlin").exit_code == 0
    for other in ("pipedrive-week", "stalled-watch", "umami-week"):
        (tmp_path / "acme" / "schedules" / f"{other}.yaml").unlink()
    return tmp_path / "acme"


def test_every_example_previews_with_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUNNELBEAT_REDIS_URL", raising=False)
    assert call("init", "acme", "--zone", "Europe/Berlin").exit_code == 0
    examples = sorted(path.stem for path in (tmp_path / "acme" / "schedules").glob("*.yaml"))
    assert examples == ["pipedrive-week", "stalled-watch", "umami-week", "weekly-pipeline"]
    for example in (one for one in examples if one != "stalled-watch"):  # which has no digest
        seen = call("--project", "acme", "preview", example, "--out", f"{example}.html")
        assert seen.exit_code == 0, seen.output


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def document_of(*words: str) -> Any:
    """The one JSON document on standard output; whatever else were there would break the parse."""
    return json.loads(call(*words, "--json").stdout)


def test_init_check_preview_work_with_no_account(project: Path, tmp_path: Path) -> None:
    assert call("--project", str(project), "check").exit_code == 0
    page = tmp_path / "p.html"
    seen = call("--project", str(project), "preview", "weekly-pipeline", "--out", str(page))
    assert seen.exit_code == 0, seen.output
    html = page.read_text(encoding="utf-8")
    assert "Weekly pipeline" in html
    assert "Sent to sales@acme.example" in html
    assert "first digest" in seen.output


def test_the_project_may_stand_after_the_command_too(project: Path) -> None:
    assert call("check", "--project", str(project)).exit_code == 0


def test_init_leaves_an_existing_project_alone(project: Path) -> None:
    before = (project / "funnelbeat.yaml").read_text()
    again = call("init", str(project))
    assert again.exit_code == 2
    assert "exists already" in again.output
    assert (project / "funnelbeat.yaml").read_text() == before


def test_a_broken_definition_is_named_by_file_line_and_column(project: Path) -> None:
    path = project / BROKEN
    path.write_text(path.read_text().replace("query: opportunities", "query: oportunities", 1))
    seen = call("--project", str(project), "check")
    assert seen.exit_code == 2
    assert f"{BROKEN}:20:12:" in seen.output
    assert "opportunities" in seen.output


def test_run_and_trigger_want_a_deployment_first(project: Path) -> None:
    for command in ("run", "trigger"):
        seen = call("--project", str(project), command, "weekly-pipeline")
        assert seen.exit_code == 2
        assert "deploy" in seen.output


def test_deploy_lists_what_it_adds_changes_and_removes(project: Path) -> None:
    assert document_of("--project", str(project), "deploy", "--yes")["added"] == ["weekly-pipeline"]
    path = project / BROKEN
    (project / "schedules" / "daily.yaml").write_text(path.read_text())
    path.write_text(path.read_text().replace("Weekly pipeline", "Pipeline"))
    changed = document_of("--project", str(project), "deploy", "--yes")
    assert (changed["added"], changed["changed"], changed["removed"]) == (["daily"], ["weekly-pipeline"], [])
    path.unlink()
    assert document_of("--project", str(project), "deploy", "--yes")["removed"] == ["weekly-pipeline"]


def test_a_run_on_demand_is_delivered_shown_and_explained(project: Path, tmp_path: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    done = document_of("--project", str(project), "run", "weekly-pipeline", "--out", str(tmp_path / "out"))
    assert done["state"] == "delivered"
    assert {row["reader"] for row in done["deliveries"]} == {"team|sales@acme.example", "room|C0123456789"}
    assert list((tmp_path / "out").glob("*.eml"))
    listed = document_of("--project", str(project), "runs")["runs"]
    assert [run["key"] for run in listed] == [done["key"]]
    shown = document_of("--project", str(project), "show", "weekly-pipeline@latest")
    assert shown["key"] == done["key"]
    assert shown["bridge"] is None
    explained = document_of("--project", str(project), "explain", done["key"])
    assert all(row["compared_with"]["deals"] is None for row in explained["deliveries"])


def test_a_second_run_compares_with_the_first_and_its_bridge_closes(project: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    first = document_of("--project", str(project), "run", "weekly-pipeline")
    second = document_of("--project", str(project), "run", "weekly-pipeline")
    assert second["state"] == "delivered"
    shown = document_of("--project", str(project), "show", second["key"])
    assert shown["bridge"]["EUR"]["opening"] == shown["bridge"]["EUR"]["closing"] > 0
    explained = document_of("--project", str(project), "explain", second["key"])
    assert {row["compared_with"]["deals"] for row in explained["deliveries"]} == {first["slot"]}


def test_a_dry_run_sends_and_remembers_nothing(project: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    trials = document_of("--project", str(project), "run", "weekly-pipeline", "--dry-run")
    assert [trial["send"] for trial in trials] == [True, True]
    assert document_of("--project", str(project), "runs")["runs"] == []


def test_a_test_send_goes_to_one_address_and_moves_no_baseline(project: Path, tmp_path: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    out = tmp_path / "out"
    trial = document_of(
        "--project", str(project), "run", "weekly-pipeline", "--to", "email:me@acme.example", "--out", str(out)
    )
    assert trial[0]["outcome"].startswith("sent")
    assert b"me@acme.example" in next(out.glob("*.eml")).read_bytes()
    assert document_of("--project", str(project), "runs")["runs"] == []


def test_the_same_key_twice_is_one_triggered_run(project: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    keys = {
        document_of("--project", str(project), "trigger", "weekly-pipeline", "--key", "order-77")["key"]
        for _ in range(2)
    }
    assert len(keys) == 1
    other = document_of("--project", str(project), "trigger", "weekly-pipeline", "--key", "order-78")["key"]
    assert other not in keys
    assert len(document_of("--project", str(project), "runs")["runs"]) == 2


def test_a_run_that_nobody_can_name_is_a_clear_problem(project: Path) -> None:
    call("--project", str(project), "deploy", "--yes")
    seen = call("--project", str(project), "show", "weekly-pipeline@latest", "--json")
    assert seen.exit_code == 2
    assert json.loads(seen.stdout)["problem"] == "NotFound"


def test_redis_that_cannot_be_reached_is_exit_three(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", "redis://127.0.0.1:1/0")
    seen = call("--project", str(project), "runs", "--json")
    assert seen.exit_code == 3
    assert json.loads(seen.stdout)["exit"] == 3


def test_a_command_that_does_not_exist_is_unknown(project: Path) -> None:
    assert call("--project", str(project), "telepathy").exit_code == 2


def test_the_schema_for_editors_is_json(project: Path) -> None:
    schema = json.loads(call("check", "--schema").stdout)
    assert set(schema) == {"funnelbeat.yaml", "schedules/*.yaml"}
