# ruff: noqa: INP001
"""Writes docker/requirements.lock: of requirements.lock, what an installed Funnelbeat needs to run.

Also writes docker/demo.lock: what `make demo` needs besides, which is the bundled Redis and the tool that builds the
project; and docker/build.lock: that tool alone, with which the image's first stage builds the wheel.

Versions and hashes are those of requirements.lock. Which of them belong is read from the installed packages, and for a
package that the lock leaves out under this Python from the lock's own remarks ("# via NAME").
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docker" / "requirements.lock"
IMAGE = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "python_version": "3.11",
}
PYTHONS = ("3.11.0", "3.11.14")
"""The first release and a recent one: redis asks for async-timeout before 3.11.3 alone, and a test installs this lock
with the Python that it finds.
"""
DEMO = ROOT / "docker" / "demo.lock"
BUILD = ROOT / "docker" / "build.lock"
HEAD = "# Made by docker/lock.py from requirements.lock: what the image needs, without tests and tools.\n"
DEMO_HEAD = "# Made by docker/lock.py from requirements.lock: what `make demo` needs besides.\n"
BUILD_HEAD = "# Made by docker/lock.py from requirements.lock: what builds the wheel.\n"


def entries(lock: str) -> dict[str, str]:
    """Package → its lines, comments left out."""
    return {
        name: "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
        for name, lines in _blocks(lock)
    }


def dependents(lock: str) -> dict[str, set[str]]:
    """Package → the packages because of which it is in the lock."""
    return {
        name: {word for line in lines if line.lstrip().startswith("#") for word in re.findall(r"[\w.-]+", line)}
        for name, lines in _blocks(lock)
    }


def _blocks(lock: str) -> Iterator[tuple[str, list[str]]]:
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        first, *rest = block.splitlines() or [""]
        if "==" in first and not first.startswith("#"):
            yield canonicalize_name(first.split("==")[0].split("[")[0]), [first, *rest]


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def needed(lock: str, wanted: Iterable[str]) -> set[str]:
    """Names of everything that `wanted` depends on, by whatever way."""
    known, because = entries(lock), dependents(lock)
    waiting = [Requirement(text) for text in wanted]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *sorted(requirement.extras)):
            key = canonicalize_name(requirement.name), extra
            if key not in seen:
                seen.add(key)
                left_out = not _installed(known[key[0]])
                waiting.extend(_told(because, key[0]) if left_out else _requires(*key))
    return {name for name, _ in seen}


def _told(because: dict[str, set[str]], name: str) -> Iterator[Requirement]:
    return (Requirement(one) for one, names in because.items() if name in names)


def _requires(name: str, extra: str) -> Iterator[Requirement]:
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(
            requirement.marker.evaluate({**IMAGE, "python_full_version": python, "extra": extra}) for python in PYTHONS
        ):
            yield requirement


def _installed(entry: str) -> bool:
    """False where the lock leaves the package out under this Python; what it asks for cannot be read then."""
    marker = Requirement(entry.splitlines()[0].removesuffix("\\")).marker
    return marker is None or marker.evaluate()


def locks() -> dict[Path, str]:
    """File → its text."""
    lock, told = (ROOT / "requirements.lock").read_text("utf-8"), project()
    runs = needed(lock, told["project"]["dependencies"])
    builds = needed(lock, told["build-system"]["requires"])
    more = needed(lock, told["project"]["optional-dependencies"]["embedded"]) | builds
    known = entries(lock)
    return {
        TARGET: _text(HEAD, known, runs),
        DEMO: _text(DEMO_HEAD, known, more - runs),
        BUILD: _text(BUILD_HEAD, known, builds),
    }


def _text(head: str, known: dict[str, str], names: set[str]) -> str:
    return head + "\n".join(known[name] for name in sorted(names)) + "\n"


if __name__ == "__main__":
    for target, text in locks().items():
        target.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{target.relative_to(ROOT)}: {len(entries(text))} packages\n")
