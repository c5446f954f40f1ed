"""What is published: wheel and source distribution, bill of materials, release notes, Dockerfile."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.machines.compose import ROOT
from tests.support.patience import PATIENCE
from tests.support.publishing import TOOLS, make
from worker import __version__

WHEEL = f"funnelbeat-{__version__}-py3-none-any.whl"
SDIST = f"funnelbeat-{__version__}.tar.gz"
GIT = shutil.which("git") or "git"
SHIPPED = ("schedules", "templates", "worker/adapters", "worker/sandbox")
"""Directories of the project whose files a wheel must hold, whatever their kind."""


def build(source: Path, place: Path, *words: str) -> Path:
    """`hatchling build` of a source tree, without any network."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(place), *words]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions of this tree, and the wheel of the unpacked source distribution below `again`."""
    place = build(ROOT, tmp_path_factory.mktemp("dist"))
    with tarfile.open(place / SDIST) as packed:
        packed.extractall(place / "unpacked", filter="data")
    build(place / "unpacked" / SDIST.removesuffix(".tar.gz"), place / "again", "-t", "wheel")
    return place


def tracked() -> set[str]:
    listed = subprocess.run([GIT, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


@pytest.mark.slow
def test_the_source_distribution_has_what_is_tracked_and_nothing_else(dist: Path) -> None:
    with tarfile.open(dist / SDIST) as packed:
        names = {member.name.partition("/")[2] for member in packed.getmembers() if member.isfile()}
    assert names - {"PKG-INFO"} == {name for name in tracked() if not name.startswith(".ci/")}


@pytest.mark.slow
def test_a_wheel_is_the_same_bytes_from_the_clone_and_from_the_source_distribution(dist: Path) -> None:
    ours, again = (dist / WHEEL).read_bytes(), (dist / "again" / WHEEL).read_bytes()
    assert hashlib.sha256(ours).hexdigest() == hashlib.sha256(again).hexdigest()


@pytest.mark.slow
def test_a_wheel_holds_templates_scripts_of_redis_and_example_schedules(dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = set(wheel.namelist())
        about = wheel.read(f"funnelbeat-{__version__}.dist-info/METADATA").decode()
    wanted = {name for name in tracked() if name.startswith(SHIPPED)}
    inside = {name if name.startswith("worker/") else f"worker/{name}" for name in wanted}
    assert [name for name in wanted if name.endswith(".lua")]
    assert inside - names == set()
    assert "worker/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    for line in (f"Version: {__version__}", "License-Expression: Apache-2.0", "Provides-Extra: embedded"):
        assert f"\n{line}\n" in about


@pytest.fixture(scope="module")
def app(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment that the wheel and its locked packages were installed into."""
    place = tmp_path_factory.mktemp("app")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    install = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet"]
    install.append("--no-compile")  # Python makes the bytecode of what is imported
    locks = [word for name in ("requirements", "demo") for word in ("-r", str(ROOT / "docker" / f"{name}.lock"))]
    for words in (["--require-hashes", *locks], ["--no-deps", "--no-index", str(dist / WHEEL)]):
        done = subprocess.run([*install, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return place


def call(app: Path, place: Path, *words: str) -> str:
    """A command of the installed product, given outside of the clone by somebody without settings."""
    environment = {"PATH": f"{app}/bin:/usr/bin:/bin", "HOME": str(place), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}  # noqa: S108
    done = subprocess.run(
        [str(app / "bin" / "funnelbeat"), *words],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_wheel_runs_from_version_to_demo_in_an_empty_environment(app: Path, tmp_path: Path) -> None:
    assert call(app, tmp_path, "--version").strip() == f"funnelbeat {__version__}"
    call(app, tmp_path, "init", "acme")
    assert "nothing wrong" in call(app, tmp_path, "--project", "acme", "check")
    call(app, tmp_path, "--project", "acme", "preview", "weekly-pipeline", "--sample", "--out", "page.html")
    assert "<html" in (tmp_path / "page.html").read_text("utf-8")
    assert "pipeline/email.html.j2" in call(app, tmp_path, "--project", "acme", "templates", "list")
    call(app, tmp_path, "demo", "--once", "--out", "demo-out")
    assert "<html" in (tmp_path / "demo-out" / "index.html").read_text("utf-8")
    runs = json.loads((tmp_path / "demo-out" / "runs.json").read_text("utf-8"))
    assert [run["state"] for run in runs] == ["delivered", "delivered"]


def test_the_version_stands_in_one_place() -> None:
    written = [
        name
        for name in tracked()
        if name.endswith((".py", ".toml", ".yml", ".yaml", ".cfg")) or name in {"Dockerfile", "Makefile"}
        if re.search(rf"version\w*\s*[=:]\s*\W{re.escape(__version__)}\W", (ROOT / name).read_text("utf-8"))
    ]
    assert written == ["worker/__init__.py"]


@pytest.mark.slow
def test_the_bill_of_materials_names_what_the_image_installs() -> None:
    make("sbom")
    bill: dict[str, Any] = json.loads((ROOT / "dist" / "funnelbeat.cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", __version__)
    locked = re.findall(
        r"^([a-z0-9-]+)(?:\[\w+\])?==(\S+)", (ROOT / "docker/requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    named = {(re.sub(r"[-_.]+", "-", part["name"]).lower(), part["version"]) for part in bill["components"]}
    assert named <= set(locked)
    assert ("celery", dict(locked)["celery"]) in named
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []
    assert str(ROOT) not in json.dumps(bill)


@pytest.mark.slow
def test_the_dockerfile_has_no_finding_of_hadolint() -> None:
    make(".venv/publish/.ready")
    done = subprocess.run(
        [TOOLS / "bin" / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module")
def release_notes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_notes", ROOT / "scripts" / "release_notes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHANGES = """# Changelog

## Unreleased

- [BUGFIX] check: a fault
  in two lines.

## 1.2.0 (2026-11-30)

- [FEATURE] plan: a plan.
- [CHANGE] deploy: needs `--yes`.

## 1.1.0 (2026-10-01)

- [FEATURE] old.
"""


def test_release_notes_are_one_section_with_what_needs_an_action_first(release_notes: ModuleType) -> None:
    assert release_notes.notes(CHANGES, "1.2.0") == (
        "# Funnelbeat 1.2.0\n\n## Changes that need an action\n\n- deploy: needs `--yes`.\n\n"
        "## New features\n\n- plan: a plan.\n"
    )
    assert release_notes.notes(CHANGES, "Unreleased").endswith("## Fixed\n\n- check: a fault in two lines.\n")


@pytest.mark.parametrize(
    ("text", "version", "sentence"),
    [
        (CHANGES, "9.9.9", "has no section 9.9.9; it has Unreleased, 1.2.0, 1.1.0"),
        ("## 1.0.0\n\n- no mark\n", "1.0.0", "an entry without a mark of CHANGE"),
        ("## 1.0.0\n\n- [BUG] x\n", "1.0.0", "an entry without a mark of CHANGE"),
    ],
)
def test_a_changelog_that_cannot_be_read_is_one_sentence(
    release_notes: ModuleType, text: str, version: str, sentence: str
) -> None:
    with pytest.raises(release_notes.ChangelogError, match=re.escape(sentence)):
        release_notes.notes(text, version)


def test_the_changelog_of_this_tree_can_be_released(release_notes: ModuleType) -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = release_notes.notes(text, "Unreleased")
    assert found.count("\n- ") == len(re.findall(r"^- ", text, re.MULTILINE))
