"""The package that docs/adding-a-source.md shows, built from the page, installed and used as the page says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis

PAGE = (Path(__file__).parents[1] / "docs" / "adding-a-source.md").read_text("utf-8")
_FILE = re.compile(r"^`(?P<name>[\w./-]+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {found["name"]: found["text"] for found in _FILE.finditer(PAGE)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def follow(place: Path, command: str, redis: EmbeddedRedis) -> subprocess.CompletedProcess[str]:
    """One line of the page. What pip installs goes beside the test, and comes from this machine alone."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(place / "site"),
        "PIP_TARGET": str(place / "site"),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: no isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "FUNNELBEAT_REDIS_URL": redis.url,
        "FUNNELBEAT_BROKER_URL": redis.broker_url,
    }
    words = shlex.split(command)
    return subprocess.run(
        words, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_the_page_has_every_file_of_its_example() -> None:
    package = {"funnelbeat-jsonfile/pyproject.toml", "funnelbeat-jsonfile/funnelbeat_jsonfile.py"}
    assert set(FILES) == package | {"shop/funnelbeat.yaml", "shop/schedules/week.yaml", "deals.json"}


@pytest.mark.slow
def test_the_example_of_the_page_is_installed_and_runs(place: Path, empty_redis: EmbeddedRedis) -> None:
    (commands,) = _COMMANDS.findall(PAGE)
    for command in commands.splitlines():
        done = follow(place, command, empty_redis)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    page = (place / "page.html").read_text("utf-8")
    assert "€81,500" in page
    moved = json.loads((place / "deals.json").read_text("utf-8"))
    moved[0] |= {"status": "won"}
    moved[1] |= {"cents": 3_400_000}
    (place / "deals.json").write_text(json.dumps(moved), "utf-8")
    second = follow(place, "funnelbeat --project shop preview week --out page.html", empty_redis)
    assert second.returncode == 0, second.stderr
    again = (place / "page.html").read_text("utf-8")
    assert "€34,000" in again
    assert "1 won" in again
