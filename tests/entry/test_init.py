"""init where somebody answers: each service's stand-in, and previews of what was written."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import init_command
from worker.entry.cli import app
from worker.sandbox.cast import MAIN
from worker.sandbox.server import SandboxThread

KEYS = {"close": "api_sandbox", "pipedrive": "5a" * 20, "umami": "umami-sandbox"}
VARIABLES = {"close": "CLOSE_API_KEY", "pipedrive": "PIPEDRIVE_API_TOKEN", "umami": "UMAMI_PASSWORD"}
WEBSITE = "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"
SCHEDULE = {"close": "weekly-pipeline", "pipedrive": "weekly-pipeline", "umami": "weekly-website"}


@pytest.fixture
def box(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxThread]:
    """A terminal, no key in the environment, and the stand-ins."""
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: True)
    for variable in (*VARIABLES.values(), "UMAMI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    monkeypatch.chdir(tmp_path)
    with SandboxThread() as running:
        yield running


def init(*answers: str) -> Result:
    typed = "".join(f"{answer}\n" for answer in answers)
    return CliRunner().invoke(app, ["init", "acme"], input=typed, catch_exceptions=False)


def answers(service: str, address: str, key: str) -> list[str]:
    return [service, address, *(["digest"] if service == "umami" else []), key]


def everything_written(place: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in place.rglob("*") if path.is_file())


@pytest.mark.parametrize("service", ["close", "pipedrive", "umami"])
def test_what_is_written_for_a_service_previews_and_holds_no_key(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    seen = init(*answers(service, box.describe()[service], KEYS[service]), "1")
    assert seen.exit_code == 0, seen.output
    assert f"export {VARIABLES[service]}=" in seen.output
    place = tmp_path / "acme"
    assert [path.name for path in (place / "schedules").iterdir()] == [f"{SCHEDULE[service]}.yaml"]
    assert KEYS[service] not in everything_written(place) + seen.output
    assert f"${{{VARIABLES[service]}}}" in (place / "funnelbeat.yaml").read_text("utf-8")
    monkeypatch.setenv(VARIABLES[service], KEYS[service])
    page = tmp_path / "page.html"
    preview = ["--project", "acme", "preview", SCHEDULE[service], "--out", str(page)]
    shown = CliRunner().invoke(app, preview, catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    assert page.stat().st_size > 1000


def test_the_number_that_was_typed_is_the_pipeline_of_the_schedule(box: SandboxThread, tmp_path: Path) -> None:
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "99", "none", "2")
    assert seen.exit_code == 0, seen.output
    assert seen.output.count("expected a number from 1 to") == 2
    second = next(line for line in seen.output.splitlines() if line.startswith("   2  "))
    text = (tmp_path / "acme" / "schedules" / "weekly-pipeline.yaml").read_text("utf-8")
    chosen = text.partition('pipeline: "')[2].partition('"')[0]
    assert chosen
    assert f"({chosen})" in second


def test_a_key_of_the_environment_is_used_and_not_asked_for(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_API_KEY", KEYS["close"])
    seen = init("close", box.describe()["close"], "1")
    assert seen.exit_code == 0, seen.output
    assert "CLOSE_API_KEY is set, and used." in seen.output
    assert "export" not in seen.output
    assert KEYS["close"] not in everything_written(tmp_path / "acme")


def test_a_pipeline_that_was_deleted_is_not_offered(box: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEDRIVE_API_TOKEN", KEYS["pipedrive"])
    assert init("pipedrive", box.describe()["pipedrive"], "1").exit_code == 0
    made = json.loads(pipelines("create", "--set", "name=Short-lived", "--json"))["pipelines"][0]["id"]
    assert "Short-lived" in again(box)
    pipelines("delete", made)
    assert "Short-lived" not in again(box)


def pipelines(*words: str) -> str:
    change = ["--project", "acme", "source", "pipedrive", "pipelines", *words, "--yes"]
    done = CliRunner().invoke(app, change, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def again(box: SandboxThread) -> str:
    Path("acme/funnelbeat.yaml").unlink()
    Path("acme/schedules/weekly-pipeline.yaml").unlink()
    seen = init("pipedrive", box.describe()["pipedrive"], "1")
    assert seen.exit_code == 0, seen.output
    return seen.output


@pytest.mark.parametrize("service", ["close", "pipedrive", "umami"])
def test_a_key_that_is_refused_is_one_sentence_and_nothing_is_written(
    box: SandboxThread, tmp_path: Path, service: str
) -> None:
    seen = init(*answers(service, box.describe()[service], "b0" * 20))
    assert seen.exit_code == 3, seen.output
    assert len(seen.stderr.strip().splitlines()) == 1
    assert "nothing was written" in seen.stderr
    assert "b0" * 20 not in seen.output
    assert not (tmp_path / "acme").exists()


def test_a_service_that_cannot_be_reached_is_one_sentence_and_nothing_is_written(
    box: SandboxThread, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    seen = init("pipedrive", nobody, KEYS["pipedrive"])
    assert seen.exit_code == 3, seen.output
    assert len(seen.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize(
    ("address", "key", "says"),
    [("ftp://acme", "k", "base_url: found"), ("http://127.0.0.1:9", "a key", "holds characters")],
)
def test_an_answer_that_cannot_be_used_is_said_before_anything_is_asked(
    box: SandboxThread, tmp_path: Path, address: str, key: str, says: str
) -> None:
    seen = init("close", address, key)
    assert (seen.exit_code, says in seen.stderr) == (2, True), seen.output
    assert not (tmp_path / "acme").exists()


def test_answers_that_end_early_leave_nothing_behind(box: SandboxThread, tmp_path: Path) -> None:
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]))
    assert seen.exit_code == 1
    assert MAIN in seen.output
    assert not (tmp_path / "acme").exists()


def test_a_directory_that_cannot_be_made_is_one_sentence(box: SandboxThread, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "schedules").write_text("in the way", encoding="utf-8")
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "1")
    assert seen.exit_code == 2
    assert "acme cannot be written" in seen.stderr
    assert not (tmp_path / "acme" / "funnelbeat.yaml").exists()


def test_the_sandbox_is_the_answer_of_who_only_presses_enter(box: SandboxThread, tmp_path: Path) -> None:
    assert init("").exit_code == 0
    examples = sorted(path.stem for path in (tmp_path / "acme" / "schedules").iterdir())
    assert examples == ["pipedrive-week", "stalled-watch", "umami-week", "weekly-pipeline"]


def test_a_service_that_there_is_not_is_asked_for_again(box: SandboxThread) -> None:
    seen = init("hubspot", "sandbox")
    assert seen.exit_code == 0
    assert "expected one of sandbox, close, pipedrive, umami" in seen.output


def test_nobody_is_asked_off_a_terminal_or_for_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Which service" not in init().output
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: True)
    told = CliRunner().invoke(app, ["init", "other", "--json"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "Which service" not in told.output
