"""`check` for pipelines: annotations of GitHub, SARIF, the action and the hook for pre-commit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from typer.testing import CliRunner

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.cli import app

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash") or "/bin/bash"
WITH_OURS = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
"""A PATH on which the tested command comes first."""

PROJECT = """\
project: acme
connections: {close: {type: close, api_key: "${NO_SUCH_KEY}"}}
channels: {mail: {type: sandbox}}
defaults: {timezone: Europe/Berlin}
"""
GOOD = """\
name: Week
when: {cron: "0 9 * * MON"}
report: [{id: deals, source: close, query: opportunities, follow: closed, params: {status_type: active}}]
digest: {bridge: deals}
to: [{channel: mail, address: team@acme.example}]
"""
BAD = GOOD.replace("when:", "wen:").replace("channel: mail", "channel: 'ma\\nil%'")

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
REGION = {
    "type": "object",
    "properties": {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}},
    "required": ["startLine"],
}
PLACE = {
    "type": "object",
    "required": ["artifactLocation"],
    "properties": {
        "artifactLocation": {"type": "object", "properties": {"uri": {"type": "string", "format": "uri-reference"}}},
        "region": REGION,
    },
}
RESULT = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": TEXT,
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "locations": {"type": "array", "items": {"type": "object", "properties": {"physicalLocation": PLACE}}},
    },
}
RULE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "shortDescription": TEXT}}
DRIVER = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "semanticVersion": {"type": "string"},
        "rules": {"type": "array", "uniqueItems": True, "items": RULE},
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "tool": {"type": "object", "required": ["driver"], "properties": {"driver": DRIVER}},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}
"""What the standard demands of the parts that are written (sections 3.13 to 3.30)."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "repo" / "sales, eu"
    (made / "schedules").mkdir(parents=True)
    (made / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (made / "schedules" / "week.yaml").write_text(GOOD, "utf-8")
    monkeypatch.chdir(made.parent)
    return made


def check(place: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", "--project", str(place), *words], catch_exceptions=False)
    return result.exit_code, result.stdout


def sarif(place: Path) -> Any:
    _, text = check(place, "--format", "sarif")
    document = json.loads(text)
    jsonschema_rs.Draft202012Validator(SARIF, validate_formats=True).validate(document)
    return document["runs"][0]


def test_sarif_names_the_place_the_rule_and_the_level(place: Path) -> None:
    (note,) = sarif(place)["results"]
    assert (note["ruleId"], note["level"]) == ("unset-secret", "note")
    (place / "schedules" / "week.yaml").write_text(BAD, "utf-8")
    run = sarif(place)
    first = next(one for one in run["results"] if one["level"] == "error")
    where = first["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "sales%2C%20eu/schedules/week.yaml"
    assert where["region"]["startLine"] >= 1
    assert first["message"]["text"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_an_annotation_of_github_cannot_hold_a_command_of_its_own(place: Path) -> None:
    (place / "schedules" / "week.yaml").write_text(BAD, "utf-8")
    status, text = check(place, "--format", "github")
    assert status == 2
    lines = text.splitlines()
    assert all(line.startswith(("::error file=", "::notice file=")) for line in lines)
    assert any(line.startswith("::error file=sales%2C eu/schedules/week.yaml,line=2,col=") for line in lines)
    assert not [line for line in lines if line.count("::") != 2]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_the_exit_status_is_the_same_in_every_form(place: Path, form: str) -> None:
    assert check(place, "--format", form)[0] == 0
    assert check(place, "--format", form, "--strict")[0] == 2
    (place / "schedules" / "week.yaml").write_text(BAD, "utf-8")
    assert check(place, "--format", form)[0] == 2


def test_json_is_a_form_too_and_beside_another_one_it_is_refused(place: Path) -> None:
    assert check(place, "--format", "json") == check(place, "--json")
    status, text = check(place, "--format", "sarif", "--json")
    assert (status, "--format sarif beside --json" in str(json.loads(text))) == (2, True)


def inputs(given: dict[str, str]) -> dict[str, str]:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return {name: given.get(name, str(one["default"])) for name, one in action["inputs"].items()}


def act(place: Path, environ: dict[str, str], **given: str) -> tuple[int, dict[str, str]]:
    """Runs the steps of action.yml as a runner does: bash with `-eo pipefail`, and inputs in the environment."""
    files = {name: place.parent / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    chosen, said = inputs(given), ""
    for step in yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]:
        if step.get("if") == "inputs.plan == 'true'" and chosen["plan"] != "true":
            continue
        env = {name: value for name, value in step["env"].items() if "${{" not in str(value)}
        for name, value in step["env"].items():
            word = str(value).removeprefix("${{").removesuffix("}}").strip()
            env[name] = chosen[word.removeprefix("inputs.")] if word.startswith("inputs.") else str(ROOT)
        paths = {name: str(path) for name, path in files.items()} | {"PATH": WITH_OURS}
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={**os.environ, **environ, **env, **paths},
            cwd=place.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout
        if done.returncode:
            return done.returncode, {"output": said + done.stderr}
    return 0, {"output": said, **{name: path.read_text("utf-8") for name, path in files.items() if path.exists()}}


def test_the_action_checks_and_plans(place: Path, empty_redis: EmbeddedRedis) -> None:
    environ = {"FUNNELBEAT_REDIS_URL": empty_redis.url, "FUNNELBEAT_BROKER_URL": empty_redis.broker_url}
    status, found = act(place, environ, project=place.name, plan="true", sarif="found.sarif")
    assert status == 0, found
    assert "1 schedule, nothing wrong." in found["output"]
    assert found["GITHUB_OUTPUT"] == "changes=true\n"
    assert found["GITHUB_STEP_SUMMARY"].startswith("## Funnelbeat plan\n")
    assert json.loads((place.parent / "found.sarif").read_text("utf-8"))["version"] == "2.1.0"
    (place / "schedules" / "week.yaml").write_text(BAD, "utf-8")
    status, found = act(place, environ, project=place.name)
    assert (status, "::error file=" in found["output"]) == (2, True)


@pytest.mark.skipif(shutil.which("git") is None, reason="pre-commit needs git")
def test_the_hook_stops_a_commit_with_a_wrong_definition(place: Path, tmp_path: Path) -> None:
    """`language: system` takes the command from PATH: the hook's own environment would be installed from an index."""
    environ = {
        **os.environ,
        "PATH": WITH_OURS,
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        **{f"GIT_{who}_{what}": "a@acme.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=at, env=environ, capture_output=True, text=True, check=False)

    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    assert run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", at=hooks).returncode == 0
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "hooks")):
        assert run("git", *words, at=hooks).returncode == 0
    commit = run("git", "rev-parse", "HEAD", at=hooks).stdout.strip()
    hook = {"id": "funnelbeat-check", "language": "system", "args": ["--project", place.name]}
    config = {"repos": [{"repo": str(hooks), "rev": commit, "hooks": [hook]}]}
    (place.parent / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    assert run("git", "init", "-q", at=place.parent).returncode == 0
    run("git", "add", ".", at=place.parent)
    good = run("pre-commit", "run", at=place.parent)
    assert (good.returncode, "Passed" in good.stdout) == (0, True), good.stdout + good.stderr
    (place / "schedules" / "week.yaml").write_text(BAD, "utf-8")
    run("git", "add", ".", at=place.parent)
    bad = run("pre-commit", "run", at=place.parent)
    assert (bad.returncode, "schedules/week.yaml:2:" in bad.stdout) == (1, True), bad.stdout
