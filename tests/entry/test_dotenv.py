"""`.env` of the project's directory: read by every command, and never before the environment."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from worker.adapters.dotenv_file import variables
from worker.entry.cli import app
from worker.entry.new_project import _IGNORED
from worker.errors import RequestError

PROJECT = (
    'project: acme\nconnections: {close: {type: close, api_key: "${CRM_KEY}"}}\nchannels: {mail: {type: sandbox}}\n'
)
SCHEDULE = """\
when: {cron: "0 9 * * MON"}
report: [{id: deals, source: close, query: opportunities, follow: closed, params: {status_type: active}}]
to: [{channel: mail, address: team@acme.example}]
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "schedules" / "week.yaml").write_text(SCHEDULE, "utf-8")
    with patch.dict(os.environ):
        yield tmp_path


def call(place: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--project", str(place), *words], catch_exceptions=False)


def test_a_secret_of_the_file_is_set_for_every_command(place: Path) -> None:
    assert call(place, "check", "--strict").exit_code == 2
    (place / ".env").write_text("# ours\nexport CRM_KEY='api_5up3r'\n", "utf-8")
    result = call(place, "check", "--strict")
    assert (result.exit_code, "5up3r" in result.output) == (0, False)


def test_the_environment_goes_before_the_file(place: Path) -> None:
    (place / ".env").write_text("FUNNELBEAT_LOG_LEVEL=debug\nFUNNELBEAT_CONCURRENCY=4\n", "utf-8")
    os.environ["FUNNELBEAT_CONCURRENCY"] = "7"
    shown = json.loads(call(place, "settings", "--json").stdout)
    values = {one["setting"]: one["value"] for one in shown}
    assert (values["log_level"], values["concurrency"]) == ("debug", "7")


def test_settings_name_the_file_that_sets_a_variable(place: Path) -> None:
    (place / "key").write_text("k" * 40, "utf-8")
    (place / ".env").write_text(
        f"FUNNELBEAT_LOG_LEVEL=debug\nFUNNELBEAT_CONCURRENCY=4\nFUNNELBEAT_LINK_KEY_FILE={place / 'key'}\n", "utf-8"
    )
    os.environ["FUNNELBEAT_CONCURRENCY"] = "7"
    origins = {one["setting"]: one["from"] for one in json.loads(call(place, "settings", "--json").stdout)}
    assert origins["log_level"] == f"FUNNELBEAT_LOG_LEVEL, in {place / '.env'}"
    assert origins["link_key"] == f"FUNNELBEAT_LINK_KEY_FILE: {place / 'key'}, in {place / '.env'}"
    assert origins["concurrency"] == "FUNNELBEAT_CONCURRENCY", "the environment goes before the file"
    assert origins["tick"] == "default"


def test_values_are_read_as_compose_reads_them_and_nothing_is_replaced_in_them(tmp_path: Path) -> None:
    text = "A=1\n\nB=\"two words\" # why\nC='$A ${A}'\nD=\nE=a=b\n"
    (tmp_path / ".env").write_text(text, "utf-8")
    assert variables(tmp_path) == {"A": "1", "B": "two words", "C": "$A ${A}", "D": "", "E": "a=b"}
    (tmp_path / "empty").mkdir()
    assert variables(tmp_path / "empty") == {}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"A=1\n\nsecret words\n", 3),
        (b"A=1\nB='5up3r\n", 2),
        (b"5UP3R\n", 1),
        (b"=5up3r\n", 1),
        (b"A=1\nB=5up3r\0\n", 2),
        (b"'A=B'=5up3r\n", 1),
        (b"A=1\nB=\xff\xfe\n", 2),
    ],
)
def test_a_line_that_says_nothing_is_named_and_not_shown(place: Path, data: bytes, line: int) -> None:
    (place / ".env").write_bytes(data)
    with pytest.raises(RequestError, match=re.escape(f"/.env:{line}: ")):
        variables(place)
    result = call(place, "check")
    assert (result.exit_code, result.output.count("\n"), "5up3r" in result.output.lower()) == (2, 1, False)


def test_what_init_writes_keeps_the_file_out_of_git() -> None:
    assert ".env" in _IGNORED.splitlines()
