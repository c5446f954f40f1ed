"""The app's manifest, against the rules of Slack's schema for manifests (major version 2)."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator
from typer.testing import CliRunner

from worker.entry.cli import app

URL = "https://funnelbeat.acme.example/chat/slack"


def text(least: int, most: int, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, **({"pattern": pattern} if pattern else {})}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


YES_OR_NO = {"type": "boolean"}
WEB = text(1, 3000, "^https?://")
SCOPES = {"type": "array", "maxItems": 255, "uniqueItems": True, "items": text(1, 255)}
RULES = closed(
    ("display_information",),
    _metadata=closed(major_version={"type": "integer"}, minor_version={"type": "integer"}),
    display_information=closed(("name",), name=text(1, 35), description=text(1, 140)),
    features=closed(
        bot_user=closed(("display_name",), display_name=text(1, 80), always_online=YES_OR_NO),
        slash_commands={
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": closed(
                ("command", "description"),
                command=text(2, 32, "^/"),
                url=WEB,
                description=text(1, 2000),
                usage_hint=text(1, 1000),
                should_escape=YES_OR_NO,
            ),
        },
    ),
    oauth_config=closed(
        scopes=closed(bot={"type": "array", "maxItems": 255, "uniqueItems": True, "items": text(1, 255)})
    ),
    settings=closed(
        interactivity=closed(("is_enabled",), is_enabled=YES_OR_NO, request_url=WEB),
        org_deploy_enabled=YES_OR_NO,
        socket_mode_enabled=YES_OR_NO,
        token_rotation_enabled=YES_OR_NO,
    ),
)
"""https://docs.slack.dev/reference/app-manifest ; what a manifest of ours does not use is left out."""

PROJECT = """
project: acme
connections: {close: {type: sandbox}}
channels:
  slack: {type: slack, token: "${TOKEN}", answers: {signing_secret: "${SECRET}"}}
  other: {type: slack, token: "${OTHER}"}
web: {base_url: "https://funnelbeat.acme.example"}
"""


def call(place: Path, *words: str, project: str = PROJECT) -> Any:
    (place / "schedules").mkdir(exist_ok=True)
    (place / "funnelbeat.yaml").write_text(project, encoding="utf-8")
    return CliRunner().invoke(app, ["--project", str(place), *words], catch_exceptions=False)


@pytest.mark.parametrize("more", [(), ("--socket",)])
def test_it_is_valid(tmp_path: Path, more: tuple[str, ...]) -> None:
    made = json.loads(call(tmp_path, "slack", "manifest", *more).stdout)
    assert [error.message for error in Draft7Validator(RULES).iter_errors(made)] == []
    (command,) = made["features"]["slash_commands"]
    assert command["command"] == "/funnelbeat"
    socket = bool(more)
    assert made["settings"]["socket_mode_enabled"] is socket
    assert command.get("url") == (None if socket else URL)
    assert made["settings"]["interactivity"].get("request_url") == (None if socket else URL)
    assert {"chat:write", "commands", "files:write", "im:write"} <= set(made["oauth_config"]["scopes"]["bot"])


def test_the_general_name_of_the_command_says_the_same(tmp_path: Path) -> None:
    assert call(tmp_path, "chat", "manifest").stdout == call(tmp_path, "slack", "manifest", "slack").stdout


def test_rules_of_the_schema_are_applied() -> None:
    wrong = {"display_information": {"name": "x" * 36}, "features": {"slash_commands": [{"command": "funnelbeat"}]}}
    assert len(list(Draft7Validator(RULES).iter_errors(wrong))) == 3


@pytest.mark.parametrize(
    ("project", "words", "said"),
    [
        (PROJECT.replace("web:", "# web:"), (), "web: {base_url"),
        (
            PROJECT.replace("other: {type: slack", "other: {type: slack, answers: {app_token: x}"),
            (),
            "several channels",
        ),
        (PROJECT, ("nobody",), "'nobody' is no channel"),
        ("project: acme\nchannels: {mail: {type: sandbox}}\n", (), "no channel takes requests"),
    ],
)
def test_it_says_what_is_missing(tmp_path: Path, project: str, words: tuple[str, ...], said: str) -> None:
    refused = call(tmp_path, "slack", "manifest", *words, project=project)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())
