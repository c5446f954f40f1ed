"""What the image holds: the wheel and its locked dependencies alone, used from a directory that is not the clone."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.machines.compose import ROOT
from tests.machines.image import build, copied, steps
from tests.machines.site import running, until
from tests.support.every_module import IMPORT_EVERY_MODULE
from worker import __version__
from worker.adapters.redis_server import EmbeddedRedis

SCHEDULE = "weekly-pipeline"


@dataclass(frozen=True)
class Installed:
    """`app`: the virtual environment. `place`: where the commands are given, outside the clone."""

    app: Path
    place: Path

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the tests' own: no PYTHONPATH, and no home, as in the image."""
        return {"PATH": f"{self.app}/bin:/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}

    def call(self, *words: str, **more: str) -> str:
        """Standard output of a command that must succeed. `more`: variables of the environment."""
        command = [str(self.app / "bin" / words[0]), *words[1:]]
        done = subprocess.run(
            command, cwd=self.place, env={**self.environment, **more}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("image"))


@pytest.fixture
def installed(app: Path, tmp_path: Path) -> Installed:
    return Installed(app, tmp_path)


@pytest.fixture
def addresses(empty_redis: EmbeddedRedis) -> Mapping[str, str]:
    """Of Redis: another container has it, so that the image brings no server along."""
    return {"FUNNELBEAT_REDIS_URL": empty_redis.url, "FUNNELBEAT_BROKER_URL": empty_redis.broker_url}


def test_the_builder_is_sent_everything_that_the_dockerfile_copies() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {source for source, _ in copied()} == sent
    assert [instruction for instruction, _ in steps() if instruction == "RUN"]


def test_nothing_but_the_base_comes_from_a_registry() -> None:
    """A front end named by `# syntax=` is fetched at every build, and its tag moves: the same sources would not always
    be built by the same program.
    """
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE | re.IGNORECASE)
    assert {line.split()[1] for line in text.splitlines() if line.startswith("FROM ")} == {"${PYTHON}"}


def test_bytecode_in_the_image_is_that_of_its_source_and_not_of_a_time() -> None:
    """An import writes the time of the source into it, and a file of its own time beside it."""
    _, last = re.split(r"^FROM (?=\S+$)", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    before, _, runs = last.partition("\nRUN ")
    assert "ENV PYTHONDONTWRITEBYTECODE=1" in before.splitlines()
    assert "compileall -q --invalidation-mode unchecked-hash" in runs


@pytest.mark.slow
def test_the_locked_packages_are_all_that_the_code_imports(installed: Installed) -> None:
    assert installed.call("funnelbeat", "--version").strip() == f"funnelbeat {__version__}"
    where = installed.call("python", "-c", f"{IMPORT_EVERY_MODULE}print(worker.__file__)")
    assert Path(where.strip()).is_relative_to(installed.app)
    pip = [sys.executable, "-m", "pip", "--python", str(installed.app / "bin" / "python"), "check"]
    checked = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
def test_an_installed_funnelbeat_goes_from_init_to_a_delivered_run(
    installed: Installed, addresses: Mapping[str, str]
) -> None:
    installed.call("funnelbeat", "init", "mine")
    installed.call("funnelbeat", "--project", "mine", "check")
    installed.call("funnelbeat", "--project", "mine", "preview", SCHEDULE, "--out", "page.html", **addresses)
    assert "<html" in (installed.place / "page.html").read_text("utf-8")
    _often(installed.place / "mine" / "schedules" / f"{SCHEDULE}.yaml")
    command = [str(installed.app / "bin" / "funnelbeat"), "--project", str(installed.place / "mine"), "up"]
    log = installed.place / "up.log"
    with running(command, {**installed.environment, **addresses}, log) as up:
        run = until(lambda: _delivered(installed, addresses), "no run was delivered")
        up.terminate()
        assert up.wait(30) == 0, log.read_text("utf-8")
    assert run["trigger"] == "every"
    assert len({run["claimed_by_pid"], run["executed_by_pid"], up.pid}) == 3, "a clock and a worker of their own"
    assert list((installed.place / "mine" / ".funnelbeat" / "outbox").glob("*.eml"))


def _often(schedule: Path) -> None:
    text, count = re.subn(r"^when: .*$", "when: {every: 5s}", schedule.read_text("utf-8"), flags=re.MULTILINE)
    assert count == 1
    schedule.write_text(text, encoding="utf-8")


def _delivered(installed: Installed, addresses: Mapping[str, str]) -> Any:
    told = json.loads(installed.call("funnelbeat", "--project", "mine", "runs", "--json", **addresses))
    return next((run for run in told["runs"] if run["state"] == "delivered"), None)
