# ruff: noqa: INP001
"""`make setup` and `make demo`: the virtual environment and the locked packages, with progress.

Standard library only, because nothing is installed yet. `all` installs requirements.lock. `demo` installs what the
product needs, the bundled Redis and the build tool, but no development tools.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv"
LOCKS = {"all": ("requirements.lock",), "demo": ("docker/requirements.lock", "docker/demo.lock")}
PIP = (str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check")
EVERY = 10
"""How many packages pass before a line is printed where nobody watches a terminal."""

NO_REDIS = (
    "No Redis server was found, and {here} has no bundled one. Install the package redis-server or valkey, "
    "or set FUNNELBEAT_REDIS_URL."
)


def bundled_redis(system: str, machine: str, version: tuple[int, ...]) -> bool:
    """Whether the locked packages bring a Redis server for this machine."""
    return system == "Linux" and machine == "x86_64" and version < (3, 13)


def missing_redis() -> str:
    """The sentence for a machine that will have no Redis server; empty if it will have one."""
    if os.environ.get("FUNNELBEAT_REDIS_URL") or os.environ.get("FUNNELBEAT_REDIS_SERVER"):
        return ""
    if bundled_redis(platform.system(), platform.machine(), sys.version_info[:2]):
        return ""
    if shutil.which("redis-server") or shutil.which("valkey-server"):
        return ""
    here = f"{platform.system()} on {platform.machine()} with Python {sys.version_info[0]}.{sys.version_info[1]}"
    return NO_REDIS.format(here=here)


def packages(locks: Iterable[str]) -> int:
    """How many packages the locks name. Some are for other systems."""
    texts = ((ROOT / lock).read_text("utf-8") for lock in locks)
    return sum(len(re.findall(r"^[A-Za-z0-9][^\n=]*==", text, re.MULTILINE)) for text in texts)


def progress(lines: Iterable[str], count: int, *, terminal: bool) -> Iterator[str]:
    """What to print while pip reports what it does: a line that is written over on a terminal, else a line for every
    tenth package.
    """
    done = 0
    for line in lines:
        if line.startswith("Collecting "):
            done += 1
            if terminal:
                yield f"\r  {done} of at most {count} packages fetched"
            elif done % EVERY == 0:
                yield f"  {done} of at most {count} packages fetched\n"
        elif line.startswith("Installing collected packages"):
            yield f"{chr(13) if terminal else ''}  {done} packages fetched; unpacking them\n"


def run_pip(locks: Iterable[str]) -> int:
    """Installs the locks. Returns pip's exit status. What pip says stands in .venv/install.log."""
    words = [word for lock in locks for word in ("-r", str(ROOT / lock))]
    terminal = sys.stdout.isatty()
    with (VENV / "install.log").open("w", encoding="utf-8") as log:
        child = subprocess.Popen(
            [*PIP, "--require-hashes", "--progress-bar", "off", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )
        for words_to_print in progress(child.stdout or (), packages(locks), terminal=terminal):
            sys.stdout.write(words_to_print)
            sys.stdout.flush()
    return child.wait()


def link_project() -> int:
    """Installs the project itself, to be used where it lies.

    The path is relative to the file, because Python 3.11 reads it as ASCII under LC_ALL=C, and the project's path may
    hold other letters.
    """
    status = subprocess.run(
        [*PIP, "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=False
    ).returncode
    for folder in (VENV / "lib").glob("python*/site-packages"):
        (folder / "_funnelbeat.pth").write_text("../../../..\n", encoding="ascii")
    return status


def main(what: str) -> int:
    locks = LOCKS[what]
    if sentence := missing_redis():
        sys.stderr.write(f"{sentence}\n")
        if what == "demo":
            return 1
    sys.stdout.write(f"Installing into .venv: at most {packages(locks)} packages. This takes one to four minutes.\n")
    sys.stdout.flush()
    try:
        if not (VENV / "bin" / "python").exists():
            venv.create(VENV, with_pip=True, symlinks=True)
    except (ImportError, subprocess.CalledProcessError):
        sys.stderr.write("Python's venv module is incomplete: install the package python3-venv.\n")
        return 1
    if status := run_pip(locks):
        log = (VENV / "install.log").read_text("utf-8").strip()
        sys.stderr.write(f"{log}\npip could not install the packages (exit status {status}).\n")
        return status
    return link_project()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
