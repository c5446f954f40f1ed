"""`make setup` and `make install`: what they say before and while they work, and that the result works everywhere."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
EDITABLE = Path(sysconfig.get_path("purelib")) / "_funnelbeat.pth"


@pytest.mark.parametrize("utf8", ["0", "1"])
def test_a_project_in_a_directory_with_an_umlaut_starts_under_the_c_locale(utf8: str, tmp_path: Path) -> None:
    """Python 3.11 reads files that end in .pth in the encoding of the locale, also in its UTF-8 mode."""
    project = tmp_path / "Prüfung"
    (project / "worker").mkdir(parents=True)
    (project / "worker" / "__init__.py").write_text("FOUND = 'here'\n", encoding="utf-8")
    venv.create(project / ".venv", symlinks=True)
    packages = project / ".venv" / EDITABLE.relative_to(sys.prefix)
    shutil.copy(EDITABLE, packages)
    done = subprocess.run(
        [project / ".venv" / "bin" / "python", "-c", "import worker; print(worker.FOUND)"],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": utf8},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("here\n", 0), done.stderr


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("system", "machine", "version", "bundled"),
    [
        ("Linux", "x86_64", (3, 11), True),
        ("Linux", "x86_64", (3, 13), False),
        ("Linux", "aarch64", (3, 12), False),
        ("Darwin", "x86_64", (3, 12), False),
    ],
)
def test_a_redis_server_is_bundled_where_its_wheel_exists(
    install: ModuleType, system: str, machine: str, version: tuple[int, int], bundled: bool
) -> None:
    assert install.bundled_redis(system, machine, version) is bundled


def test_a_machine_without_redis_is_told_so_before_anything_is_installed(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("FUNNELBEAT_REDIS_URL", "FUNNELBEAT_REDIS_SERVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert install.main("demo") == 1
    said = capsys.readouterr()
    assert (said.out, "on aarch64" in said.err, "redis-server or valkey" in said.err) == ("", True, True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert install.missing_redis() == ""


@pytest.mark.parametrize(("made_by", "taken"), [("3.11.7", True), ("3.12.1", False)])
def test_another_python_than_that_of_the_virtual_environment_is_refused(
    made_by: str, taken: bool, tmp_path: Path
) -> None:
    """PYTHON= was ignored where .venv existed."""
    for place, version in ((tmp_path / ".venv" / "bin" / "python", "3.11.7"), (tmp_path / "other", made_by)):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\necho Python {version}\n", encoding="utf-8")
        place.chmod(0o755)
    words = ["make", "-n", "-f", str(ROOT / "Makefile"), "clean", f"PYTHON={tmp_path / 'other'}"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == taken
    assert (".venv has Python 3.11.7, and not the version of" in done.stderr) != taken
    assert ("rm -rf .venv first" in done.stderr) != taken


@pytest.mark.parametrize("terminal", [True, False])
def test_the_set_up_shows_how_far_it_is(install: ModuleType, terminal: bool) -> None:
    lines = [f"Collecting p{n}\n" for n in range(25)] + ["  Using cached x\n", "Installing collected packages: p0\n"]
    shown = list(install.progress(lines, 40, terminal=terminal))
    assert len(shown) == (26 if terminal else 3)
    assert "20 of at most 40 packages fetched" in shown[-2 if not terminal else 19]
    assert "25 packages fetched; unpacking them" in shown[-1]


@pytest.mark.parametrize("on_path", [True, False])
def test_make_install_links_the_command_and_says_whether_a_shell_finds_it(tmp_path: Path, on_path: bool) -> None:
    folder = tmp_path / ".local" / "bin"
    done = link(tmp_path, f"{os.environ['PATH']}:{folder}" if on_path else os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert (folder / "funnelbeat").readlink() == Path("/opt/funnel beat/bin/funnelbeat")
    assert ("is on your PATH" in done.stdout) is on_path
    assert ("export PATH=" in done.stdout) is not on_path


DEBIAN = 'if [ -d "$HOME/.local/bin" ] ; then\n    PATH="$HOME/.local/bin:$PATH"\nfi\n'


@pytest.mark.parametrize(
    ("profile", "has_it"), [(DEBIAN, True), ("# PATH=$HOME/.local/bin\n", False), ("umask 022\n", False), (None, False)]
)
def test_make_install_asks_for_a_line_in_the_profile_only_where_it_is_missing(
    tmp_path: Path, profile: str | None, has_it: bool
) -> None:
    if profile is not None:
        (tmp_path / ".profile").write_text(profile, encoding="utf-8")
    done = link(tmp_path, os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert ("Your ~/.profile has it" in done.stdout) is has_it
    assert ("Write the same line into ~/.profile" in done.stdout) is not has_it


def test_make_install_leaves_a_program_of_the_same_name_alone(tmp_path: Path) -> None:
    theirs = tmp_path / ".local" / "bin" / "funnelbeat"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", encoding="utf-8")
    done = link(tmp_path, os.environ["PATH"])
    assert (done.returncode, theirs.read_text(encoding="utf-8")) == (1, "mine")
    assert "it stays as it is" in done.stderr


def link(home: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "link", "/opt/funnel beat/bin/funnelbeat"],
        env={"HOME": str(home), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
