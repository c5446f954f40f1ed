"""A slot that has not come yet is refused at every door: a reader's baseline never moves back from it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app

NOT_YET = ["2124-01-01T09:00", "2124-01-01", "9999-12-31T23:59+00:00", "9999-12-31T23:59:59-12:00"]
DOORS = [["--at"], ["--dry-run", "--at"], ["--to", "email:me@acme.example", "--at"], ["--for-slot"]]


@pytest.fixture
def project(tmp_path: Path, empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    assert call("init", str(tmp_path / "acme"), "--zone", "Europe/Berlin").exit_code == 0
    assert call("--project", str(tmp_path / "acme"), "deploy", "--yes").exit_code == 0
    return tmp_path / "acme"


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def runs(project: Path) -> Any:
    return json.loads(call("--project", str(project), "runs", "--json").stdout)["runs"]


@pytest.mark.parametrize("door", DOORS, ids=" ".join)
@pytest.mark.parametrize("slot", NOT_YET)
def test_no_door_takes_a_slot_that_has_not_come(project: Path, door: list[str], slot: str) -> None:
    seen = call("--project", str(project), "run", "weekly-pipeline", *door, slot)
    assert seen.exit_code == 2, seen.output
    assert door[-1] in seen.output or "no missed slot" in seen.output
    assert len(seen.output.strip().splitlines()) == 1
    assert runs(project) == []


@pytest.mark.parametrize("door", [*DOORS, ["pause"]], ids=" ".join)
@pytest.mark.parametrize("instant", ["0001-01-01T00:00+05:00", "0001-01-01", "1969-12-31", "9999-12-31T23:59-12:00"])
def test_an_instant_outside_of_what_can_be_reckoned_is_a_sentence(project: Path, door: list[str], instant: str) -> None:
    words = ["pause", "weekly-pipeline", "--until"] if door == ["pause"] else ["run", "weekly-pipeline", *door]
    seen = call("--project", str(project), *words, instant)
    assert seen.exit_code == 2, seen.output
    assert len(seen.output.strip().splitlines()) == 1


def test_a_slot_that_has_passed_is_run(project: Path) -> None:
    done = call("--project", str(project), "run", "weekly-pipeline", "--at", "2026-01-05T09:00", "--json")
    assert json.loads(done.stdout)["slot"] == "2026-01-05T08:00:00Z"
